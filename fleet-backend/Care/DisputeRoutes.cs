using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Care;

/// <summary>Disputes over the API.</summary>
public static class DisputeRoutes
{
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
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(
            [.. DisputeStore.Page(connection, caller.Has(Access.WholeFleet) ? null : caller.Name, paging.Rows, paging.Numbers(3)).Select(row => row with { Figures = Sentence.Read(row.Figures, Language.English) })],
            DisputeStore.CursorOf));
    }

    private static async Task<Results<Ok<DisputedView>, ProblemHttpResult>> OpenAsync(string id, DisputeRequest request, Caller caller, CareDesk desk)
    {
        CareAnswer answer = await desk.DisputeAsync(id, request.Reading, request.Text, caller);
        return answer.Dispute is { } number ? TypedResults.Ok(new DisputedView(number)) : TypedResults.Problem($"{answer.Problem} Nothing was changed.", statusCode: answer.Status);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> AnswerAsync(long id, AnswerRequest request, Caller caller, CareDesk desk)
    {
        CareAnswer answer = await desk.AnswerAsync(id, request.Outcome, request.Answer, caller);
        return answer.Problem is null ? TypedResults.NoContent() : TypedResults.Problem($"{answer.Problem} Nothing was changed.", statusCode: answer.Status);
    }
}

/// <summary>A verdict that is not accepted: any reading it is over, and why.</summary>
public sealed record DisputeRequest(long Reading, string Text);

/// <summary>Number of the dispute that was opened.</summary>
public sealed record DisputedView(long Dispute);

/// <summary>The answer to a dispute: 'stands' or 'put right', and why.</summary>
public sealed record AnswerRequest(string Outcome, string Answer);
