using System.Data.Common;
using System.Text.Json;
using Dapper;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>Runs of readings that wait for a decision.</summary>
internal static class HoldStore
{
    /// <summary>Where there is no deadline, it comes after all others.</summary>
    public const long NoDeadline = long.MaxValue;

    private const long MillisecondsPerDay = 86_400_000;

    private const string Columns =
        """
        h.id AS Id, h.batch AS Batch, h.node AS Node, n.node_id AS NodeId, h.name AS NameText, h.readings AS Readings, h.creditable_mwh AS CreditableMilliwattHours,
        h.served_seconds AS ServedSeconds, h.parts AS Parts, h.made_ms AS MadeUnixMilliseconds, h.deadline_ms AS DeadlineUnixMilliseconds,
        h.beneath AS BeneathText, h.beneath_figures AS BeneathFigures, h.covered_unix AS CoveredUntilUnixSeconds
        """;

    /// <summary>Stores what a batch's verdicts hold.</summary>
    public static void Insert(DbConnection connection, JudgedBatch judged, int holdDays, long nowUnixMilliseconds)
    {
        foreach (HoldRow hold in HoldRow.Of(judged))
        {
            connection.Execute(
                """
                INSERT INTO hold(id, batch, node, name, readings, creditable_mwh, served_seconds, parts, made_ms, deadline_ms, beneath, beneath_figures, covered_unix)
                VALUES(@Id, @Batch, @Node, @NameText, @Readings, @CreditableMilliwattHours, @ServedSeconds, @Parts, @nowUnixMilliseconds, @deadline, @BeneathText, @BeneathFigures,
                    @CoveredUntilUnixSeconds)
                """,
                new
                {
                    hold.Id,
                    hold.Batch,
                    hold.Node,
                    hold.NameText,
                    hold.Readings,
                    hold.CreditableMilliwattHours,
                    hold.ServedSeconds,
                    hold.Parts,
                    nowUnixMilliseconds,
                    hold.BeneathText,
                    hold.BeneathFigures,
                    hold.CoveredUntilUnixSeconds,
                    deadline = hold.AtDeadline == AtDeadline.Stays ? (long?)null : nowUnixMilliseconds + holdDays * MillisecondsPerDay,
                });
        }
    }

    /// <summary>What is open of a node under one name, oldest first.</summary>
    public static IReadOnlyList<HoldRow> Open(DbConnection connection, long node, VerdictName name, int limit) =>
        connection.Query<HoldRow>(
            $"SELECT {Columns} FROM hold h JOIN node n ON n.id = h.node WHERE h.state = 'open' AND h.node = @node AND h.name = @name ORDER BY h.id LIMIT @limit",
            new { node, name = name.ToString(), limit }).AsList();

    /// <summary>What is past its deadline, oldest first.</summary>
    public static IReadOnlyList<HoldRow> Due(DbConnection connection, long nowUnixMilliseconds, int limit) =>
        connection.Query<HoldRow>(
            $"SELECT {Columns} FROM hold h JOIN node n ON n.id = h.node WHERE h.state = 'open' AND h.deadline_ms <= @nowUnixMilliseconds ORDER BY h.deadline_ms, h.id LIMIT @limit",
            new { nowUnixMilliseconds, limit }).AsList();

    /// <summary>Decides one.</summary>
    public static void Decide(DbConnection connection, long hold, bool isReleased) =>
        connection.Execute("UPDATE hold SET state = @state WHERE id = @hold", new { hold, state = isReleased ? "released" : "refused" });

    /// <summary>The batch a hold is about.</summary>
    public static StoredBatch Batch(DbConnection connection, long batch)
    {
        (long node, long arrived, long followsGap, byte[] hash, byte[] message) = connection.QuerySingle<(long, long, long, byte[], byte[])>(
            "SELECT b.node, b.arrived_ms, CASE WHEN b.gap_from IS NOT NULL THEN 1 ELSE 0 END, b.payload_hash, m.message FROM batch b JOIN batch_message m ON m.batch = b.id WHERE b.id = @batch", new { batch });
        return new StoredBatch(batch, node, arrived, followsGap != 0, hash, message);
    }

    /// <summary>When the node's batch before this one arrived, Unix milliseconds; where there is none, when it was registered.</summary>
    public static long PreviousArrival(DbConnection connection, StoredBatch batch) =>
        connection.ExecuteScalar<long>(
            """
            SELECT coalesce(
                (SELECT p.arrived_ms FROM batch b JOIN batch p ON p.node = b.node AND p.sequence < b.sequence WHERE b.id = @Id ORDER BY p.sequence DESC LIMIT 1),
                (SELECT registered_ms FROM node WHERE id = @Node))
            """,
            new { batch.Id, batch.Node });

    /// <summary>A batch's verdicts in detail, and its first sequence number.</summary>
    public static (string? Detail, long Sequence) Detail(DbConnection connection, long batch) =>
        connection.QuerySingle<(string?, long)>("SELECT v.detail, b.sequence FROM verdict v JOIN batch b ON b.id = v.batch WHERE v.batch = @batch", new { batch });

    /// <summary>Writes a batch's verdicts after a decision.</summary>
    public static void Redetail(DbConnection connection, long batch, string? detail, int credited, int refused) =>
        connection.Execute(
            "UPDATE verdict SET detail = @detail, credited = credited + @credited, refused = refused + @refused, held = held - @credited - @refused WHERE batch = @batch",
            new { batch, detail, credited, refused });

    /// <summary>All that is open, by node and name, the next deadline first.</summary>
    public static IReadOnlyList<HeldGroup> Groups(DbConnection connection, int limit, (long Deadline, string NodeId, string Name)? after = null) =>
        connection.Query<HeldGroup>(
            """
            SELECT min(n.node_id) AS NodeId, h.name AS NameText, count(*) AS Runs, CAST(sum(h.readings) AS BIGINT) AS Readings, CAST(sum(h.creditable_mwh) AS BIGINT) AS CreditableMilliwattHours,
                CAST(sum(h.served_seconds) AS BIGINT) AS ServedSeconds, min(h.made_ms) AS SinceUnixMilliseconds, min(h.deadline_ms) AS DeadlineUnixMilliseconds, min(h.batch) AS FirstBatch,
                group_concat(DISTINCT h.beneath) AS BeneathText
            FROM hold h JOIN node n ON n.id = h.node WHERE h.state = 'open' GROUP BY h.node, h.name
            HAVING (coalesce(min(h.deadline_ms), @NoDeadline), min(n.node_id), h.name) > (@deadline, @nodeId, @name) ORDER BY coalesce(min(h.deadline_ms), @NoDeadline), min(n.node_id), h.name LIMIT @limit
            """,
            new { limit, NoDeadline, deadline = after?.Deadline ?? 0, nodeId = after?.NodeId ?? "", name = after?.Name ?? "" }).AsList();
}

/// <summary>A run of readings that waits.</summary>
internal sealed record HoldRow
{
    public long Id { get; init; }

    public long Batch { get; init; }

    public long Node { get; init; }

    public required string NodeId { get; init; }

    public required string NameText { get; init; }

    public int Readings { get; init; }

    public long CreditableMilliwattHours { get; init; }

    public long ServedSeconds { get; init; }

    public required string Parts { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public long? DeadlineUnixMilliseconds { get; init; }

    /// <summary>Name of the next rule that speaks against its readings, or null.</summary>
    public string? BeneathText { get; init; }

    /// <summary>That rule's figures for the first of them, as stored.</summary>
    public string? BeneathFigures { get; init; }

    /// <summary>For readings without a date: up to when others were known as they came; null for dated ones.</summary>
    public long? CoveredUntilUnixSeconds { get; init; }

    /// <summary>What becomes of it when nobody decides.</summary>
    public AtDeadline AtDeadline => Holds.AtDeadline(Name, BeneathText is null ? null : Enum.Parse<VerdictName>(BeneathText));

    /// <summary>What speaks against its readings though they are released, or null.</summary>
    public Finding? Objection => BeneathText is not null && Enum.Parse<VerdictName>(BeneathText) is var name && Holds.Refuses(name) ? new Finding(name, Sentence.OfStored(BeneathFigures!)) : null;

    /// <summary>Number of its first reading in the batch.</summary>
    public int First => (int)(Id % LedgerStore.SegmentsPerBatch);

    public VerdictName Name => Enum.Parse<VerdictName>(NameText);

    /// <summary>What a judged batch holds: its held readings in runs of one name, and of one name beneath.</summary>
    public static IEnumerable<HoldRow> Of(JudgedBatch judged)
    {
        for (int first = 0; first < judged.Verdicts.Length;)
        {
            Verdict verdict = judged.Verdicts[first];
            Verdict[] run = [.. judged.Verdicts.Skip(first).TakeWhile(next => next.Outcome == verdict.Outcome && next.Name == verdict.Name && next.Beneath?.Name == verdict.Beneath?.Name)];
            if (verdict.Outcome == Outcome.Held)
            {
                yield return new HoldRow
                {
                    Id = judged.Stored.Id * LedgerStore.SegmentsPerBatch + first,
                    Batch = judged.Stored.Id,
                    Node = judged.Stored.Node,
                    NodeId = judged.Batch.Node.ToString(),
                    NameText = verdict.Name.ToString(),
                    Readings = run.Length,
                    CreditableMilliwattHours = run.Sum(next => next.CreditableMilliwattHours),
                    ServedSeconds = run.Sum(next => (long)next.ServedSeconds),
                    Parts = JsonSerializer.Serialize(run.SelectMany(next => (long[])[next.CreditableMilliwattHours, next.ServedSeconds])),
                    BeneathText = verdict.Beneath?.Name.ToString(),
                    BeneathFigures = verdict.Beneath?.Figures.Stored,
                    CoveredUntilUnixSeconds = judged.CoveredUntilUnixSeconds,
                };
            }

            first += run.Length;
        }
    }

    /// <summary>What each reading would earn.</summary>
    public IReadOnlyList<(long MilliwattHours, int ServedSeconds)> Earnings()
    {
        long[] parts = JsonSerializer.Deserialize<long[]>(Parts)!;
        return [.. Enumerable.Range(0, parts.Length / 2).Select(i => (parts[2 * i], (int)parts[2 * i + 1]))];
    }
}

/// <summary>What is held of one node under one name.</summary>
public sealed record HeldGroup
{
    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>Name of the verdict.</summary>
    public required string NameText { get; init; }

    /// <summary>Runs of readings.</summary>
    public long Runs { get; init; }

    /// <summary>Readings in them.</summary>
    public long Readings { get; init; }

    /// <summary>Energy that would earn.</summary>
    public long CreditableMilliwattHours { get; init; }

    /// <summary>Service that would earn.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>Since when the first waits.</summary>
    public long SinceUnixMilliseconds { get; init; }

    /// <summary>When the first is decided by itself; null where it waits for a visit.</summary>
    public long? DeadlineUnixMilliseconds { get; init; }

    /// <summary>The batch of the first.</summary>
    public long FirstBatch { get; init; }

    /// <summary>Names that speak beneath, with commas between, or null.</summary>
    public string? BeneathText { get; init; }
}
