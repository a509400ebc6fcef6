using System.Data.Common;
using DePin.Fleet.Ingest;
using DePin.Fleet.Instances;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Watching;

namespace DePin.Fleet.Web;

/// <summary>For whoever watches the process. Both answers are short texts and need no token.</summary>
internal static class HealthRoutes
{
    // Below what a balancer waits for the answer (timeout check of deploy/haproxy.cfg).
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>GET /health: how people reach the pages. GET /health/live: the process answers. GET /health/ready: the database takes what is written too, and the backend was not told to stop.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", (Listening listening, Expiries expiries) => TypedResults.Text(
            $"live\n{listening.HttpsStanding(DateTimeOffset.UtcNow)}\n{string.Concat(expiries.Warnings().Select(warning => $"soon: {warning}\n"))}")).ForEveryone();
        routes.MapGet("/health/live", () => TypedResults.Text("live")).ForEveryone();
        routes.MapGet("/health/ready", async (StoreWriter writer, IngestPipeline ingest, Draining draining) =>
        {
            if (draining.IsUnderWay)
            {
                return NotReady("it stops");
            }

            // Goes through the writers' queues. Where that is long the backend is busy, and a balancer that sent nobody here would send everybody away; where it stands still it is not ready.
            try
            {
                await Task.WhenAll(writer.RunAsync(_ => { }), ingest.Writer.RunAsync(_ => { })).WaitAsync(Patience);
            }
            catch (Exception problem) when (problem is TimeoutException ? writer.IsStuck || ingest.Writer.IsStuck : problem is DbException or DatabaseStuckException or InvalidOperationException)
            {
                return NotReady(problem.Message);
            }
            catch (TimeoutException)
            {
                // Busy.
            }

            return Results.Text("ready");
        }).ForEveryone();
    }

    private static IResult NotReady(string why) => Results.Text($"not ready: {why}", statusCode: StatusCodes.Status503ServiceUnavailable);
}
