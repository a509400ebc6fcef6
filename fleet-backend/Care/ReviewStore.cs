using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Care;

/// <summary>Nodes that a person has to look at for what other nodes say, visits, and time down on schedule.</summary>
internal static class ReviewStore
{
    private const long MillisecondsPerDay = 86_400_000;

    /// <summary>Days within which a case is looked at.</summary>
    private const int ReviewDays = 14;

    /// <summary>Opens a case; false where one of this kind is open for the node.</summary>
    public static bool Open(DbConnection connection, long node, string kind, Sentence evidence, long nowUnixMilliseconds) =>
        connection.Execute(
            """
            INSERT INTO review(node, kind, evidence, opened_ms, deadline_ms)
            SELECT @node, @kind, @evidence, @nowUnixMilliseconds, @deadline WHERE NOT EXISTS(SELECT 1 FROM review WHERE node = @node AND kind = @kind AND closed_ms IS NULL)
            """,
            new { node, kind, evidence = evidence.Stored, nowUnixMilliseconds, deadline = nowUnixMilliseconds + ReviewDays * MillisecondsPerDay }) == 1;

    /// <summary>Closes a node's case; false where none is open.</summary>
    public static bool Close(DbConnection connection, long node, string kind, string by, string reason, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE review SET closed_ms = @nowUnixMilliseconds, closed_by = @by, reason = @reason WHERE node = @node AND kind = @kind AND closed_ms IS NULL",
            new { node, kind, by, reason, nowUnixMilliseconds }) == 1;

    /// <summary>Open cases, the next deadline first.</summary>
    public static IReadOnlyList<ReviewCase> Cases(DbConnection connection, int limit, long[]? after = null) =>
        connection.Query<ReviewCase>(
            """
            SELECT r.id AS Id, n.node_id AS NodeId, r.kind AS Kind, r.evidence AS EvidenceText, r.opened_ms AS OpenedUnixMilliseconds, r.deadline_ms AS DeadlineUnixMilliseconds
            FROM review r JOIN node n ON n.id = r.node WHERE r.closed_ms IS NULL AND (r.deadline_ms, r.id) > (@afterDeadline, @afterId) ORDER BY r.deadline_ms, r.id LIMIT @limit
            """,
            new { limit, afterDeadline = after?[0] ?? long.MinValue, afterId = after?[1] ?? 0 }).AsList();

    /// <summary>Records that somebody stood before a node.</summary>
    public static void Visit(DbConnection connection, long node, long atUnixMilliseconds, string by, double latitude, double longitude) =>
        connection.Execute(
            "INSERT INTO visit(node, at_ms, by, latitude, longitude) VALUES(@node, @atUnixMilliseconds, @by, @latitude, @longitude)",
            new { node, atUnixMilliseconds, by, latitude, longitude });

    /// <summary>Records time down on schedule.</summary>
    public static void Downtime(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds, string reason, string by) =>
        connection.Execute(
            "INSERT INTO downtime(node, from_unix, to_unix, reason, by) VALUES(@node, @fromUnixSeconds, @toUnixSeconds, @reason, @by)",
            new { node, fromUnixSeconds, toUnixSeconds, reason, by });

    /// <summary>Whether a time shares a second with recorded downtime of the node.</summary>
    public static bool HasDowntime(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.ExecuteScalar<long>(
            "SELECT CASE WHEN EXISTS(SELECT 1 FROM downtime WHERE node = @node AND from_unix < @toUnixSeconds AND to_unix > @fromUnixSeconds) THEN 1 ELSE 0 END", new { node, fromUnixSeconds, toUnixSeconds }) == 1;
}

/// <summary>A node that a person has to look at.</summary>
public sealed record ReviewCase
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>clone or neighbours.</summary>
    public required string Kind { get; init; }

    /// <summary>The figures.</summary>
    public Sentence Evidence => Sentence.OfStored(EvidenceText);

    /// <summary>Since when.</summary>
    public long OpenedUnixMilliseconds { get; init; }

    /// <summary>By when somebody has to have looked.</summary>
    public long DeadlineUnixMilliseconds { get; init; }

    internal string EvidenceText { get; init; } = "";
}
