using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Contracts.Pairing;
using DePin.Fleet.Api;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Pairing;

/// <summary>Ending and moving pairings over the API. Asked without 'confirm' each says what it would do to credit and changes nothing.</summary>
internal static class LifeRoutes
{
    /// <summary>POST /api/nodes/{id}/unpair, /spare, /move, /retire, /stolen, /found.</summary>
    public static void MapPairingLife(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/nodes/{id}/unpair", (string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
            UnpairAsync(LifeAct.Unpair, id, request, caller, life, database, clock)).Needs(PairingLife.MayAsk(LifeAct.Unpair)).Does("unpairNode", "Ends a node's pairing and arms a new claim; without confirm says what it would do.");
        routes.MapPost("/api/nodes/{id}/spare", (string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
            UnpairAsync(LifeAct.Spare, id, request, caller, life, database, clock)).Needs(PairingLife.MayAsk(LifeAct.Spare)).Does("keepSpare", "Keeps a node as a spare and arms a new claim; without confirm says what it would do.");
        routes.MapPost("/api/nodes/{id}/move", async Task<Results<Ok<LifeView>, NoContent, ProblemHttpResult>> (string id, MoveRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
        {
            var site = new Site(request.Place, request.Latitude, request.Longitude);
            return site.Problem() is { } wrong ? TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400)
                : Preview(caller, LifeAct.Move, id, request.Reason, request.Confirm, database, clock) is { } preview ? preview
                : Answer(await life.MoveAsync(caller, IdOf(id), site, request.Reason));
        }).Needs(PairingLife.MayAsk(LifeAct.Move)).Does("moveNode", "Says where a node stands from now on; without confirm says what it would do.");
        routes.MapPost("/api/nodes/{id}/retire", async Task<Results<Ok<LifeView>, NoContent, ProblemHttpResult>> (string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
            Preview(caller, LifeAct.Retire, id, request.Reason, request.Confirm, database, clock) ?? Answer(await life.RetireAsync(caller, IdOf(id), request.Reason))).Needs(PairingLife.MayAsk(LifeAct.Retire)).Does("retireNode", "Takes a node out of service; without confirm says what it would do.");
        routes.MapPost("/api/nodes/{id}/stolen", async Task<Results<Ok<LifeView>, NoContent, ProblemHttpResult>> (string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
            Preview(caller, LifeAct.Stolen, id, request.Reason, request.Confirm, database, clock) ?? Answer(await life.ReportStolenAsync(caller, IdOf(id), request.Reason))).Needs(PairingLife.MayAsk(LifeAct.Stolen)).Does("reportStolen", "Reports a node as stolen: what it sends is held; without confirm says what it would do.");
        routes.MapPost("/api/nodes/{id}/found", async Task<Results<Ok<LifeView>, NoContent, ProblemHttpResult>> (string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock) =>
            Preview(caller, LifeAct.Found, id, request.Reason, request.Confirm, database, clock) ?? Answer(await life.ReportFoundAsync(caller, IdOf(id), request.Reason))).Needs(PairingLife.MayAsk(LifeAct.Found)).Does("reportFound", "Reports a stolen node as found; without confirm says what it would do.");
    }

    private static async Task<Results<Ok<LifeView>, NoContent, ProblemHttpResult>> UnpairAsync(LifeAct act, string id, EndRequest request, Caller caller, PairingLife life, Database database, TimeProvider clock)
    {
        if (Preview(caller, act, id, request.Reason, request.Confirm, database, clock) is { } preview)
        {
            return preview;
        }

        (Claim? claim, Sentence? problem) = await life.UnpairAsync(caller, IdOf(id), request.Reason, act == LifeAct.Spare);
        return problem is null ? TypedResults.Ok(new LifeView(IsDone: true, Effect: null, claim!.ToText())) : Answer(problem);
    }

    // Whoever may not see the node learns nothing of its credit.
    private static Results<Ok<LifeView>, NoContent, ProblemHttpResult>? Preview(Caller caller, LifeAct act, string id, string reason, bool isConfirmed, Database database, TimeProvider clock)
    {
        if (Bounds.Reason(reason) is { } wrong)
        {
            return TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400);
        }

        if (isConfirmed)
        {
            return null;
        }

        using DbConnection connection = database.OpenReader();
        NodeRow? node = NodeStore.Find(connection, IdOf(id)) is { } found && caller.MaySeeNodeOf(found.Operator, found.CapitalBuilder) ? found : null;
        return TypedResults.Ok(new LifeView(IsDone: false, LifeEffect.Of(connection, node, act, clock.GetUtcNow().ToUnixTimeMilliseconds()), Claim: null));
    }

    private static Results<Ok<LifeView>, NoContent, ProblemHttpResult> Answer(Sentence? problem) =>
        problem is null ? TypedResults.NoContent() : TypedResults.Problem($"{problem} Nothing was changed.", statusCode: 409);

    private static string IdOf(string text) => NodeId.Parse(text)?.ToString() ?? text;
}

/// <summary>What an act would do to credit while it is not confirmed; once it is done, the claim of the new label where there is one.</summary>
internal sealed record LifeView(bool IsDone, string? Effect, string? Claim);

/// <summary>Why a pairing ends; without confirm the answer says what it would do.</summary>
internal sealed record EndRequest(string Reason, bool Confirm = false);

/// <summary>Where a node shall stand and why; without confirm the answer says what it would do.</summary>
internal sealed record MoveRequest(string Place, double Latitude, double Longitude, string Reason, bool Confirm = false);
