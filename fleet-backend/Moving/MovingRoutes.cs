using DePin.Contracts.Identity;
using DePin.Contracts.Moving;
using DePin.Fleet.People;

namespace DePin.Fleet.Moving;

/// <summary>Handing out signed changes of where nodes belong, and how they end.</summary>
internal static class MovingRoutes
{
    /// <summary>POST and GET /api/settings-changes, GET /api/settings-changes/{version}, POST /api/settings-changes/{version}/end.</summary>
    public static void MapMoving(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/settings-changes", async (SettingsChangeRequest request, Caller caller, MovingDesk desk) =>
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
            return problem is null ? Results.Ok(new { nodes = told }) : Refused(problem, 409);
        }).Needs(Roles.Manager);
        routes.MapGet("/api/settings-changes", (MovingDesk desk) => desk.Page()).Needs(Roles.Manager | Roles.Auditor);
        routes.MapGet("/api/settings-changes/{version:long}", (long version, MovingDesk desk) => desk.Deliveries(version).Select(row => new
        {
            row.NodeId,
            state = State(row.State),
            refusal = row.Refusal == 0 ? null : ((SettingsRefusal)row.Refusal).ToString(),
            row.ChangedUnixMilliseconds,
        })).Needs(Roles.Manager | Roles.Auditor);
        routes.MapPost("/api/settings-changes/{version:long}/end", async (long version, Caller caller, MovingDesk desk) => Results.Ok(new { nodes = await desk.EndAsync(caller, version) })).Needs(Roles.Manager);
    }

    private static string State(int state) => state switch
    {
        0 => "Waiting",
        5 => "Ended",
        _ => ((SettingsState)state).ToString(),
    };

    private static IResult Refused(string problem, int status) => Results.Problem($"{problem} Nothing was changed.", statusCode: status);
}

/// <summary>A change for nodes.</summary>
/// <param name="Message">The signed message, base64.</param>
/// <param name="Nodes">Ids of nodes.</param>
internal sealed record SettingsChangeRequest(string Message, IReadOnlyList<string> Nodes);
