using System.Data.Common;
using DePin.Contracts.Updates;
using DePin.Fleet.Api;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Updates;

/// <summary>Rollouts, their nodes and their failures; tags of nodes.</summary>
internal static class RolloutRoutes
{
    /// <summary>
    /// GET and POST /api/rollouts; GET and PUT /api/rollouts/{id}; POST …/approve, start, pause, resume, stop, retry; GET …/nodes, …/failures; GET /api/tags,
    /// GET and PUT /api/nodes/{id}/tags.
    /// </summary>
    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/rollouts", List).Needs(Access.WholeFleet).Does("listRollouts", "Rollouts, the newest first.");
        routes.MapGet("/api/rollouts/{id:long}", Show).Needs(Access.WholeFleet).Does("getRollout", "A rollout: its plan, every wave's figures, and what decides next.");
        routes.MapGet("/api/rollouts/{id:long}/nodes", Nodes).Needs(Access.WholeFleet).Does("listRolloutNodes", "Nodes of a rollout in the order of their ids.");
        routes.MapGet("/api/rollouts/{id:long}/failures", Failures).Needs(Access.WholeFleet).Does("listRolloutFailures", "How attempts failed, the newest first, with the node's signed report.");
        routes.MapPost("/api/rollouts", (RolloutRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.CreateAsync(request, caller), database, clock)).Needs(Roles.Manager).Does("createRollout", "Plans a rollout; nothing starts.");
        routes.MapPut("/api/rollouts/{id:long}", (long id, RolloutRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.EditAsync(id, request, caller), database, clock)).Needs(Roles.Manager).Does("editRollout", "Changes the plan of a rollout that has not started; what was approved has to be approved again.");
        Act(routes, "approve", "Agrees to a plan; never by who planned or changed it.", (rollouts, id, reason, caller) => rollouts.ApproveAsync(id, reason, caller));
        Act(routes, "start", "Opens the first wave.", (rollouts, id, reason, caller) => rollouts.StartAsync(id, reason, caller));
        Act(routes, "pause", "Makes no new offers until it is resumed.", (rollouts, id, reason, caller) => rollouts.PauseAsync(id, reason, caller));
        Act(routes, "stop", "Withdraws offers for good, and lets trials end.", (rollouts, id, reason, caller) => rollouts.StopAsync(id, reason, caller));
        routes.MapPost("/api/rollouts/{id:long}/resume", (long id, ResumeRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(Bounds.Reason(request.Reason), () => rollouts.ResumeAsync(id, request, caller), database, clock)).Needs(Roles.Manager).Does("resumeRollout", "Goes on with a paused rollout.");
        routes.MapPost("/api/rollouts/{id:long}/retry", (long id, RetryRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.RetryAsync(id, request, caller), database, clock)).Needs(Roles.Manager).Does("retryRollout", "Tries failed nodes again.");
        routes.MapGet("/api/tags", Ok<Page<TagRow>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(TargetStore.Tags(connection, paging.Text, paging.Rows), row => row.Tag));
        }).Needs(Access.WholeFleet).Does("listTags", "Tags, and how many nodes have each.");
        routes.MapGet("/api/nodes/{id}/tags", Results<Ok<TagsRequest>, ProblemHttpResult> (string id, Database database) =>
        {
            using DbConnection connection = database.OpenReader();
            return NodeStore.Find(connection, id) is { } node ? TypedResults.Ok(new TagsRequest(TargetStore.Tags(connection, node.RowId))) : TypedResults.Problem($"There is no node '{id}'.", statusCode: 404);
        }).Needs(Access.WholeFleet).Does("getTags", "A node's tags.");
        routes.MapBulkTags();
        routes.MapPut("/api/nodes/{id}/tags", TagAsync).Needs(Roles.Manager).Does("setTags", "Gives a node these tags and no others.");
    }

    private static void Act(IEndpointRouteBuilder routes, string act, string summary, Func<Rollouts, long, string, Caller, Task<Rollouts.Answer>> work) =>
        routes.MapPost($"/api/rollouts/{{id:long}}/{act}", (long id, ReasonRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(Bounds.Reason(request.Reason), () => work(rollouts, id, request.Reason, caller), database, clock)).Needs(Roles.Manager).Does($"{act}Rollout", summary);

    private static async Task<Results<Ok<RolloutView>, ProblemHttpResult>> DoAsync(Sentence? wrong, Func<Task<Rollouts.Answer>> work, Database database, TimeProvider clock)
    {
        if (wrong is not null)
        {
            return TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400);
        }

        Rollouts.Answer answer = await work();
        if (answer.Problem is { } problem)
        {
            return TypedResults.Problem($"{problem} Nothing was changed.", statusCode: answer.Status);
        }

        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(RolloutView.Of(connection, RolloutStore.Find(connection, answer.Id)!, clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private static Ok<Page<RolloutLine>> List(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(RolloutStore.Page(connection, paging.Rows, paging.Before), row => row.Id, row => RolloutLine.Of(connection, row)));
    }

    private static Results<Ok<RolloutView>, ProblemHttpResult> Show(long id, Database database, TimeProvider clock)
    {
        using DbConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is { } row
            ? TypedResults.Ok(RolloutView.Of(connection, row, clock.GetUtcNow().ToUnixTimeMilliseconds()))
            : TypedResults.Problem($"There is no rollout {id}.", statusCode: 404);
    }

    private static Results<Ok<Page<MemberView>>, ProblemHttpResult> Nodes(long id, Database database, long? wave = null, string? state = null, string? reason = null, bool failed = false, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (Wrong(state, reason) is { } wrong)
        {
            return TypedResults.Problem(wrong, statusCode: 400);
        }

        using DbConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is null
            ? TypedResults.Problem($"There is no rollout {id}.", statusCode: 404)
            : TypedResults.Ok(paging.Of(WaveStore.Page(connection, id, wave, state is null ? null : QueryNames.State(state), reason is null ? null : QueryNames.Reason(reason), failed, paging.Text, paging.Rows), row => row.NodeId));
    }

    private static Results<Ok<Page<EndView>>, ProblemHttpResult> Failures(long id, Database database, string? reason = null, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        if (Wrong(null, reason) is { } wrong)
        {
            return TypedResults.Problem(wrong, statusCode: 400);
        }

        using DbConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is null
            ? TypedResults.Problem($"There is no rollout {id}.", statusCode: 404)
            : TypedResults.Ok(paging.Of(WaveStore.Failures(connection, id, reason is null ? null : QueryNames.Reason(reason), paging.Before, paging.Rows), row => row.Id));
    }

    private static string? Wrong(string? state, string? reason) =>
        state is { Length: 0 } || (state is not null && QueryNames.State(state) is null) ? $"state must be one of {string.Join(", ", Enum.GetNames<NodeState>())}."
        : reason is { Length: 0 } || (reason is not null && QueryNames.Reason(reason) is null) ? $"reason must be one of {string.Join(", ", Enum.GetNames<UpdateReason>())}."
        : null;

    private static async Task<Results<Ok<TagsRequest>, ProblemHttpResult>> TagAsync(string id, TagsRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (request.Problem() is { } problem)
        {
            return TypedResults.Problem($"{problem} Nothing was changed.", statusCode: 400);
        }

        bool isThere = await writer.RunAsync(connection =>
        {
            if (NodeStore.Find(connection, id) is not { } node)
            {
                return false;
            }

            TargetStore.SetTags(connection, node.RowId, request.Tags);
            EventStore.Record(connection, clock.GetUtcNow().ToUnixTimeMilliseconds(), "tags", node.RowId, caller.Name, new { request.Tags });
            return true;
        });
        return isThere ? TypedResults.Ok(request) : TypedResults.Problem($"There is no node '{id}'. Nothing was changed.", statusCode: 404);
    }
}
