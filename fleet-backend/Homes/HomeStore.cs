using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;
using DePin.Fleet.Overview;

namespace DePin.Fleet.Homes;

/// <summary>Reads what concerns one person.</summary>
internal static class HomeStore
{
    // Whose nodes: of an operator, or of who paid for them; the other is null.
    private const string OfPerson = "(o.operator = @operator OR o.capital_builder = @capitalBuilder)";

    /// <summary>Somebody's nodes, those with trouble first.</summary>
    public static IReadOnlyList<HomeNode> Nodes(DbConnection connection, string? @operator, string? capitalBuilder, long today, int limit) => connection.Query<HomeNode>(
        $"""
        SELECT {OverviewStore.Columns}, coalesce(d.delivered_mwh, 0) AS TodayMilliwattHours
        FROM node_overview o LEFT JOIN node_day d ON d.node = o.node AND d.day = @today WHERE o.is_retired = 0 AND {OfPerson}
        ORDER BY o.is_suspended DESC, o.is_silent DESC, o.tickets > 0 DESC, o.held > 0 DESC, o.refused_ms DESC, o.place, o.node LIMIT @limit
        """,
        new { @operator, capitalBuilder, today, limit }).AsList();

    /// <summary>How many nodes somebody has, and what all of them delivered since a day and since another, mWh.</summary>
    public static (long Nodes, long TodayMilliwattHours, long MonthMilliwattHours) Delivered(DbConnection connection, string? @operator, string? capitalBuilder, long today, long monthDay) =>
        connection.QuerySingle<(long, long, long)>(
            $"""
            SELECT count(DISTINCT o.node), CAST(coalesce(sum(CASE WHEN d.day = @today THEN d.delivered_mwh END), 0) AS BIGINT), CAST(coalesce(sum(d.delivered_mwh), 0) AS BIGINT)
            FROM node_overview o LEFT JOIN node_day d ON d.node = o.node AND d.day >= @monthDay WHERE o.is_retired = 0 AND {OfPerson}
            """,
            new { @operator, capitalBuilder, today, monthDay });

    /// <summary>What all of somebody's nodes ever delivered, mWh, and for how long they served, seconds.</summary>
    public static (long MilliwattHours, long ServedSeconds) DeliveredEver(DbConnection connection, string capitalBuilder) => connection.QuerySingle<(long, long)>(
        "SELECT CAST(coalesce(sum(d.delivered_mwh), 0) AS BIGINT), CAST(coalesce(sum(d.served_seconds), 0) AS BIGINT) FROM node_overview o JOIN node_day d ON d.node = o.node WHERE o.capital_builder = @capitalBuilder", new { capitalBuilder });

    /// <summary>The first batch that came at a moment or later; one past the last where there is none. Batches are numbered as they come, so it is found by halving.</summary>
    public static long FirstBatch(DbConnection connection, long unixMilliseconds)
    {
        long low = 1;
        long high = BacklogStore.Newest(connection) + 1;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            long? arrived = connection.ExecuteScalar<long?>("SELECT arrived_ms FROM batch WHERE id >= @middle ORDER BY id LIMIT 1", new { middle });
            (low, high) = arrived is null || arrived >= unixMilliseconds ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>What an account got for the batches from one on, by node: pending and posted micro-credits.</summary>
    public static IReadOnlyList<(long Node, long PendingMicro, long PostedMicro)> Credited(DbConnection connection, string account, long fromBatch) => connection.Query<(long, long, long)>(
        """
        SELECT b.node, CAST(coalesce(sum(CASE WHEN t.state = 'pending' THEN t.amount_micro END), 0) AS BIGINT), CAST(coalesce(sum(CASE WHEN t.state = 'posted' THEN t.amount_micro END), 0) AS BIGINT)
        FROM transfer t JOIN batch b ON b.id = t.segment / @SegmentsPerBatch
        WHERE t.credit = (SELECT id FROM account WHERE name = @account) AND t.segment >= @fromBatch * @SegmentsPerBatch GROUP BY b.node
        """,
        new { account, fromBatch, LedgerStore.SegmentsPerBatch }).AsList();

    /// <summary>Details of a node's last batches with readings that were held or refused, newest first.</summary>
    public static IReadOnlyList<string> NotCredited(DbConnection connection, long node, long fromUnixSeconds, int limit) => connection.Query<string>(
        "SELECT detail FROM verdict WHERE node = @node AND held + refused > 0 AND detail IS NOT NULL AND opened_unix >= @fromUnixSeconds ORDER BY batch DESC LIMIT @limit", new { node, fromUnixSeconds, limit }).AsList();

    /// <summary>What an account owes: what a reversal could not take back.</summary>
    public static long Owed(DbConnection connection, string account) => connection.ExecuteScalar<long>("SELECT coalesce(max(owed_micro), 0) FROM account WHERE name = @account", new { account });
}

/// <summary>One of somebody's nodes.</summary>
internal sealed record HomeNode : OverviewRow
{
    public long TodayMilliwattHours { get; init; }
}
