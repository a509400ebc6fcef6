using System.Data.Common;
using DePin.Fleet.Instances;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Watching;

namespace DePin.Fleet.Web;

/// <summary>For whoever watches the process. Both answers are short texts and need no token.</summary>
internal static class HealthRoutes
{
    /// <summary>GET /health: how people reach the pages. GET /health/live: the process answers. GET /health/ready: the database answers too, and the backend was not told to stop.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", (Listening listening, Expiries expiries) => TypedResults.Text(
            $"live\n{listening.HttpsStanding(DateTimeOffset.UtcNow)}\n{string.Concat(expiries.Warnings().Select(warning => $"soon: {warning}\n"))}")).ForEveryone();
        routes.MapGet("/health/live", () => TypedResults.Text("live")).ForEveryone();
        routes.MapGet("/health/ready", async (StoreWriter writer, Draining draining) =>
        {
            if (draining.IsUnderWay)
            {
                return Results.Text("not ready: it stops", statusCode: StatusCodes.Status503ServiceUnavailable);
            }

            try
            {
                // Goes through the writer's queue: where it is stuck, the backend is not ready.
                await writer.RunAsync(_ => { }).WaitAsync(TimeSpan.FromSeconds(2));
                return Results.Text("ready");
            }
            catch (Exception problem) when (problem is DbException or TimeoutException or InvalidOperationException)
            {
                return Results.Text($"not ready: {problem.Message}", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        }).ForEveryone();
    }
}
