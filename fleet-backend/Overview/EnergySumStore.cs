using System.Data.Common;
using DePin.Contracts.Metering;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Overview;

/// <summary>
/// Adds judged batches to the sums that lists and plots go by: hours and days of each node, hours of the fleet, and the node's line. Believed energy
/// only: what is refused or disputed would bend a plot. A part of one job of the store's writer; what many readings share is written once.
/// </summary>
internal sealed class EnergySumStore : IDisposable
{
    private const long SecondsPerHour = 3600, HoursPerDay = 24;
    private const string SumTypes = "bigint bigint bigint bigint bigint bigint bigint bigint";

    private readonly PreparedCommand _addHour;
    private readonly PreparedCommand _addDay;
    private readonly PreparedCommand _addFleetHour;
    private readonly PreparedCommand _heard;
    private readonly Dictionary<(long Node, long Hour), EnergySum> _hours = [];
    private readonly Dictionary<(long Node, long Day), EnergySum> _days = [];
    private readonly Dictionary<long, EnergySum> _fleet = [];
    private readonly Dictionary<long, Heard> _nodes = [];

    public EnergySumStore(DbConnection connection)
    {
        _addHour = PreparedCommand.Of(connection, Add("node_hour", "hour"), SumTypes);
        _addDay = PreparedCommand.Of(connection, Add("node_day", "day"), SumTypes);
        _addFleetHour = PreparedCommand.Of(
            connection,
            """
            INSERT INTO fleet_hour(hour, harvested_mwh, delivered_mwh, imported_mwh, served_seconds) VALUES($1, $2, $3, $4, $5)
            ON CONFLICT(hour) DO UPDATE SET harvested_mwh = fleet_hour.harvested_mwh + excluded.harvested_mwh, delivered_mwh = fleet_hour.delivered_mwh + excluded.delivered_mwh,
                imported_mwh = fleet_hour.imported_mwh + excluded.imported_mwh, served_seconds = fleet_hour.served_seconds + excluded.served_seconds
            """,
            "bigint bigint bigint bigint bigint");
        _heard = PreparedCommand.Of(connection, "UPDATE node_overview SET is_new = 0, heard_ms = max(heard_ms, $2), battery = $3, refused_ms = max(refused_ms, $4) WHERE node = $1", "bigint bigint bigint bigint");
    }

    /// <summary>Forgets what was gathered; call it when a job begins, since the one before may have been rolled back.</summary>
    public void Begin()
    {
        _hours.Clear();
        _days.Clear();
        _fleet.Clear();
        _nodes.Clear();
    }

    /// <summary>Gathers a batch.</summary>
    public void Add(JudgedBatch judged)
    {
        long node = judged.Stored.Node;
        long opened = judged.OpenedUnixSeconds;
        bool isRefused = false;
        for (int i = 0; i < judged.Verdicts.Length; i++)
        {
            Reading reading = judged.Batch.Readings[i];
            isRefused |= judged.Verdicts[i].Outcome == Outcome.Refused;
            if (judged.Verdicts[i].IsBelieved)
            {
                var sum = new EnergySum(reading.HarvestedMilliwattHours, reading.DeliveredMilliwattHours, reading.ImportedMilliwattHours, reading.Seconds, judged.Verdicts[i].ServedSeconds, reading.BatteryPermille);
                long hour = opened / SecondsPerHour;
                _hours[(node, hour)] = _hours.GetValueOrDefault((node, hour)).And(sum);
                _days[(node, hour / HoursPerDay)] = _days.GetValueOrDefault((node, hour / HoursPerDay)).And(sum);
                _fleet[hour] = _fleet.GetValueOrDefault(hour).And(sum);
            }

            opened += reading.Seconds;
        }

        long arrived = judged.Stored.ArrivedUnixMilliseconds;
        _nodes.TryGetValue(node, out Heard before);
        _nodes[node] = new Heard(Math.Max(before.AtUnixMilliseconds, arrived), judged.Batch.Readings[^1].BatteryPermille, isRefused ? Math.Max(before.RefusedUnixMilliseconds, arrived) : before.RefusedUnixMilliseconds);
    }

    /// <summary>Writes what was gathered.</summary>
    public void Finish()
    {
        foreach (((long node, long hour), EnergySum sum) in _hours)
        {
            _addHour.Run(node, hour, sum.Harvested, sum.Delivered, sum.Imported, sum.MeteredSeconds, sum.ServedSeconds, sum.BatteryPermille);
        }

        foreach (((long node, long day), EnergySum sum) in _days)
        {
            _addDay.Run(node, day, sum.Harvested, sum.Delivered, sum.Imported, sum.MeteredSeconds, sum.ServedSeconds, sum.BatteryPermille);
        }

        foreach ((long hour, EnergySum sum) in _fleet)
        {
            _addFleetHour.Run(hour, sum.Harvested, sum.Delivered, sum.Imported, sum.ServedSeconds);
        }

        foreach ((long node, Heard heard) in _nodes)
        {
            _heard.Run(node, heard.AtUnixMilliseconds, heard.BatteryPermille, heard.RefusedUnixMilliseconds);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _addHour.Dispose();
        _addDay.Dispose();
        _addFleetHour.Dispose();
        _heard.Dispose();
    }

    private static string Add(string table, string span) =>
        $"""
        INSERT INTO {table}(node, {span}, harvested_mwh, delivered_mwh, imported_mwh, metered_seconds, served_seconds, battery) VALUES($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT(node, {span}) DO UPDATE SET harvested_mwh = {table}.harvested_mwh + excluded.harvested_mwh, delivered_mwh = {table}.delivered_mwh + excluded.delivered_mwh,
            imported_mwh = {table}.imported_mwh + excluded.imported_mwh, metered_seconds = {table}.metered_seconds + excluded.metered_seconds,
            served_seconds = {table}.served_seconds + excluded.served_seconds, battery = excluded.battery
        """;

    private readonly record struct Heard(long AtUnixMilliseconds, int BatteryPermille, long RefusedUnixMilliseconds);

    // Energies in mWh; the battery is that of the last reading.
    private readonly record struct EnergySum(long Harvested, long Delivered, long Imported, long MeteredSeconds, long ServedSeconds, int BatteryPermille)
    {
        public EnergySum And(EnergySum later) => new(
            Harvested + later.Harvested, Delivered + later.Delivered, Imported + later.Imported, MeteredSeconds + later.MeteredSeconds, ServedSeconds + later.ServedSeconds, later.BatteryPermille);
    }
}
