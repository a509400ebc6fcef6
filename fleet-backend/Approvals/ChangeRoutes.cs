using System.Text.Json;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Approvals;

/// <summary>Changes that need a second person.</summary>
public static class ChangeRoutes
{
    private const int MaxPage = 1000;
    private const int MaxReason = 500;
    private const int MaxContent = 16 * 1024;

    /// <summary>GET and POST /api/changes, POST /api/changes/{id}/approve and /withdraw, GET /api/events.</summary>
    public static void MapChanges(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/changes", List).Needs(Access.WholeFleet);
        routes.MapPost("/api/changes", ProposeAsync).Needs(Roles.Manager);
        routes.MapPost("/api/changes/{id:long}/approve", async (long id, Caller caller, Changes changes) => Answer(await changes.DecideAsync(id, isApproved: true, caller.Name))).Needs(Roles.Manager);
        routes.MapPost("/api/changes/{id:long}/withdraw", async (long id, Caller caller, Changes changes) => Answer(await changes.DecideAsync(id, isApproved: false, caller.Name))).Needs(Roles.Manager);
        routes.MapGet("/api/events", Events).Needs(Access.WholeFleet);
    }

    private static Results<Ok<IReadOnlyList<ChangeRow>>, ProblemHttpResult> List(Database database, long after = 0, int limit = 100)
    {
        if (limit is < 1 or > MaxPage)
        {
            return TypedResults.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(ChangeStore.Page(connection, after, limit));
    }

    private static Results<Ok<IReadOnlyList<EventRow>>, ProblemHttpResult> Events(Database database, long after = 0, int limit = 100, string? node = null)
    {
        if (limit is < 1 or > MaxPage)
        {
            return TypedResults.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(EventStore.Page(connection, after, node, limit));
    }

    private static async Task<Results<Ok<ChangeRow>, ProblemHttpResult>> ProposeAsync(ChangeRequest request, Caller caller, Changes changes)
    {
        string? problem = request.Reason.Length is 0 or > MaxReason || request.Reason.Any(char.IsControl) ? $"reason must have 1 to {MaxReason} printable characters."
            : request.Content.GetRawText().Length > MaxContent ? $"content has more than {MaxContent} characters."
            : null;
        return problem is null
            ? Answer(await changes.ProposeAsync(request.Kind, request.Content.GetRawText(), request.Reason, caller.Name))
            : TypedResults.Problem($"{problem} Nothing was proposed.", statusCode: 400);
    }

    private static Results<Ok<ChangeRow>, ProblemHttpResult> Answer((ChangeRow? Change, int Status, string? Problem) result) =>
        result.Change is { } change ? TypedResults.Ok(change) : TypedResults.Problem(result.Problem!, statusCode: result.Status);
}

/// <summary>What somebody proposes.</summary>
public sealed record ChangeRequest(string Kind, JsonElement Content, string Reason);
