using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Ledger;

/// <summary>What single nodes earned.</summary>
internal static class NodeEarningsStore
{
    /// <summary>Micro-credits that a node earned an account by what came since a moment, and how much of it is pending.</summary>
    public static (long EarnedMicro, long PendingMicro) Since(DbConnection connection, long node, string account, long sinceUnixMilliseconds) => connection.QuerySingle<(long, long)>(
        """
        SELECT CAST(coalesce(sum(t.amount_micro), 0) AS BIGINT), CAST(coalesce(sum(CASE WHEN t.state = 'pending' THEN t.amount_micro END), 0) AS BIGINT)
        FROM batch b
            JOIN segment s ON s.id >= b.id * @SegmentsPerBatch AND s.id < (b.id + 1) * @SegmentsPerBatch
            JOIN transfer t ON t.credit = (SELECT id FROM account WHERE name = @account) AND t.segment = s.id
        WHERE b.node = @node AND b.arrived_ms >= @sinceUnixMilliseconds AND t.state <> 'voided'
        """,
        new { node, account, sinceUnixMilliseconds, LedgerStore.SegmentsPerBatch });
}
