using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Overview;

/// <summary>What a node's page asks for beside itself: energy over time, and the signed batches as they came.</summary>
internal static class NodeHistoryRoutes
{
    /// <summary>Who sees pages of nodes, all or their own.</summary>
    public const Roles Seers = Roles.Manager | Roles.Auditor | Roles.Operator | Roles.CapitalBuilder;

    private const long SecondsPerHour = 3600;

    /// <summary>GET /nodes/{id}/energy and /nodes/{id}/batches/{sequence}.</summary>
    public static void MapNodeHistory(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/nodes/{id}/energy", Energy).Needs(Seers);
        routes.MapGet("/nodes/{id}/batches/{sequence:long}", Download).Needs(Seers);
    }

    /// <summary>Whether somebody sees hours, and batches down to the reading: these tell when a home is empty. Who paid sees days.</summary>
    internal static bool SeesHours(Caller caller, NodeRow node) => caller.Has(Access.WholeFleet) || (caller.Has(Roles.Operator) && node.Operator == caller.Name);

    private static IResult Energy(string id, Caller caller, Database database, TimeProvider clock, string by = "day", int count = 31)
    {
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (FleetRoutes.Window(by, count, now) is not (var seconds, var from))
        {
            return FleetRoutes.NoWindow();
        }

        using DbConnection connection = database.OpenReader();
        return Find(connection, id, caller) is not { } node ? Results.NotFound()
            : seconds == SecondsPerHour && !SeesHours(caller, node) ? Results.Problem("Hours of a node are for its operator and for who keeps or checks the fleet; by=day is there.", statusCode: StatusCodes.Status403Forbidden)
            : TypedResults.Ok(EnergyView.OfNode(seconds == SecondsPerHour ? EnergyStore.Hours(connection, node.RowId, from, now) : EnergyStore.Days(connection, node.RowId, from, now), seconds));
    }

    private static IResult Download(string id, long sequence, Caller caller, Database database)
    {
        using DbConnection connection = database.OpenReader();
        return Find(connection, id, caller) is not { } node || !SeesHours(caller, node) || BatchStore.MessageAt(connection, node.RowId, sequence) is not { } signed ? Results.NotFound()
            : signed.Message is { } message ? Results.Bytes(message, "application/cose; cose-type=\"cose-sign1\"", $"{node.NodeId}-{sequence}.cose")
            : Results.Problem(SignedBytes.Gone(signed.Archive), statusCode: StatusCodes.Status410Gone);
    }

    private static NodeRow? Find(DbConnection connection, string id, Caller caller) =>
        NodeId.Parse(id) is { } nodeId && NodeStore.Find(connection, nodeId.ToString()) is { } node && caller.MaySeeNodeOf(node.Operator, node.CapitalBuilder) ? node : null;
}
