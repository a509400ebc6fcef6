using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Api;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Updates;

/// <summary>Tags of many nodes at once.</summary>
internal static class TagRoutes
{
    private const int MostTags = 32;

    /// <summary>POST /api/tags.</summary>
    public static void MapBulkTags(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/tags", ChangeAsync).Needs(Roles.Manager).Does("changeTags", "Adds tags to up to 1000 nodes and takes others from them, at all of them or none.");

    private static async Task<Results<Ok<BulkTagsView>, ProblemHttpResult>> ChangeAsync(BulkTagsRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (request.Problem() is { } wrong)
        {
            return TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400);
        }

        (int changed, int status, string? problem) = await writer.RunAsync<(int, int, string?)>(connection =>
        {
            // Looked at before anything is written: all of them or none.
            var found = new List<(long Row, string[] Before, string[] After)>();
            foreach (string id in request.Nodes.Distinct(StringComparer.Ordinal))
            {
                if (NodeStore.Find(connection, id) is not { } node)
                {
                    return (0, 404, $"There is no node '{id}'.");
                }

                string[] before = [.. TargetStore.Tags(connection, node.RowId)];
                string[] after = [.. before.Except(request.Remove ?? [], StringComparer.Ordinal).Union(request.Add ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                if (after.Length > MostTags)
                {
                    return (0, 409, $"Node {id} would have {after.Length} tags; {MostTags} is the most.");
                }

                found.Add((node.RowId, before, after));
            }

            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            (long Row, string[] Before, string[] After)[] differing = [.. found.Where(node => !node.Before.SequenceEqual(node.After, StringComparer.Ordinal))];
            foreach ((long row, _, string[] tags) in differing)
            {
                TargetStore.SetTags(connection, row, tags);
                EventStore.Record(connection, now, "tags", row, caller.Name, new { tags });
            }

            return (differing.Length, 200, null);
        });
        return problem is null ? TypedResults.Ok(new BulkTagsView(changed)) : TypedResults.Problem($"{problem} Nothing was changed.", statusCode: status);
    }
}

/// <summary>Tags to add to nodes, and tags to take from them.</summary>
internal sealed record BulkTagsRequest(IReadOnlyList<string> Nodes, IReadOnlyList<string>? Add = null, IReadOnlyList<string>? Remove = null)
{
    private const int MostNodes = 1000, MostTags = 32;

    /// <summary>What is wrong with it, or null.</summary>
    public string? Problem() =>
        Nodes.Count is 0 or > MostNodes ? $"nodes are 1 to {MostNodes}."
        : Nodes.Any(node => node is null || NodeId.Parse(node)?.ToString() != node) ? "nodes holds something that is no node id."
        : (Add?.Count ?? 0) + (Remove?.Count ?? 0) is 0 or > 2 * MostTags ? $"add and remove name 1 to {MostTags} tags each, or one of them does."
        : (Add ?? []).Concat(Remove ?? []).Any(tag => tag is null || !Target.IsTag(tag)) ? "a tag has 1 to 32 of a-z, 0-9, dot and hyphen."
        : (Add ?? []).Intersect(Remove ?? [], StringComparer.Ordinal).FirstOrDefault() is { } both ? $"'{both}' is to be added and taken at once."
        : null;
}

/// <summary>How many nodes have other tags than before.</summary>
internal sealed record BulkTagsView(int Changed);
