using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Overview;

/// <summary>Energy over time, for plots.</summary>
internal static class EnergyStore
{
    private const long SecondsPerHour = 3600, SecondsPerDay = 86_400;

    /// <summary>Hours of a node between two times, oldest first; those of the last five weeks are there.</summary>
    public static IReadOnlyList<EnergySpan> Hours(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) => Spans(connection, "node_hour", "hour", node, SecondsPerHour, fromUnixSeconds, toUnixSeconds);

    /// <summary>Days of a node between two times, oldest first.</summary>
    public static IReadOnlyList<EnergySpan> Days(DbConnection connection, long node, long fromUnixSeconds, long toUnixSeconds) => Spans(connection, "node_day", "day", node, SecondsPerDay, fromUnixSeconds, toUnixSeconds);

    /// <summary>Hours of the fleet between two times, oldest first.</summary>
    public static IReadOnlyList<EnergySpan> FleetHours(DbConnection connection, long fromUnixSeconds, long toUnixSeconds) => Fleet(connection, 1, fromUnixSeconds, toUnixSeconds);

    /// <summary>Days of the fleet between two times, oldest first.</summary>
    public static IReadOnlyList<EnergySpan> FleetDays(DbConnection connection, long fromUnixSeconds, long toUnixSeconds) => Fleet(connection, SecondsPerDay / SecondsPerHour, fromUnixSeconds, toUnixSeconds);

    /// <summary>Days on which pairings began or ended, oldest first: how many more nodes were paired from then on.</summary>
    public static IReadOnlyList<(long Day, long More)> Pairings(DbConnection connection) => connection.Query<(long, long)>("SELECT day, began - ended FROM fleet_pairing ORDER BY day").AsList();

    private static List<EnergySpan> Spans(DbConnection connection, string table, string span, long node, long seconds, long from, long to) => connection.Query<EnergySpan>(
        $"""
        SELECT {span} * @seconds AS FromUnixSeconds, harvested_mwh AS HarvestedMilliwattHours, delivered_mwh AS DeliveredMilliwattHours, imported_mwh AS ImportedMilliwattHours,
            metered_seconds AS MeteredSeconds, served_seconds AS ServedSeconds, battery AS BatteryPermille
        FROM {table} WHERE node = @node AND {span} BETWEEN @first AND @last ORDER BY {span}
        """,
        new { node, seconds, first = from / seconds, last = to / seconds }).AsList();

    private static List<EnergySpan> Fleet(DbConnection connection, long hours, long from, long to) => connection.Query<EnergySpan>(
        """
        SELECT hour / @hours * @hours * 3600 AS FromUnixSeconds, CAST(sum(harvested_mwh) AS BIGINT) AS HarvestedMilliwattHours, CAST(sum(delivered_mwh) AS BIGINT) AS DeliveredMilliwattHours,
            CAST(sum(imported_mwh) AS BIGINT) AS ImportedMilliwattHours, CAST(sum(served_seconds) AS BIGINT) AS ServedSeconds
        FROM fleet_hour WHERE hour BETWEEN @first AND @last GROUP BY hour / @hours ORDER BY 1
        """,
        new { hours, first = from / SecondsPerHour, last = to / SecondsPerHour }).AsList();
}

/// <summary>Energy of an hour or a day.</summary>
internal sealed record EnergySpan
{
    /// <summary>When it begins.</summary>
    public long FromUnixSeconds { get; init; }

    public long HarvestedMilliwattHours { get; init; }

    public long DeliveredMilliwattHours { get; init; }

    public long ImportedMilliwattHours { get; init; }

    /// <summary>Seconds that believed readings cover.</summary>
    public long MeteredSeconds { get; init; }

    /// <summary>Seconds of service that earn.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>Charge at its end.</summary>
    public long BatteryPermille { get; init; }
}
