using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Contracts.Uplink;
using DePin.Fleet.Api;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Ingest;

/// <summary>Looking at what nodes sent: the batches, the contradictions, and the signed bytes for anyone who wants to check them.</summary>
public static class BatchRoutes
{
    private const string Cose = "application/cose";

    /// <summary>GET /api/nodes/{id}/batches and /batches/{sequence}, /evidence and /evidence/{payloadHash}.</summary>
    public static void MapBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/nodes/{id}/batches", List).Needs(Access.WholeFleet).Does("listBatches", "Stored batches of a node, the first reading first.");
        routes.MapGet("/api/nodes/{id}/batches/{sequence:long}", Message).Needs(Access.WholeFleet).Does("getBatch", "The signed batch that begins with a reading, as it came.").Gives(Cose, "COSE_Sign1 over the batch.");
        routes.MapGet("/api/nodes/{id}/evidence", Evidence).Needs(Access.WholeFleet).Does("listContradictions", "Signed batches that contradict what is stored; at most eight of a node are kept.");
        routes.MapGet("/api/nodes/{id}/evidence/{payloadHash}", Contradiction).Needs(Access.WholeFleet).Does("getContradiction", "A signed batch that contradicts what is stored, as it came.").Gives(Cose, "COSE_Sign1 over the batch.");
    }

    private static Results<Ok<Page<BatchView>>, ProblemHttpResult> List(string id, Database database, NodeDirectory nodes, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (Find(nodes, id) is not { } node)
        {
            return NoNode(id);
        }

        using DbConnection reader = database.OpenReader();
        return TypedResults.Ok(paging.Of(BatchStore.Page(reader, node.IdText, paging.After, paging.Rows), row => row.Sequence, row => new BatchView(
            row.Sequence, row.NextSequence, Convert.ToHexStringLower(row.PayloadHash), row.ArrivedMs, row.GapFrom, row.MessageBytes, row.Archive)));
    }

    private static Results<Ok<Page<EvidenceView>>, ProblemHttpResult> Evidence(string id, Database database, NodeDirectory nodes)
    {
        if (Find(nodes, id) is not { } node)
        {
            return NoNode(id);
        }

        using DbConnection reader = database.OpenReader();
        return TypedResults.Ok(new Page<EvidenceView>(
            [.. BatchStore.Evidence(reader, node.IdText).Select(row => new EvidenceView(row.Sequence, Convert.ToHexStringLower(row.PayloadHash), row.ArrivedMs, (RejectReason)row.Reason))], Next: null));
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> Message(string id, long sequence, Database database, NodeDirectory nodes)
    {
        if (Find(nodes, id) is not { } node)
        {
            return NoNode(id);
        }

        using DbConnection reader = database.OpenReader();
        return BatchStore.MessageAt(reader, node.RowId, sequence) switch
        {
            null => TypedResults.Problem($"No batch of this node begins with reading {sequence}.", statusCode: 404),
            { Message: { } message } => TypedResults.Bytes(message, Cose),
            { Archive: var archive } => TypedResults.Problem(SignedBytes.Gone(archive), statusCode: 410),
        };
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> Contradiction(string id, string payloadHash, Database database, NodeDirectory nodes)
    {
        if (Find(nodes, id) is not { } node)
        {
            return NoNode(id);
        }

        if (payloadHash.Length != 64 || !payloadHash.All(char.IsAsciiHexDigit))
        {
            return TypedResults.Problem("A contradiction is named by the SHA-256 of its payload, 64 hex digits.", statusCode: 400);
        }

        using DbConnection reader = database.OpenReader();
        return BatchStore.Contradiction(reader, node.RowId, Convert.FromHexString(payloadHash)) is { } message
            ? TypedResults.Bytes(message, Cose)
            : TypedResults.Problem("No batch with this payload is kept as a contradiction of this node.", statusCode: 404);
    }

    private static RegisteredNode? Find(NodeDirectory nodes, string id) => NodeId.Parse(id) is { } nodeId ? nodes.Find(nodeId) : null;

    private static ProblemHttpResult NoNode(string id) => TypedResults.Problem($"There is no node '{id}'.", statusCode: 404);
}

/// <summary>
/// A stored batch; <paramref name="GapFromSequence"/> is the first lost reading where it follows a gap. Where <paramref name="Archive"/> names a file, that has the signed
/// bytes, and <paramref name="MessageBytes"/> is 0.
/// </summary>
public sealed record BatchView(
    long Sequence, long NextSequence, string PayloadHash, long ArrivedUnixMilliseconds, long? GapFromSequence, long MessageBytes, string? Archive);

/// <summary>A batch with a valid signature that contradicts what is stored.</summary>
public sealed record EvidenceView(long Sequence, string PayloadHash, long ArrivedUnixMilliseconds, RejectReason Reason);
