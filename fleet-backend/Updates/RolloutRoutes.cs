using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Updates;

/// <summary>Rollouts, their nodes and their failures; tags of nodes.</summary>
internal static class RolloutRoutes
{
    private const int MaxPage = 1000;

    /// <summary>
    /// GET and POST /api/rollouts; GET and PUT /api/rollouts/{id}; POST …/approve, start, pause, resume, stop, retry; GET …/nodes, …/failures; GET /api/tags,
    /// GET and PUT /api/nodes/{id}/tags.
    /// </summary>
    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/rollouts", List).Needs(Access.WholeFleet);
        routes.MapGet("/api/rollouts/{id:long}", Show).Needs(Access.WholeFleet);
        routes.MapGet("/api/rollouts/{id:long}/nodes", Nodes).Needs(Access.WholeFleet);
        routes.MapGet("/api/rollouts/{id:long}/failures", Failures).Needs(Access.WholeFleet);
        routes.MapPost("/api/rollouts", (RolloutRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.CreateAsync(request, caller), database, clock)).Needs(Roles.Manager);
        routes.MapPut("/api/rollouts/{id:long}", (long id, RolloutRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.EditAsync(id, request, caller), database, clock)).Needs(Roles.Manager);
        Act(routes, "approve", (rollouts, id, reason, caller) => rollouts.ApproveAsync(id, reason, caller));
        Act(routes, "start", (rollouts, id, reason, caller) => rollouts.StartAsync(id, reason, caller));
        Act(routes, "pause", (rollouts, id, reason, caller) => rollouts.PauseAsync(id, reason, caller));
        Act(routes, "stop", (rollouts, id, reason, caller) => rollouts.StopAsync(id, reason, caller));
        routes.MapPost("/api/rollouts/{id:long}/resume", (long id, ResumeRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(ReasonRequest.Problem(request.Reason), () => rollouts.ResumeAsync(id, request, caller), database, clock)).Needs(Roles.Manager);
        routes.MapPost("/api/rollouts/{id:long}/retry", (long id, RetryRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(request.Problem(), () => rollouts.RetryAsync(id, request, caller), database, clock)).Needs(Roles.Manager);
        routes.MapGet("/api/tags", (Database database) =>
        {
            using SqliteConnection connection = database.OpenReader();
            return TypedResults.Ok(TargetStore.Tags(connection));
        }).Needs(Access.WholeFleet);
        routes.MapGet("/api/nodes/{id}/tags", (string id, Database database) =>
        {
            using SqliteConnection connection = database.OpenReader();
            return NodeStore.Find(connection, id) is { } node ? Results.Ok(TargetStore.Tags(connection, node.RowId)) : Results.Problem($"There is no node '{id}'.", statusCode: 404);
        }).Needs(Access.WholeFleet);
        routes.MapPut("/api/nodes/{id}/tags", TagAsync).Needs(Roles.Manager);
    }

    private static void Act(IEndpointRouteBuilder routes, string act, Func<Rollouts, long, string, Caller, Task<Rollouts.Answer>> work) =>
        routes.MapPost($"/api/rollouts/{{id:long}}/{act}", (long id, ReasonRequest request, Caller caller, Rollouts rollouts, Database database, TimeProvider clock) =>
            DoAsync(ReasonRequest.Problem(request.Reason), () => work(rollouts, id, request.Reason, caller), database, clock)).Needs(Roles.Manager);

    private static async Task<Results<Ok<RolloutView>, ProblemHttpResult>> DoAsync(string? wrong, Func<Task<Rollouts.Answer>> work, Database database, TimeProvider clock)
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

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(RolloutView.Of(connection, RolloutStore.Find(connection, answer.Id)!, clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private static Results<Ok<List<RolloutLine>>, ProblemHttpResult> List(Database database, int limit = 100)
    {
        if (limit is < 1 or > MaxPage)
        {
            return TypedResults.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(RolloutStore.Page(connection, limit).Select(row => RolloutLine.Of(connection, row)).ToList());
    }

    private static Results<Ok<RolloutView>, ProblemHttpResult> Show(long id, Database database, TimeProvider clock)
    {
        using SqliteConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is { } row
            ? TypedResults.Ok(RolloutView.Of(connection, row, clock.GetUtcNow().ToUnixTimeMilliseconds()))
            : TypedResults.Problem($"There is no rollout {id}.", statusCode: 404);
    }

    private static Results<Ok<IReadOnlyList<MemberView>>, ProblemHttpResult> Nodes(long id, Database database, long? wave = null, string? state = null, string? reason = null, bool failed = false, string after = "", int limit = 100)
    {
        if (Wrong(limit, state, reason) is { } wrong)
        {
            return TypedResults.Problem(wrong, statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is null
            ? TypedResults.Problem($"There is no rollout {id}.", statusCode: 404)
            : TypedResults.Ok(WaveStore.Page(connection, id, wave, state is null ? null : QueryNames.State(state), reason is null ? null : QueryNames.Reason(reason), failed, after, limit));
    }

    private static Results<Ok<IReadOnlyList<EndView>>, ProblemHttpResult> Failures(long id, Database database, string? reason = null, long before = long.MaxValue, int limit = 100)
    {
        if (Wrong(limit, null, reason) is { } wrong)
        {
            return TypedResults.Problem(wrong, statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is null
            ? TypedResults.Problem($"There is no rollout {id}.", statusCode: 404)
            : TypedResults.Ok(WaveStore.Failures(connection, id, reason is null ? null : QueryNames.Reason(reason), before, limit));
    }

    private static string? Wrong(int limit, string? state, string? reason) =>
        limit is < 1 or > MaxPage ? $"limit must be a number from 1 to {MaxPage}."
        : state is { Length: 0 } || (state is not null && QueryNames.State(state) is null) ? $"state must be one of {string.Join(", ", Enum.GetNames<NodeState>())}."
        : reason is { Length: 0 } || (reason is not null && QueryNames.Reason(reason) is null) ? $"reason must be one of {string.Join(", ", Enum.GetNames<UpdateReason>())}."
        : null;

    private static async Task<IResult> TagAsync(string id, TagsRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (request.Problem() is { } problem)
        {
            return Results.Problem($"{problem} Nothing was changed.", statusCode: 400);
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
        return isThere ? Results.Ok(request.Tags) : Results.Problem($"There is no node '{id}'. Nothing was changed.", statusCode: 404);
    }
}
