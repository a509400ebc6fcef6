using System.Diagnostics;

namespace DePin.Fleet.Watching;

/// <summary>A span for each request, under its route's pattern: what stands in a path may be a secret.</summary>
internal static class RequestTraces
{
    /// <summary>Name of the source of spans.</summary>
    public const string SourceName = "DePin.Fleet";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Measures every request to a route of ours.</summary>
    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        if (!Source.HasListeners() || context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(context);
            return;
        }

        string route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
        _ = ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out ActivityContext parent);
        // The web server's own activity is recorded by nobody: a span below it would be left out with it.
        Activity? hosting = Activity.Current;
        Activity.Current = null;
        using Activity? span = Source.StartActivity($"{context.Request.Method} {route}", ActivityKind.Server, parent);
        span?.SetTag("http.request.method", context.Request.Method).SetTag("http.route", route);
        try
        {
            await next(context);
        }
        catch (Exception problem) when (problem is not BadHttpRequestException)
        {
            span?.SetStatus(ActivityStatusCode.Error, problem.GetType().Name);
            throw;
        }
        finally
        {
            span?.SetTag("http.response.status_code", context.Response.StatusCode).Stop();
            Activity.Current = hosting;
        }
    });
}
