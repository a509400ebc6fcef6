using DePin.Contracts.Identity;
using DePin.Fleet.Api;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Care;

/// <summary>Saying no to a verdict, and the answer. A dispute changes nothing by itself: who finds it right releases what is held, or mends the cause.</summary>
public static class DisputeRoutes
{
    private const int MostOpen = 20;
    private const long DueMilliseconds = 14L * 86_400_000;

    /// <summary>GET /api/disputes; POST /api/nodes/{id}/disputes, /api/disputes/{id}/answer.</summary>
    public static void MapDisputes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/disputes", List).Needs(Access.OwnPart).Does("listDisputes", "Disputes over verdicts, the open ones by their due date first, then the last answered.");
        routes.MapPost("/api/nodes/{id}/disputes", OpenAsync).Needs(Access.OwnPart).Does("openDispute", "Says no to the verdict over held or refused readings.");
        routes.MapPost("/api/disputes/{id:long}/answer", AnswerAsync).Needs(Access.WholeFleet).Does("answerDispute", "Answers a dispute of somebody else.");
    }

    private static Ok<Page<DisputeRow>> List(Caller caller, Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(
            DisputeStore.Page(connection, caller.Has(Access.WholeFleet) ? null : caller.Name, paging.Rows, paging.Numbers(3)),
            row => row.AnsweredUnixMilliseconds is { } answered ? $"1|{-answered}|{row.Id}" : $"0|{row.DueUnixMilliseconds}|{row.Id}"));
    }

    private static async Task<Results<Ok<DisputedView>, ProblemHttpResult>> OpenAsync(string id, DisputeRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (ReviewRoutes.Wrong(request.Text) is not null)
        {
            return TypedResults.Problem("text must have 1 to 500 printable characters: say what you know that the figures do not. Nothing was changed.", statusCode: 400);
        }

        (long? dispute, string? problem, int status) = await writer.RunAsync<(long?, string?, int)>(connection =>
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (NodeId.Parse(id) is not { } nodeId || NodeStore.Find(connection, nodeId.ToString()) is not { } node || !caller.MaySeeNodeOf(node.Operator, node.CapitalBuilder))
            {
                return (null, $"There is no node '{id}'.", 404);
            }

            if (DisputeStore.CountOpen(connection, node.RowId) >= MostOpen)
            {
                return (null, $"{MostOpen} disputes over this node wait for an answer; wait for some of them. Nothing was changed.", 409);
            }

            return DisputeStore.NotCredited(connection, node.RowId, request.Reading) is not var (batch, run)
                ? (null, $"Reading {request.Reading} of node {id} is credited, or not judged yet, or does not exist. Nothing was changed.", 409)
                : DisputeStore.Open(connection, node.RowId, batch, run, caller.Name, request.Text, now, now + DueMilliseconds) is { } opened
                    ? (opened, null, 200)
                    : (null, $"The readings from {run.First} on are disputed already, and wait for their answer. Nothing was changed.", 409);
        });
        return dispute is { } number ? TypedResults.Ok(new DisputedView(number)) : TypedResults.Problem(problem, statusCode: status);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AnswerAsync(long id, AnswerRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (ReviewRoutes.Wrong(request.Answer) is not null || request.Outcome is not ("stands" or "put right"))
        {
            return TypedResults.Problem("outcome must be 'stands' or 'put right', and answer have 1 to 500 printable characters. Nothing was changed.", statusCode: 400);
        }

        string? problem = await writer.RunAsync(connection => DisputeStore.Answer(connection, id, request.Outcome, request.Answer, caller.Name, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return problem is null ? TypedResults.NoContent() : TypedResults.Problem($"{problem} Nothing was changed.", statusCode: problem.StartsWith("There is no", StringComparison.Ordinal) ? 404 : 409);
    }
}

/// <summary>A verdict that is not accepted: any reading it is over, and why.</summary>
public sealed record DisputeRequest(long Reading, string Text);

/// <summary>Number of the dispute that was opened.</summary>
public sealed record DisputedView(long Dispute);

/// <summary>The answer to a dispute: 'stands' or 'put right', and why.</summary>
public sealed record AnswerRequest(string Outcome, string Answer);
