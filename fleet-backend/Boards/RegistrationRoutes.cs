using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Boards;

/// <summary>Purchases, the boards that benches register for them, and what was refused.</summary>
internal static class RegistrationRoutes
{

    /// <summary>GET and POST /api/production-runs; POST /api/registrations, /api/registrations/{id}/scrap; GET /api/registrations/flags.</summary>
    public static void MapRegistrations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/production-runs", Ok<Page<RunView>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(RunStore.Page(connection, paging.Rows, paging.Before), row => row.Id, RunView.Of));
        }).Needs(Access.WholeFleet | Roles.Technician).Does("listProductionRuns", "Recorded purchases of boards, the last first.");
        routes.MapPost("/api/production-runs", RecordRunAsync).Needs(Roles.Manager).Does("recordProductionRun", "Records a purchase of boards.");
        routes.MapPost("/api/registrations", RegisterAsync).Needs(Roles.Technician).Does("registerBoard", "Makes a board of a recorded purchase a node; the answer has the claim for its label.");
        routes.MapPost("/api/registrations/{id}/scrap", ScrapAsync).Needs(Roles.Technician).Does("scrapNode", "Takes a node out of the fleet for good.");
        routes.MapGet("/api/registrations/flags", Ok<Page<FlagRow>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(RegistrationStore.Flags(connection, paging.Rows, paging.Before), row => row.N));
        }).Needs(Access.WholeFleet | Roles.Technician).Does("listRefusedBoards", "Boards and purchases that were refused, the last first.");
    }

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> RecordRunAsync(RunRequest request, Caller caller, Registrations registrations)
    {
        if (request.Problem() is { } problem)
        {
            return TypedResults.Problem($"{problem} Nothing was recorded.", statusCode: 400);
        }

        (RunRow? run, Refused? refused) = await registrations.RecordRunAsync(request, caller);
        return run is null ? Answer(refused!, "Nothing was recorded.") : TypedResults.Ok(RunView.Of(run));
    }

    private static async Task<Results<Ok<RegistrationView>, ProblemHttpResult>> RegisterAsync(RegistrationRequest request, Caller caller, Registrations registrations)
    {
        if (request.Problem() is { } problem)
        {
            return TypedResults.Problem($"{problem} Nothing was registered.", statusCode: 400);
        }

        (RegistrationView? view, Refused? refused) = await registrations.RegisterAsync(request, caller);
        return view is null ? Answer(refused!, "Nothing was registered; the refusal is kept for the managers.") : TypedResults.Ok(view);
    }

    private static async Task<Results<Ok<ScrappedView>, ProblemHttpResult>> ScrapAsync(string id, ScrapRequest request, Caller caller, Registrations registrations)
    {
        if (Bounds.Reason(request.Reason) is { } wrong)
        {
            return TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400);
        }

        string node = NodeId.Parse(id)?.ToString() ?? id;
        return await registrations.ScrapAsync(node, request.Reason, caller) is { } refused ? Answer(refused, "Nothing was changed.") : TypedResults.Ok(new ScrappedView(node));
    }

    private static ProblemHttpResult Answer(Refused refused, string kept) =>
        TypedResults.Problem($"{refused.Sentence} {kept}", statusCode: refused.Name == "unknown" ? 404 : 409, extensions: new Dictionary<string, object?> { ["refusal"] = refused.Name });
}

/// <summary>Why a node goes.</summary>
public sealed record ScrapRequest(string Reason);

/// <summary>A node that is out of the fleet.</summary>
public sealed record ScrappedView(string NodeId);
