using System.Data.Common;
using System.Text.Json;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Overview;

/// <summary>News for open pages, as server-sent events.</summary>
internal static class LiveRoutes
{
    private const int MostNodes = 200;

    // However much comes, a page hears four times a second at most.
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // The browser then comes again by itself, and is let in or not as the person's roles are by then.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>GET /fleet/live?nodes=ID,ID and GET /nodes/{id}/live.</summary>
    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/fleet/live", (HttpContext context, Live live, IHostApplicationLifetime life, string nodes = "") =>
            nodes.Split(',', MostNodes + 1, StringSplitOptions.RemoveEmptyEntries) is { Length: <= MostNodes } asked
                ? StreamAsync(context, live, life, asked)
                : Task.FromResult(Results.Problem($"nodes are {MostNodes} at most.", statusCode: StatusCodes.Status400BadRequest))).Needs(Access.WholeFleet);
        routes.MapGet("/nodes/{id}/live", async (HttpContext context, string id, Caller caller, Database database, Live live, IHostApplicationLifetime life) =>
            Find(database, id, caller) is { } nodeId ? await StreamAsync(context, live, life, [nodeId]) : Results.NotFound()).Needs(NodeHistoryRoutes.Seers);
    }

    private static string? Find(Database database, string id, Caller caller)
    {
        using DbConnection connection = database.OpenReader();
        return NodeId.Parse(id) is { } nodeId && NodeStore.Find(connection, nodeId.ToString()) is { } node && caller.MaySeeNodeOf(node.Operator, node.CapitalBuilder) ? node.NodeId : null;
    }

    private static async Task<IResult> StreamAsync(HttpContext context, Live live, IHostApplicationLifetime life, IReadOnlyCollection<string> nodes)
    {
        using LivePage? page = live.Open(nodes);
        if (page is null)
        {
            context.Response.Headers.RetryAfter = "60";
            return Results.Problem("Too many pages listen; this one shows the moment it was loaded.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        context.Response.ContentType = "text/event-stream";
        PageShell.Guard(context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, life.ApplicationStopping);
        ending.CancelAfter(Longest);
        try
        {
            await WriteAsync(context, "retry: 3000\n\n", ending.Token);
            while (true)
            {
                LiveNews? news = await page.NextAsync(Patience, ending.Token);
                await WriteAsync(context, news is null ? ": nothing new\n\n" : $"data: {JsonSerializer.Serialize(news, JsonSerializerOptions.Web)}\n\n", ending.Token);
                await Task.Delay(Between, ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left, its time is over, or the backend stops.
            return Results.Empty;
        }
    }

    private static async Task WriteAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync(text, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
