using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Watching;

/// <summary>Figures that are counted when somebody measures; each query touches open rows alone.</summary>
internal static class GaugeStore
{
    /// <summary>Batches that wait for their verdicts, and when the first of them arrived.</summary>
    public static (long Batches, long? SinceUnixMilliseconds) Backlog(DbConnection connection) => (
        TallyStore.Waiting(connection).Batches,
        connection.ExecuteScalar<long?>("SELECT arrived_ms FROM batch WHERE id > @Cursor ORDER BY id LIMIT 1", new { BacklogStore.Book(connection).Cursor }));

    /// <summary>Open tickets, and those of them that are overdue.</summary>
    public static (long Open, long Overdue) Tickets(DbConnection connection, long nowUnixMilliseconds) => connection.QuerySingle<(long, long)>(
        "SELECT count(*), coalesce(sum(CASE WHEN due_ms <= @nowUnixMilliseconds THEN 1 ELSE 0 END), 0) FROM ticket WHERE closed_ms IS NULL", new { nowUnixMilliseconds });

    /// <summary>Rollouts that have not ended, by state.</summary>
    public static IReadOnlyList<(string State, long Rollouts)> Rollouts(DbConnection connection) =>
        connection.Query<(string, long)>("SELECT state, count(*) FROM rollout WHERE ended_ms IS NULL GROUP BY state").AsList();

    /// <summary>Notices on their way, and those given up.</summary>
    public static (long Waiting, long Dead) Deliveries(DbConnection connection) => connection.QuerySingle<(long, long)>(
        "SELECT coalesce(sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) FROM delivery");

    /// <summary>Held readings that wait for a decision.</summary>
    public static long Held(DbConnection connection) => connection.ExecuteScalar<long>("SELECT CAST(coalesce(sum(readings), 0) AS BIGINT) FROM hold WHERE state = 'open'");
}
