using System.Data.Common;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Care;

/// <summary>What people decide over nodes: release or refuse what is held, suspend, lift, visit. Each with a name and a reason, each recorded.</summary>
public sealed class Review(StoreWriter writer, Bookkeeper bookkeeper, TimeProvider clock)
{
    private const int HoldsPerDecision = 5000;
    private const int HoldsPerVisitJob = 200;
    private const double VisitKilometres = 0.5;
    private const double KilometresPerDegree = 111.2;

    /// <summary>Decides over everything held of a node under one name, or under all names.</summary>
    internal Task<Decided> DecideAsync(string nodeId, VerdictName? name, bool isReleased, string by, string reason) => OnNodeAsync(nodeId, (connection, node, now) =>
    {
        HoldRow[] holds = [.. (name is { } one ? [one] : Enum.GetValues<VerdictName>()).SelectMany(each => HoldStore.Open(connection, node.RowId, each, HoldsPerDecision)).Take(HoldsPerDecision)];
        if (holds.Length == 0)
        {
            return name is null ? Decided.Not(409, $"Nothing of node {nodeId} is held.") : Decided.Not(409, $"Nothing of node {nodeId} is held as {name}.");
        }

        (int released, int refused) = bookkeeper.BooksOn(connection).Decide(holds, new Decision(isReleased, by, reason), now);
        return new Decided(200, null, released, refused);
    });

    /// <summary>Suspends a node: what it sends from now on is held.</summary>
    internal Task<Decided> SuspendAsync(string nodeId, string by, string reason, Sentence evidence, Sentence cure, long? endUnixSeconds = null) => OnNodeAsync(nodeId, (connection, node, now) =>
        SuspensionStore.Begin(connection, node.RowId, new Suspension(now, reason, evidence, cure, by, endUnixSeconds * 1000))
            ? new Decided(200, null)
            : Decided.Not(409, $"Node {nodeId} is suspended already."));

    /// <summary>Lifts a suspension; what it held waits for a decision of its own.</summary>
    internal Task<Decided> LiftAsync(string nodeId, string by, string reason) => OnNodeAsync(nodeId, (connection, node, now) =>
        SuspensionStore.Lift(connection, node.RowId, now, by, reason) ? new Decided(200, null) : Decided.Not(409, $"Node {nodeId} is not suspended."));

    /// <summary>Closes what other nodes said about one.</summary>
    internal Task<Decided> CloseAsync(string nodeId, string kind, string by, string reason) => OnNodeAsync(nodeId, (connection, node, now) =>
    {
        if (!ReviewStore.Close(connection, node.RowId, kind, by, reason, now))
        {
            return Decided.Not(409, $"There is no open case '{kind}' of node {nodeId}.");
        }

        EventStore.Record(connection, now, "review closed", node.RowId, by, new { kind, reason });
        return new Decided(200, null);
    });

    /// <summary>Records a visit, and releases what waited for one.</summary>
    internal async Task<Decided> VisitAsync(string nodeId, string by, VisitRequest request)
    {
        Decided whole = await RecordVisitAsync(nodeId, by, request);

        // Years may wait: in parts, so that ingest is not kept waiting.
        while (whole.Problem is null && await ReleaseVisitedAsync(nodeId, by) is { Problem: null } part && part.Released + part.Refused > 0)
        {
            whole = whole with { Released = whole.Released + part.Released, Refused = whole.Refused + part.Refused };
        }

        return whole;
    }

    private Task<Decided> ReleaseVisitedAsync(string nodeId, string by) => OnNodeAsync(nodeId, (connection, node, now) =>
    {
        IReadOnlyList<HoldRow> waiting = HoldStore.Open(connection, node.RowId, VerdictName.Unaudited, HoldsPerVisitJob);
        (int released, int refused) = waiting.Count == 0 ? (0, 0) : bookkeeper.BooksOn(connection).Decide(waiting, new Decision(true, by, "the node was visited"), now);
        return new Decided(200, null, released, refused);
    });

    private Task<Decided> RecordVisitAsync(string nodeId, string by, VisitRequest request) => OnNodeAsync(nodeId, (connection, node, now) =>
    {
        if (node.Latitude is not { } latitude || node.Longitude is not { } longitude)
        {
            return Decided.Not(409, $"Node {nodeId} is not paired, so it stands nowhere. Nothing was recorded.");
        }

        double east = (request.Longitude - longitude) * Math.Cos(latitude * Math.PI / 180);
        double kilometres = Math.Sqrt(Math.Pow(request.Latitude - latitude, 2) + Math.Pow(east, 2)) * KilometresPerDegree;
        if (kilometres > VisitKilometres)
        {
            return Decided.Not(409, $"The visitor stood {kilometres:0.0} km from where node {nodeId} is paired; {VisitKilometres} km are allowed. Nothing was recorded.");
        }

        ReviewStore.Visit(connection, node.RowId, now, by, request.Latitude, request.Longitude);
        EventStore.Record(connection, now, "visit", node.RowId, by, new { request.Reason });
        return new Decided(200, null);
    });

    /// <summary>Records time for which a node's infrastructure is down on schedule.</summary>
    internal Task<Decided> DowntimeAsync(string nodeId, string by, DowntimeRequest request) => OnNodeAsync(nodeId, (connection, node, now) =>
    {
        if (request.FromUnixSeconds * 1000 < now)
        {
            return Decided.Not(409, $"Downtime on schedule is announced before it begins. Nothing was recorded.");
        }

        if (ReviewStore.HasDowntime(connection, node.RowId, request.FromUnixSeconds, request.ToUnixSeconds))
        {
            return Decided.Not(409, $"A part of this time is recorded as downtime already. Nothing was recorded.");
        }

        ReviewStore.Downtime(connection, node.RowId, request.FromUnixSeconds, request.ToUnixSeconds, request.Reason, by);
        EventStore.Record(connection, now, "downtime", node.RowId, by, new { request.FromUnixSeconds, request.ToUnixSeconds, request.Reason });
        return new Decided(200, null);
    });

    private Task<Decided> OnNodeAsync(string nodeId, Func<DbConnection, NodeRow, long, Decided> work) => writer.RunAsync(connection =>
        NodeStore.Find(connection, nodeId) is { } node
            ? work(connection, node, clock.GetUtcNow().ToUnixTimeMilliseconds())
            : Decided.Not(404, $"No node '{nodeId}' is registered."));
}

/// <summary>What became of a decision.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Problem">Why nothing was done, or null.</param>
/// <param name="Released">Readings that earn now.</param>
/// <param name="Refused">Readings that do not.</param>
internal sealed record Decided(int Status, Sentence? Problem, int Released = 0, int Refused = 0)
{
    public static Decided Not(int status, FormattableString problem) => new(status, Sentence.Of(problem));
}

/// <summary>A node to suspend: why, what shows it, what ends it, and when it ends by itself, Unix seconds.</summary>
public sealed record SuspendRequest(string Reason, string Evidence, string Cure, long? EndUnixSeconds = null);

/// <summary>Somebody stood before the node, there by the position of their own phone.</summary>
public sealed record VisitRequest(string Reason, double Latitude, double Longitude);

/// <summary>Time down on schedule.</summary>
public sealed record DowntimeRequest(string Reason, long FromUnixSeconds, long ToUnixSeconds);
