using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.Boards;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Care;

/// <summary>The list of what waits for a person, and the decisions.</summary>
public static class ReviewRoutes
{
    /// <summary>Characters of what somebody gives as a reason, a note or an answer.</summary>
    internal const int MaxWords = 500;

    // The year 2200: anything later is milliseconds by mistake.
    private const long LatestUnixSeconds = 7_258_118_400;

    /// <summary>GET /api/review; POST /api/review/{node}; POST /api/nodes/{id}/suspension, /lift, /visits, /downtime.</summary>
    public static void MapReview(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/review", List).Needs(Access.WholeFleet).Does("getReview", "The first of all that waits for a person: held readings, cases, suspensions, refused boards. The lists of each go on.");
        routes.MapGet("/api/review/held", Held).Needs(Access.WholeFleet).Does("listHeld", "Held readings by node and name, the next deadline first.");
        routes.MapGet("/api/review/cases", Cases).Needs(Access.WholeFleet).Does("listCases", "Nodes that others speak against, the next deadline first.");
        routes.MapGet("/api/review/suspensions", Suspensions).Needs(Access.WholeFleet).Does("listSuspensions", "Open suspensions, the last first.");
        routes.MapPost("/api/review/{node}", DecideAsync).Needs(Roles.Manager).Does("decideReview", "Releases or refuses what is held of a node, or closes a case.");
        routes.MapPost("/api/nodes/{id}/suspension", async (string id, SuspendRequest request, Caller caller, Review review) =>
            (Wrong(request.Reason, request.Evidence, request.Cure) ?? (request.EndUnixSeconds is null or (>= 0 and < LatestUnixSeconds) ? null : "endUnixSeconds must be Unix seconds before the year 2200.")) is { } wrong ? Refusal(wrong) : Answer(await review.SuspendAsync(id, caller.Name, request.Reason, Sentence.OfStored(request.Evidence), Sentence.OfStored(request.Cure), request.EndUnixSeconds))).Needs(Roles.Manager).Does("suspendNode", "Holds what a node sends from now on.");
        routes.MapPost("/api/nodes/{id}/lift", async (string id, LiftRequest request, Caller caller, Review review) =>
            Wrong(request.Reason) is { } wrong ? Refusal(wrong) : Answer(await review.LiftAsync(id, caller.Name, request.Reason))).Needs(Roles.Manager).Does("liftSuspension", "Lifts a suspension for all that is stored from now on.");
        routes.MapPost("/api/nodes/{id}/visits", async (string id, VisitRequest request, Caller caller, Review review) =>
            (Wrong(request.Reason) ?? (request.Latitude is >= -90 and <= 90 && request.Longitude is >= -180 and <= 180 ? null : "latitude and longitude are degrees.")) is { } wrong
                ? Refusal(wrong)
                : Answer(await review.VisitAsync(id, caller.Name, request))).Needs(Roles.Manager | Roles.Auditor).Does("recordVisit", "Records that somebody stood before a node.");
        routes.MapPost("/api/nodes/{id}/downtime", async (string id, DowntimeRequest request, Caller caller, Review review) =>
            (Wrong(request.Reason) ?? (request.FromUnixSeconds >= 0 && request.ToUnixSeconds > request.FromUnixSeconds && request.ToUnixSeconds < LatestUnixSeconds ? null : "fromUnixSeconds must lie before toUnixSeconds.")) is { } wrong
                ? Refusal(wrong)
                : Answer(await review.DowntimeAsync(id, caller.Name, request))).Needs(Roles.Manager).Does("announceDowntime", "Announces time down on schedule, which does not count against the operator.");
    }

    /// <summary>All that waits.</summary>
    internal static ReviewView Read(DbConnection connection, int limit) => new(
        [.. HoldStore.Groups(connection, limit).Select(HeldView.Of)], ReviewStore.Cases(connection, limit), SuspensionStore.Open(connection, limit), RegistrationStore.Flags(connection, limit));

    /// <summary>What is wrong with the words of a decision, or null.</summary>
    internal static string? Wrong(params ReadOnlySpan<string> words)
    {
        foreach (string text in words)
        {
            if (text.Length is 0 or > MaxWords || text.Any(char.IsControl))
            {
                return $"reason, evidence and cure must have 1 to {MaxWords} printable characters each.";
            }
        }

        return null;
    }

    private static Ok<ReviewView> List(Database database, int limit = 100)
    {
        _ = Paging.Of(null, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(Read(connection, limit));
    }

    private static Ok<Page<HeldView>> Held(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        string[]? after = paging.Parts(3);
        return TypedResults.Ok(paging.Of(
            HoldStore.Groups(connection, paging.Rows, after is null ? null : (Paging.NumberOf(after[0]), after[1], after[2])), group => $"{group.DeadlineUnixMilliseconds ?? HoldStore.NoDeadline}|{group.NodeId}|{group.NameText}", HeldView.Of));
    }

    private static Ok<Page<ReviewCase>> Cases(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(ReviewStore.Cases(connection, paging.Rows, paging.Numbers(2)), row => $"{row.DeadlineUnixMilliseconds}|{row.Id}"));
    }

    private static Ok<Page<SuspensionRow>> Suspensions(Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(SuspensionStore.Open(connection, paging.Rows, paging.Before), row => row.Id));
    }

    private static async Task<Results<Ok<DecidedView>, ProblemHttpResult>> DecideAsync(string node, ReviewRequest request, Caller caller, Review review)
    {
        if (Wrong(request.Reason) is { } wrong)
        {
            return Refusal(wrong);
        }

        if (request.Decision is not ("release" or "refuse" or "close"))
        {
            return Refusal("decision must be release, refuse, or close for a case.");
        }

        if (request.Decision == "close")
        {
            return Answer(await review.CloseAsync(node, request.Name ?? "", caller.Name, request.Reason));
        }

        VerdictName? name = null;
        if (request.Name is { } text)
        {
            if (!Enum.TryParse(text, out VerdictName parsed) || !Enum.IsDefined(parsed) || parsed.ToString() != text)
            {
                return Refusal("name must be the name of a verdict, such as Overlap.");
            }

            name = parsed;
        }

        return Answer(await review.DecideAsync(node, name, request.Decision == "release", caller.Name, request.Reason));
    }

    private static ProblemHttpResult Refusal(string problem) => TypedResults.Problem($"{problem} Nothing was changed.", statusCode: 400);

    private static Results<Ok<DecidedView>, ProblemHttpResult> Answer(Decided decided) =>
        decided.Problem is { } problem ? TypedResults.Problem($"{problem}", statusCode: decided.Status) : TypedResults.Ok(new DecidedView(decided.Released, decided.Refused));
}

/// <summary>What waits for a person: held readings by node and name, nodes that others speak against, suspensions; and the last boards that were refused.</summary>
public sealed record ReviewView(IReadOnlyList<HeldView> Held, IReadOnlyList<ReviewCase> Cases, IReadOnlyList<SuspensionRow> Suspensions, IReadOnlyList<FlagRow> RefusedBoards);

/// <summary>Held readings of one node under one name.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Name">Name of the verdict.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Cure">What would cure it.</param>
/// <param name="Readings">How many readings.</param>
/// <param name="CreditableMilliwattHours">Energy that would earn.</param>
/// <param name="ServedSeconds">Service that would earn.</param>
/// <param name="SinceUnixMilliseconds">Since when the first waits.</param>
/// <param name="DeadlineUnixMilliseconds">When the first is decided by itself; null where it waits for a visit.</param>
/// <param name="AtDeadline">What becomes of it then.</param>
/// <param name="Beneath">Names that speak against some of these readings beside, so that a release does not help those; empty for none.</param>
public sealed record HeldView(
    string NodeId, string Name, string Meaning, string Cure, long Readings, long CreditableMilliwattHours, long ServedSeconds, long SinceUnixMilliseconds,
    long? DeadlineUnixMilliseconds, AtDeadline AtDeadline, IReadOnlyList<string> Beneath)
{
    internal static HeldView Of(HeldGroup group)
    {
        VerdictName name = Enum.Parse<VerdictName>(group.NameText);
        return new HeldView(
            group.NodeId, group.NameText, Verification.Cure.Meaning(name), Verification.Cure.Of(name), group.Readings, group.CreditableMilliwattHours, group.ServedSeconds,
            group.SinceUnixMilliseconds, group.DeadlineUnixMilliseconds, Holds.AtDeadline(name), group.BeneathText?.Split(',') ?? []);
    }
}

/// <summary>A decision over a node: release or refuse what is held (under a verdict's name, or all), or close a case of that name.</summary>
public sealed record ReviewRequest(string Decision, string Reason, string? Name = null);

/// <summary>Why a suspension is lifted or a ticket closed.</summary>
public sealed record LiftRequest(string Reason);

/// <summary>What a decision did: readings that earn by it, and those that do not.</summary>
public sealed record DecidedView(int Released, int Refused);
