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
    /// <summary>GET /api/nodes/{id}/batches, GET /api/nodes/{id}/evidence, GET /api/batches/{payloadHash}.</summary>
    public static void MapBatches(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/nodes/{id}/batches", List).Needs(Access.WholeFleet).Does("listBatches", "Stored batches of a node, the first reading first.");
        routes.MapGet("/api/nodes/{id}/evidence", Evidence).Needs(Access.WholeFleet).Does("listContradictions", "Signed batches that contradict what is stored; at most eight of a node are kept.");
        routes.MapGet("/api/batches/{payloadHash}", Message).Needs(Access.WholeFleet).Does("getBatch", "A signed batch as it came.").Gives("application/cose", "COSE_Sign1 over the batch.");
    }

    private static Results<Ok<Page<BatchView>>, ProblemHttpResult> List(string id, Database database, NodeDirectory nodes, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (NodeId.Parse(id) is not { } nodeId || nodes.Find(nodeId) is not { } node)
        {
            return TypedResults.Problem($"There is no node '{id}'.", statusCode: 404);
        }

        using DbConnection reader = database.OpenReader();
        return TypedResults.Ok(paging.Of(BatchStore.Page(reader, node.IdText, paging.After, paging.Rows), row => row.Sequence, row => new BatchView(
            row.Sequence, row.NextSequence, Convert.ToHexStringLower(row.PayloadHash), row.ArrivedMs, row.GapFrom, row.MessageBytes, row.Archive)));
    }

    private static Results<Ok<Page<EvidenceView>>, ProblemHttpResult> Evidence(string id, Database database, NodeDirectory nodes)
    {
        if (NodeId.Parse(id) is not { } nodeId || nodes.Find(nodeId) is not { } node)
        {
            return TypedResults.Problem($"There is no node '{id}'.", statusCode: 404);
        }

        using DbConnection reader = database.OpenReader();
        return TypedResults.Ok(new Page<EvidenceView>(
            [.. BatchStore.Evidence(reader, node.IdText).Select(row => new EvidenceView(row.Sequence, Convert.ToHexStringLower(row.PayloadHash), row.ArrivedMs, (RejectReason)row.Reason))], Next: null));
    }

    private static Results<FileContentHttpResult, ProblemHttpResult> Message(string payloadHash, Database database)
    {
        if (payloadHash.Length != 64 || !payloadHash.All(char.IsAsciiHexDigit))
        {
            return TypedResults.Problem("A batch is named by the SHA-256 of its payload, 64 hex digits.", statusCode: 400);
        }

        using DbConnection reader = database.OpenReader();
        return BatchStore.Message(reader, Convert.FromHexString(payloadHash)) switch
        {
            null => TypedResults.Problem("There is no batch with this payload.", statusCode: 404),
            { Message: { } message } => TypedResults.Bytes(message, "application/cose"),
            { Archive: var archive } => TypedResults.Problem(SignedBytes.Gone(archive), statusCode: 410),
        };
    }
}

/// <summary>
/// A stored batch; <paramref name="GapFromSequence"/> is the first lost reading where it follows a gap. Where <paramref name="Archive"/> names a file, that has the signed
/// bytes, and <paramref name="MessageBytes"/> is 0.
/// </summary>
public sealed record BatchView(
    long Sequence, long NextSequence, string PayloadHash, long ArrivedUnixMilliseconds, long? GapFromSequence, long MessageBytes, string? Archive);

/// <summary>A batch with a valid signature that contradicts what is stored.</summary>
public sealed record EvidenceView(long Sequence, string PayloadHash, long ArrivedUnixMilliseconds, RejectReason Reason);
