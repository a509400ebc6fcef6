using System.Data.Common;
using System.Text.Json;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Approvals;

/// <summary>Changes that need a second person.</summary>
public static class ChangeRoutes
{
    private const int MaxContent = 16 * 1024;

    /// <summary>GET and POST /api/changes, POST /api/changes/{id}/approve and /withdraw, GET /api/events.</summary>
    public static void MapChanges(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/changes", List).Needs(Access.WholeFleet).Does("listChanges", "Changes that need two people, the first proposed first.");
        routes.MapPost("/api/changes", ProposeAsync).Needs(Roles.Manager).Does("proposeChange", "Proposes a tariff, agreement, loan, payee, payout, reversal, recall, repair, handover or releaseKey; content is by kind.");
        routes.MapPost("/api/changes/{id:long}/approve", async (long id, Caller caller, Changes changes) => Answer(await changes.DecideAsync(id, isApproved: true, caller.Name))).Needs(Roles.Manager).Does("approveChange", "Lets a change take effect; never by who proposed it.");
        routes.MapPost("/api/changes/{id:long}/withdraw", async (long id, Caller caller, Changes changes) => Answer(await changes.DecideAsync(id, isApproved: false, caller.Name))).Needs(Roles.Manager).Does("withdrawChange", "Withdraws a proposal.");
        routes.MapGet("/api/events", Events).Needs(Access.WholeFleet).Does("listEvents", "The log of events, the oldest first; of one node where it is named.");
    }

    private static Ok<Page<ChangeRow>> List(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(ChangeStore.Page(connection, paging.After, paging.Rows), row => row.Id));
    }

    private static Ok<Page<EventRow>> Events(Database database, string? cursor = null, int limit = 100, string? node = null)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(EventStore.Page(connection, paging.After, node, paging.Rows), row => row.N));
    }

    private static async Task<Results<Ok<ChangeRow>, ProblemHttpResult>> ProposeAsync(ChangeRequest request, Caller caller, Changes changes)
    {
        Sentence? problem = Bounds.Reason(request.Reason) ?? (request.Content.GetRawText().Length > MaxContent ? Sentence.Of($"content has more than {MaxContent} characters.") : null);
        return problem is null
            ? Answer(await changes.ProposeAsync(request.Kind, request.Content.GetRawText(), request.Reason, caller.Name))
            : TypedResults.Problem($"{problem} Nothing was proposed.", statusCode: 400);
    }

    private static Results<Ok<ChangeRow>, ProblemHttpResult> Answer((ChangeRow? Change, int Status, Sentence? Problem) result) =>
        result.Change is { } change ? TypedResults.Ok(change) : TypedResults.Problem($"{result.Problem}", statusCode: result.Status);
}

/// <summary>What somebody proposes.</summary>
public sealed record ChangeRequest(string Kind, JsonElement Content, string Reason);
