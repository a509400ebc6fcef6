using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Nodes;

/// <summary>When nodes' readings are held, and why: by device, never by area.</summary>
public static class SuspensionStore
{
    /// <summary>Suspends a node from the next stored batch on; false where it is suspended already, which changes nothing.</summary>
    public static bool Begin(DbConnection connection, long node, Suspension suspension)
    {
        bool isNew = connection.Execute(
            """
            INSERT INTO suspension(node, from_ms, after_batch, end_ms, reason, evidence, cure, by)
            SELECT @node, @FromUnixMilliseconds, coalesce((SELECT max(id) FROM batch), 0), @EndUnixMilliseconds, @Reason, @Evidence, @Cure, @By
            WHERE NOT EXISTS(SELECT 1 FROM suspension WHERE node = @node AND to_ms IS NULL)
            """,
            new { node, suspension.FromUnixMilliseconds, suspension.EndUnixMilliseconds, suspension.Reason, Evidence = suspension.Evidence.Stored, Cure = suspension.Cure.Stored, suspension.By }) == 1;
        if (isNew)
        {
            EventStore.Record(connection, suspension.FromUnixMilliseconds, "suspension", node, suspension.By, suspension);
        }

        return isNew;
    }

    /// <summary>Lifts a node's suspension for all that is stored after now; false where there is none. What it held stays for a decision of its own.</summary>
    public static bool Lift(DbConnection connection, long node, long nowUnixMilliseconds, string by, string reason)
    {
        bool wasSuspended = connection.Execute(
            "UPDATE suspension SET to_ms = max(@nowUnixMilliseconds, from_ms), until_batch = coalesce((SELECT max(id) FROM batch), 0) WHERE node = @node AND to_ms IS NULL",
            new { node, nowUnixMilliseconds }) == 1;
        if (wasSuspended)
        {
            EventStore.Record(connection, nowUnixMilliseconds, "suspension lifted", node, by, new { reason });
        }

        return wasSuspended;
    }

    /// <summary>Nodes whose suspension ends by itself now.</summary>
    public static IReadOnlyList<long> Ended(DbConnection connection, long nowUnixMilliseconds) =>
        connection.Query<long>("SELECT node FROM suspension WHERE to_ms IS NULL AND end_ms <= @nowUnixMilliseconds", new { nowUnixMilliseconds }).AsList();

    /// <summary>Open suspensions, newest first.</summary>
    public static IReadOnlyList<SuspensionRow> Open(DbConnection connection, int limit, long before = long.MaxValue) =>
        connection.Query<SuspensionRow>(
            """
            SELECT s.id AS Id, n.node_id AS NodeId, s.from_ms AS FromUnixMilliseconds, s.end_ms AS EndUnixMilliseconds, s.reason AS Reason, s.evidence AS EvidenceText, s.cure AS CureText, s.by AS By
            FROM suspension s JOIN node n ON n.id = s.node WHERE s.to_ms IS NULL AND s.id < @before ORDER BY s.id DESC LIMIT @limit
            """,
            new { limit, before }).AsList();
}

/// <summary>Why a node's readings are held from now on, and the way out.</summary>
/// <param name="FromUnixMilliseconds">Since when.</param>
/// <param name="Reason">In short.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Cure">What ends it.</param>
/// <param name="By">Who suspends.</param>
/// <param name="EndUnixMilliseconds">When it ends by itself, or null.</param>
public sealed record Suspension(long FromUnixMilliseconds, string Reason, Sentence Evidence, Sentence Cure, string By, long? EndUnixMilliseconds = null);

/// <summary>An open suspension.</summary>
public sealed record SuspensionRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>Since when.</summary>
    public long FromUnixMilliseconds { get; init; }

    /// <summary>When it ends by itself, or null.</summary>
    public long? EndUnixMilliseconds { get; init; }

    /// <summary>In short.</summary>
    public required string Reason { get; init; }

    /// <summary>What shows it.</summary>
    public Sentence Evidence => Sentence.OfStored(EvidenceText);

    /// <summary>What ends it.</summary>
    public Sentence Cure => Sentence.OfStored(CureText);

    /// <summary>Who suspended.</summary>
    public required string By { get; init; }

    internal string EvidenceText { get; init; } = "";

    internal string CureText { get; init; } = "";
}
