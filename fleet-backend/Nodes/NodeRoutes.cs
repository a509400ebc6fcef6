using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Api;
using DePin.Fleet.Crediting;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Nodes;

/// <summary>Registering nodes and looking at them.</summary>
public static class NodeRoutes
{
    private const int MaxNodesPerRequest = 1000;

    /// <summary>POST /api/nodes, GET /api/nodes, GET /api/nodes/{id}.</summary>
    public static void MapNodes(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/nodes", RegisterAsync).Needs(Roles.Manager).Does("registerNodes", "Registers 1 to 1000 nodes, all of them or none; one that is there with the same content is answered as such.");
        routes.MapGet("/api/nodes", List).Needs(Access.WholeFleet).Does("listNodes", "Nodes in the order of their ids.");
        routes.MapGet("/api/nodes/{id}", Show).Needs(Access.OwnPart | Roles.Technician).Does("getNode", "A node: who runs it, where it stands, and whether it is heard.");
    }

    private static async Task<Results<Ok<IReadOnlyList<NodeRegistered>>, ProblemHttpResult>> RegisterAsync(NodeRequest?[] nodes, NodeRegistry registry)
    {
        if (nodes.Length is 0 or > MaxNodesPerRequest)
        {
            return TypedResults.Problem($"Send 1 to {MaxNodesPerRequest} nodes; these are {nodes.Length}.", statusCode: 400);
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            if ((nodes[i] is { } node ? node.Problem() : "null is not a node.") is { } problem)
            {
                return TypedResults.Problem($"Node {i + 1} of {nodes.Length}: {problem} None was registered.", statusCode: 400);
            }
        }

        (IReadOnlyList<NodeRegistered> results, string? conflict) = await registry.RegisterAsync(nodes!);
        return conflict is null ? TypedResults.Ok(results) : TypedResults.Problem(conflict, statusCode: 409);
    }

    private static Ok<Page<NodeView>> List(Database database, NodePresence presence, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection reader = database.OpenReader();
        return TypedResults.Ok(paging.Of(NodeStore.Page(reader, paging.Text, paging.Rows), row => row.NodeId, row => View(reader, row, presence, seesPlace: true)));
    }

    private static Results<Ok<NodeView>, ProblemHttpResult> Show(string id, Caller caller, Database database, NodePresence presence)
    {
        using DbConnection reader = database.OpenReader();
        return NodeId.Parse(id) is { } nodeId && NodeStore.Find(reader, nodeId.ToString()) is { } row && (caller.Has(Roles.Technician) || caller.MaySeeNodeOf(row.Operator, row.CapitalBuilder))
            ? TypedResults.Ok(View(reader, row, presence, seesPlace: caller.Has(Access.WholeFleet) || row.Operator == caller.Name))
            : TypedResults.Problem($"There is no node '{id}'.", statusCode: 404);
    }

    private static NodeView View(DbConnection reader, NodeRow row, NodePresence presence, bool seesPlace)
    {
        Agreement? agreement = AgreementStore.Find(reader, row.RowId);
        NodeStanding? standing = presence.Find(row.NodeId);
        return new NodeView(
            row.NodeId,
            Convert.ToHexStringLower(row.PublicKey),
            Profile.ByNumber[(int)row.Profile].Name,
            row.Operator,
            row.CapitalBuilder,
            seesPlace ? row.Place : null,
            seesPlace ? row.Latitude : Around(row.Latitude),
            seesPlace ? row.Longitude : Around(row.Longitude),
            agreement is null ? null : AgreementRequest.Of(agreement),
            row.FromUnix,
            row.RegisteredMs,
            row.SuspendedFromMs,
            row.SuspendedReason,
            standing?.IsOnline ?? false,
            standing?.ChangedUnixMilliseconds);
    }

    private static double? Around(double? degrees) => degrees is { } exact ? Math.Round(exact, 1) : null;
}

/// <summary>
/// A node as the API shows it. Where it stands is somebody's home: its operator and who keeps or checks the fleet see the place, others a
/// tenth of a degree, some ten kilometres. Times as their names say; what concerns the pairing is null without one, and the last two are null and false until the node is heard.
/// </summary>
public sealed record NodeView(
    string NodeId,
    string PublicKey,
    string Profile,
    string? Operator,
    string? CapitalBuilder,
    string? Place,
    double? Latitude,
    double? Longitude,
    AgreementRequest? Agreement,
    long? PairedFromUnixSeconds,
    long RegisteredUnixMilliseconds,
    long? SuspendedFromUnixMilliseconds,
    string? SuspendedReason,
    bool IsOnline,
    long? HeardUnixMilliseconds);
