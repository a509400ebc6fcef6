using System.Data.Common;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Api;

/// <summary>Records every write that somebody who signed in asks for: who, by which token, what, when, and how it ended; also what was refused.</summary>
internal sealed class ApiWrites(StoreWriter writer, PeopleClock clock, ILogger<ApiWrites> log)
{
    // Ids: what else stands in a path may be a secret.
    private static readonly string[] ShownParts = ["id", "node", "name", "run", "version", "digest", "act"];

    /// <summary>Comes after authentication and before access is checked.</summary>
    public static void Use(WebApplication app)
    {
        ApiWrites writes = app.Services.GetRequiredService<ApiWrites>();
        app.Use(writes.RecordAsync);
    }

    /// <summary>The write that a request is, or null.</summary>
    public static ApiWrite? Of(HttpContext context) => context.Features.Get<ApiWrite>();

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        bool isUnsafe = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        if (isUnsafe && writer.IsStuck)
        {
            // Before anything waits: what is behind a job that does not end would be done when whoever asked is long gone.
            throw new DatabaseStuckException();
        }

        if (!isUnsafe || context.GetEndpoint() is not RouteEndpoint endpoint || Caller.Of(context.User) is not { } caller)
        {
            await next(context);
            return;
        }

        var write = new ApiWrite(new WriteFacts(
            clock.UnixMilliseconds, caller.Id, Caller.TokenOf(context.User), context.Request.Method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'),
            string.Join(' ', ShownParts.Select(part => context.Request.RouteValues[part]?.ToString()).Where(part => part is { Length: > 0 and <= 100 }))));
        context.Features.Set(write);

        // Before the first byte of the answer: who has it, finds the write in the list.
        context.Response.OnStarting(() => EndAsync(write, context.Response.StatusCode));
        StoreWriter.Along.Value = write;
        try
        {
            await next(context);
        }
        finally
        {
            StoreWriter.Along.Value = null;
        }

        if (!context.Response.HasStarted && context.RequestAborted.IsCancellationRequested)
        {
            await EndAsync(write, StatusCodes.Status499ClientClosedRequest);
        }
    }

    private async Task EndAsync(ApiWrite write, int status)
    {
        try
        {
            await write.EndAsync(writer, status);
        }
        catch (Exception problem) when (problem is DbException or InvalidOperationException)
        {
            // What it wrote stands with its row; only the status is missing, which the list shows as it is.
            log.LogError(problem, "How {Method} {Route} ended, with {Status}, could not be stored.", write.Facts.Method, write.Facts.Route, status);
        }
    }
}
