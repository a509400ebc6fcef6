using DePin.Contracts.Identity;
using DePin.Contracts.Moving;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Moving;

/// <summary>Handing out signed changes of where nodes belong, and how they end.</summary>
internal static class MovingRoutes
{
    /// <summary>POST and GET /api/settings-changes, GET /api/settings-changes/{version}, POST /api/settings-changes/{version}/end.</summary>
    public static void MapMoving(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/settings-changes", async Task<Results<Ok<SettingsToldView>, ProblemHttpResult>> (SettingsChangeRequest request, Caller caller, MovingDesk desk) =>
        {
            if (request.Nodes.Count is 0 or > MovingDesk.MostNodes)
            {
                return Refused($"nodes names 1 to {MovingDesk.MostNodes} nodes.", 400);
            }

            if (request.Nodes.FirstOrDefault(id => NodeId.Parse(id) is null) is { } wrong)
            {
                return Refused($"'{wrong}' is no node's id.", 400);
            }

            byte[] message = new byte[SettingsChange.SignedBytes];
            if (!Convert.TryFromBase64String(request.Message, message, out int length))
            {
                return Refused($"message is base64 of at most {SettingsChange.SignedBytes} bytes.", 400);
            }

            (int told, string? problem) = await desk.OrderAsync(caller, message[..length], [.. request.Nodes.Select(id => NodeId.Parse(id)!.ToString())]);
            return problem is null ? TypedResults.Ok(new SettingsToldView(told)) : Refused(problem, 409);
        }).Needs(Roles.Manager).Does("sendSettings", "Hands a change of where nodes belong, which two release keys signed, to up to 1000 nodes.");
        routes.MapGet("/api/settings-changes", Ok<Page<ChangeView>> (MovingDesk desk, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            return TypedResults.Ok(paging.Of(desk.Page(paging.Before, paging.Rows), row => row.Version));
        }).Needs(Roles.Manager | Roles.Auditor).Does("listSettingsChanges", "Changes of where nodes belong, the highest version first.");
        routes.MapGet("/api/settings-changes/{version:long}", Ok<Page<SettingsDeliveryView>> (long version, MovingDesk desk, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            return TypedResults.Ok(paging.Of(desk.Deliveries(version, paging.Text, paging.Rows), row => row.NodeId, row => new SettingsDeliveryView(
                row.NodeId, State(row.State), row.Refusal == 0 ? null : ((SettingsRefusal)row.Refusal).ToString(), row.ChangedUnixMilliseconds)));
        }).Needs(Roles.Manager | Roles.Auditor).Does("listSettingsDeliveries", "How each node that was told of a version stands, by its id.");
        routes.MapPost("/api/settings-changes/{version:long}/end", async (long version, Caller caller, MovingDesk desk) => TypedResults.Ok(new SettingsToldView(await desk.EndAsync(caller, version)))).Needs(Roles.Manager)
            .Does("endSettings", "Ends a version for nodes that have not begun with it.");
    }

    private static string State(int state) => state switch
    {
        0 => "Waiting",
        5 => "Ended",
        _ => ((SettingsState)state).ToString(),
    };

    private static ProblemHttpResult Refused(string problem, int status) => TypedResults.Problem($"{problem} Nothing was changed.", statusCode: status);
}

/// <summary>How many nodes it concerned.</summary>
internal sealed record SettingsToldView(int Nodes);

/// <summary>How one node stands: Waiting, Trying, Kept, TakenBack, Refused or Ended, and why it refused.</summary>
internal sealed record SettingsDeliveryView(string NodeId, string State, string? Refusal, long ChangedUnixMilliseconds);

/// <summary>A change for nodes.</summary>
/// <param name="Message">The signed message, base64.</param>
/// <param name="Nodes">Ids of nodes.</param>
internal sealed record SettingsChangeRequest(string Message, IReadOnlyList<string> Nodes);
