using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Writes verdicts, node states, tallies and the cursor on the writing connection, inside one job of the store's writer; what many
/// batches share is gathered and written once.
/// </summary>
internal sealed class BookStore : IDisposable
{
    private readonly DbConnection _connection;
    private readonly PreparedCommand _insertVerdict;
    private readonly PreparedCommand _saveState;
    private readonly PreparedCommand _addTally;
    private readonly PreparedCommand _addQuarter;
    private readonly Dictionary<string, long> _tallies = new(StringComparer.Ordinal);
    private readonly Dictionary<long, EnergyQuarter> _quarters = [];
    private readonly Dictionary<long, NodeVerdictState> _states = [];

    public BookStore(DbConnection connection)
    {
        _connection = connection;
        _insertVerdict = PreparedCommand.Of(
            connection, "INSERT INTO verdict(batch, node, opened_unix, readings, credited, held, refused, detail, unfunded) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            "bigint bigint bigint bigint bigint bigint bigint text bigint");
        _saveState = PreparedCommand.Of(connection, "INSERT INTO verdict_state(node, state) VALUES($1, $2) ON CONFLICT(node) DO UPDATE SET state = excluded.state", "bigint bytea");
        _addTally = PreparedCommand.Of(
            connection, "INSERT INTO tally(name, value) VALUES($1, $2) ON CONFLICT(name) DO UPDATE SET value = tally.value + excluded.value", "text bigint");
        _addQuarter = PreparedCommand.Of(
            connection,
            """
            INSERT INTO energy_quarter(quarter, harvested_mwh, delivered_mwh) VALUES($1, $2, $3)
            ON CONFLICT(quarter) DO UPDATE SET harvested_mwh = energy_quarter.harvested_mwh + excluded.harvested_mwh, delivered_mwh = energy_quarter.delivered_mwh + excluded.delivered_mwh
            """,
            "bigint bigint bigint");
    }

    /// <summary>Forgets what was gathered; call it when a job begins, since the one before may have been rolled back.</summary>
    public void Begin()
    {
        _tallies.Clear();
        _quarters.Clear();
        _states.Clear();
    }

    /// <summary>Writes the verdicts of a batch; unfunded ones wait for funds instead of being credited.</summary>
    public void Add(JudgedBatch judged, bool isUnfunded)
    {
        List<VerdictRun> runs = VerdictRun.Of(judged);
        int heldReadings = runs.Where(run => run.Outcome == Outcome.Held).Sum(run => run.Count);
        int refused = runs.Where(run => run.Outcome == Outcome.Refused).Sum(run => run.Count);
        int earning = judged.Verdicts.Length - heldReadings - refused;
        int unfunded = isUnfunded ? earning : 0;
        _insertVerdict.Run(
            judged.Stored.Id, judged.Stored.Node, judged.OpenedUnixSeconds, judged.Verdicts.Length, earning - unfunded, heldReadings + unfunded, refused,
            VerdictRun.Write(runs), unfunded);
        Tally("batches", 1);
        Tally("readings", judged.Verdicts.Length);
        Tally("credited", earning - unfunded);
        Tally(TallyStore.Held + VerdictName.Unfunded, unfunded);
        foreach (VerdictRun run in runs.Where(run => run.Outcome != Outcome.Credited))
        {
            Tally((run.Outcome == Outcome.Held ? TallyStore.Held : TallyStore.Refused) + run.Name, run.Count);
        }

        foreach (EnergyQuarter part in judged.Quarters())
        {
            _quarters.TryGetValue(part.Quarter, out EnergyQuarter before);
            _quarters[part.Quarter] = new EnergyQuarter(
                part.Quarter, before.HarvestedMilliwattHours + part.HarvestedMilliwattHours, before.DeliveredMilliwattHours + part.DeliveredMilliwattHours);
        }

        _states[judged.Stored.Node] = judged.StateAfter;
    }

    /// <summary>Changes readings of a batch from unfunded to credited.</summary>
    public void Release(long batch, int readings)
    {
        _connection.Execute("UPDATE verdict SET credited = credited + @readings, held = held - @readings, unfunded = unfunded - @readings WHERE batch = @batch", new { batch, readings });
        Tally("credited", readings);
        Tally(TallyStore.Held + VerdictName.Unfunded, -readings);
    }

    /// <summary>Changes readings of a batch from credited to unfunded: what a decision released waits for funds.</summary>
    public void Wait(long batch, int readings)
    {
        _connection.Execute("UPDATE verdict SET credited = credited - @readings, held = held + @readings, unfunded = unfunded + @readings WHERE batch = @batch", new { batch, readings });
        Tally("credited", -readings);
        Tally(TallyStore.Held + VerdictName.Unfunded, readings);
    }

    /// <summary>Writes what was gathered; <see cref="Begin"/> comes before what is next.</summary>
    public void Finish()
    {
        foreach ((long node, NodeVerdictState state) in _states)
        {
            _saveState.Run(node, StateBytes.Write(state));
        }

        foreach ((string name, long change) in _tallies)
        {
            _addTally.Run(name, change);
        }

        foreach (EnergyQuarter part in _quarters.Values)
        {
            _addQuarter.Run(part.Quarter, part.HarvestedMilliwattHours, part.DeliveredMilliwattHours);
        }
    }

    /// <summary>Moves the cursor on.</summary>
    public void Advance(long cursor) => _connection.Execute("UPDATE book SET cursor = @cursor WHERE cursor < @cursor", new { cursor });

    /// <summary>Adds to a sum.</summary>
    public void Tally(string name, long change)
    {
        if (change != 0)
        {
            _tallies.TryGetValue(name, out long before);
            _tallies[name] = before + change;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _insertVerdict.Dispose();
        _saveState.Dispose();
        _addTally.Dispose();
        _addQuarter.Dispose();
    }
}
