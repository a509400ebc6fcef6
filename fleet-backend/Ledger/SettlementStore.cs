using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>The SQL of settlement.</summary>
internal static class SettlementStore
{
    // Slots times readings of a batch, at most; see FORMATS.md.
    private const long LongestBatchSeconds = 4 * 3600;

    // What a suspended node earned stays pending: the suspension is decided first.
    private const string NotSuspended = "NOT EXISTS(SELECT 1 FROM suspension x WHERE x.node = b.node AND x.to_ms IS NULL)";

    // The transfers t of a segment s. A cross join keeps the order as it is written: beginning with all pending transfers would look for each of them in
    // every batch of a node (measured: 53 s instead of 22 ms).
    private const string TransfersOfSegment = "CROSS JOIN transfer t INDEXED BY transfer_of_segment ON t.segment = s.id";

    /// <summary>Pending energy made up to a time, oldest first.</summary>
    public static IReadOnlyList<PendingRow> Energy(DbConnection connection, long madeUpToUnixMilliseconds, int limit) =>
        connection.Query<PendingRow>(
            $"""
            SELECT t.n AS N, t.id AS Id, t.credit AS Account, t.amount_micro AS AmountMicro, b.node AS Node, s.opened_unix AS OpenedUnixSeconds
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch
            WHERE t.state = 'pending' AND t.kind = 'energy' AND t.made_ms <= @madeUpToUnixMilliseconds AND {NotSuspended} ORDER BY t.made_ms, t.n LIMIT @limit
            """,
            new { madeUpToUnixMilliseconds, limit }).AsList();

    /// <summary>Nodes with pending service of months that are over, and the second of one such reading.</summary>
    public static IReadOnlyList<(long Node, long OpenedUnixSeconds)> ServiceMonths(DbConnection connection, long madeUpToUnixMilliseconds, long openedBeforeUnixSeconds, int limit) =>
        connection.Query<(long, long)>(
            $"""
            SELECT b.node, min(s.opened_unix) FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch
            WHERE t.state = 'pending' AND t.kind = 'service' AND t.made_ms <= @madeUpToUnixMilliseconds AND s.opened_unix < @openedBeforeUnixSeconds AND {NotSuspended}
            GROUP BY b.node LIMIT @limit
            """,
            new { madeUpToUnixMilliseconds, openedBeforeUnixSeconds, limit }).AsList();

    /// <summary>Pending service of a node for readings of a time.</summary>
    public static IReadOnlyList<PendingRow> Service(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds, long madeUpToUnixMilliseconds) =>
        connection.Query<PendingRow>(
            connection.Ordered($"""
            SELECT t.n AS N, t.id AS Id, t.credit AS Account, t.amount_micro AS AmountMicro, b.node AS Node, s.opened_unix AS OpenedUnixSeconds
            FROM batch b CROSS JOIN segment s ON {SharedSegment.OfBatch} {TransfersOfSegment}
            WHERE b.node = @node AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds AND t.state = 'pending' AND t.kind = 'service' AND t.made_ms <= @madeUpToUnixMilliseconds
            ORDER BY t.n
            """),
            new { node, fromUnixSeconds, toUnixSeconds, madeUpToUnixMilliseconds }).AsList();

    /// <summary>What a node served in a time, and at the full rate for all who share.</summary>
    public static (long ServedSeconds, long ServiceMicro) Served(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.QuerySingle<(long, long)>(
            connection.Ordered($"""
            SELECT CAST(coalesce(sum(s.served_seconds), 0) AS BIGINT), CAST(coalesce(sum(s.service_micro), 0) AS BIGINT) FROM batch b CROSS JOIN segment s ON {SharedSegment.OfBatch}
            WHERE b.node = @node AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds
            """),
            new { node, fromUnixSeconds, toUnixSeconds });

    /// <summary>Posted service of a node for a time by account, and what availability took back of it so far.</summary>
    public static IReadOnlyList<(long Account, long PostedMicro)> PostedService(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<(long, long)>(
            connection.Ordered($"""
            SELECT t.credit, CAST(sum(t.amount_micro) AS BIGINT) FROM batch b CROSS JOIN segment s ON {SharedSegment.OfBatch} {TransfersOfSegment}
            WHERE b.node = @node AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds AND t.state = 'posted' AND t.kind = 'service' GROUP BY t.credit ORDER BY t.credit
            """),
            new { node, fromUnixSeconds, toUnixSeconds }).AsList();

    /// <summary>What availability gave to an account (below 0: took) under references that begin so, and in how many transfers.</summary>
    public static (long NetMicro, long Count) Adjusted(DbConnection connection, string prefix, long account) =>
        connection.QuerySingle<(long, long)>(
            """
            SELECT CAST(coalesce(sum(CASE WHEN credit = @account THEN amount_micro ELSE -amount_micro END), 0) AS BIGINT), count(*)
            FROM transfer WHERE reference >= @prefix AND reference < @prefix || '~' AND kind = 'availability' AND (credit = @account OR debit = @account)
            """,
            new { prefix, account });

    /// <summary>Seconds of a time in which the node was paired and not down on schedule.</summary>
    public static long ExpectedSeconds(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.ExecuteScalar<long>(
            """
            SELECT (SELECT CAST(coalesce(sum(max(0, min(coalesce(to_unix, @toUnixSeconds), @toUnixSeconds) - max(from_unix, @fromUnixSeconds))), 0) AS BIGINT) FROM pairing WHERE node = @node)
                - (SELECT CAST(coalesce(sum(max(0, min(to_unix, @toUnixSeconds) - max(from_unix, @fromUnixSeconds))), 0) AS BIGINT) FROM downtime WHERE node = @node)
            """,
            new { node, fromUnixSeconds, toUnixSeconds });

    /// <summary>Seconds of a time in which a ticket of the node was overdue.</summary>
    public static long OverdueSeconds(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.ExecuteScalar<long>(
            """
            SELECT CAST(coalesce(sum(max(0, min(coalesce(closed_ms / 1000, @toUnixSeconds), @toUnixSeconds) - max(due_ms / 1000, @fromUnixSeconds))), 0) AS BIGINT)
            FROM ticket WHERE node = @node AND due_ms < @toUnixSeconds * 1000
            """,
            new { node, fromUnixSeconds, toUnixSeconds });

    /// <summary>Infrastructure managers' accounts.</summary>
    public static HashSet<long> Managers(DbConnection connection) => [.. connection.Query<long>("SELECT id FROM account WHERE name LIKE 'manager:%'")];

    /// <summary>Keeps what a month came to.</summary>
    public static void SaveMonth(DbConnection connection, long node, long month, long servedSeconds, long expectedSeconds, long serviceMicro, long earnedMicro) =>
        connection.Execute(
            """
            INSERT INTO availability(node, month, served_seconds, expected_seconds, service_micro, earned_micro) VALUES(@node, @month, @servedSeconds, @expectedSeconds, @serviceMicro, @earnedMicro)
            ON CONFLICT(node, month) DO UPDATE SET served_seconds = excluded.served_seconds, expected_seconds = excluded.expected_seconds,
                service_micro = excluded.service_micro, earned_micro = excluded.earned_micro
            """,
            new { node, month, servedSeconds, expectedSeconds, serviceMicro, earnedMicro });

    /// <summary>Posts or voids pending transfers.</summary>
    public static void Settle(DbConnection connection, IEnumerable<long> transfers, bool isPosted, long nowUnixMilliseconds)
    {
        using var command = PreparedCommand.Of(connection, "UPDATE transfer SET state = $1, settled_ms = max($2, made_ms) WHERE n = $3", "text bigint bigint");
        foreach (long transfer in transfers)
        {
            command.Run(isPosted ? "posted" : "voided", nowUnixMilliseconds, transfer);
        }

        connection.WriteRows();
    }

    /// <summary>What accounts owe from reversals.</summary>
    public static Dictionary<long, long> Owed(DbConnection connection) =>
        connection.Query<(long Account, long Owed)>("SELECT id, owed_micro FROM account WHERE owed_micro > 0").ToDictionary(row => row.Account, row => row.Owed);

    /// <summary>Changes what an account owes.</summary>
    public static void Owe(DbConnection connection, long account, long changeMicro) =>
        connection.Execute("UPDATE account SET owed_micro = owed_micro + @changeMicro WHERE id = @account", new { account, changeMicro });

    /// <summary>Operators' accounts among these.</summary>
    public static HashSet<long> Operators(DbConnection connection) => [.. connection.Query<long>("SELECT id FROM account WHERE name LIKE 'operator:%'")];

    /// <summary>What an account has posted.</summary>
    public static long Posted(DbConnection connection, long account) =>
        connection.ExecuteScalar<long>("SELECT posted_micro FROM account WHERE id = @account", new { account });

    /// <summary>All credit of a node's readings of a time that was not voided.</summary>
    public static IReadOnlyList<CreditRow> Credit(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.Query<CreditRow>(
            connection.Ordered($"""
            SELECT t.n AS N, t.id AS Id, t.kind AS Kind, t.state AS State, t.credit AS Account, t.amount_micro AS AmountMicro, s.opened_unix AS OpenedUnixSeconds
            FROM batch b CROSS JOIN segment s ON {SharedSegment.OfBatch} {TransfersOfSegment}
            WHERE b.node = @node AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds AND t.state <> 'voided' ORDER BY t.n
            """),
            new { node, fromUnixSeconds, toUnixSeconds }).AsList();

    /// <summary>Readings of batches of a time that are held, or wait for funds.</summary>
    public static (long Held, long Unfunded) Waiting(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) =>
        connection.QuerySingle<(long, long)>(
            """
            SELECT (SELECT CAST(coalesce(sum(h.readings), 0) AS BIGINT) FROM hold h JOIN verdict v ON v.batch = h.batch
                    WHERE h.state = 'open' AND h.node = @node AND v.opened_unix > @fromUnixSeconds - @LongestBatchSeconds AND v.opened_unix < @toUnixSeconds),
                (SELECT CAST(coalesce(sum(u.readings), 0) AS BIGINT) FROM unfunded u JOIN segment s ON s.id = u.segment JOIN batch b ON b.id = s.batch
                    WHERE b.node = @node AND s.opened_unix >= @fromUnixSeconds AND s.opened_unix < @toUnixSeconds)
            """,
            new { node, fromUnixSeconds, toUnixSeconds, LongestBatchSeconds });

    /// <summary>Marks a transfer as reversed; false where it was before.</summary>
    public static bool MarkReversed(DbConnection connection, long transfer, long owedMicro) =>
        connection.Execute("INSERT INTO reversed(transfer, owed_micro) VALUES(@transfer, @owedMicro) ON CONFLICT DO NOTHING", new { transfer, owedMicro }) == 1;

    /// <summary>What of a month was served and expected when it was settled; null where it was not.</summary>
    public static (long Served, long Expected)? Month(DbConnection connection, long node, long month) =>
        connection.QuerySingleOrDefault<(long Served, long Expected)?>("SELECT served_seconds, expected_seconds FROM availability WHERE node = @node AND month = @month", new { node, month });
}

/// <summary>A transfer that waits to be posted.</summary>
internal sealed record PendingRow
{
    public long N { get; init; }

    public required byte[] Id { get; init; }

    public long Account { get; init; }

    public long AmountMicro { get; init; }

    public long Node { get; init; }

    public long OpenedUnixSeconds { get; init; }
}

/// <summary>A transfer that gave credit.</summary>
internal sealed record CreditRow
{
    public long N { get; init; }

    public required byte[] Id { get; init; }

    public required string Kind { get; init; }

    public required string State { get; init; }

    public long Account { get; init; }

    public long AmountMicro { get; init; }

    public long OpenedUnixSeconds { get; init; }
}
