using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>Reads what is to be booked and writes verdicts, node states and tallies. All SQL of the books beside the transfers.</summary>
internal sealed class BookStore
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _verdict;
    private readonly SqliteCommand _state;
    private readonly Dictionary<string, long> _tallies = new(StringComparer.Ordinal);
    private readonly Dictionary<long, EnergyQuarter> _quarters = [];
    private readonly Dictionary<long, NodeVerdictState> _states = [];

    public BookStore(SqliteConnection connection)
    {
        _connection = connection;
        _verdict = Prepare(
            """
            INSERT INTO verdict(batch, node, opened_unix, readings, credited, held, refused, creditable_mwh, served_seconds,
                micro_per_kwh, micro_per_hour, energy_micro, service_micro, detail, unfunded)
            VALUES($batch, $node, $opened, $readings, $credited, $held, $refused, $mwh, $seconds, $perKwh, $perHour, $energy, $service, $detail, $unfunded)
            """,
            "$batch", "$node", "$opened", "$readings", "$credited", "$held", "$refused", "$mwh", "$seconds", "$perKwh", "$perHour", "$energy", "$service", "$detail", "$unfunded");
        _state = Prepare(
            """
            INSERT INTO verdict_state(node, harvested, delivered, imported, covered_until, day, creditable_today, grid_pool)
            VALUES($node, $harvested, $delivered, $imported, $covered, $day, $today, $pool)
            ON CONFLICT(node) DO UPDATE SET harvested = excluded.harvested, delivered = excluded.delivered, imported = excluded.imported,
                covered_until = excluded.covered_until, day = excluded.day, creditable_today = excluded.creditable_today, grid_pool = excluded.grid_pool
            """,
            "$node", "$harvested", "$delivered", "$imported", "$covered", "$day", "$today", "$pool");
    }

    /// <summary>The runs of a verdict's detail; none for null.</summary>
    public static IReadOnlyList<VerdictRun> Runs(string? detail) => detail is null ? [] : JsonSerializer.Deserialize<List<VerdictRun>>(detail, Json)!;

    public void Begin()
    {
        _tallies.Clear();
        _quarters.Clear();
        _states.Clear();
    }

    public void Add(JudgedBatch judged, BookedVerdict booked)
    {
        Set(_verdict, judged.Batch.Id, judged.Batch.Node, judged.OpenedUnix, judged.Verdicts.Length, booked.Credited, booked.Held, booked.Refused, booked.CreditableMilliwattHours,
            booked.ServedSeconds, judged.Tariff.MicroPerKilowattHour, judged.Tariff.MicroPerServedHour, booked.EnergyMicro, booked.ServiceMicro,
            booked.Runs.Count == 0 ? null : JsonSerializer.Serialize(booked.Runs, Json), booked.IsUnfunded ? 1 : 0);
        _verdict.ExecuteNonQuery();
        Tally("readings", judged.Verdicts.Length);
        Tally("credited", booked.Credited);
        foreach (VerdictRun run in booked.Runs)
        {
            Tally((run.Outcome == Outcome.Held ? "held:" : "refused:") + run.Name, run.Count);
        }

        foreach (EnergyQuarter part in judged.Quarters)
        {
            _quarters.TryGetValue(part.Quarter, out EnergyQuarter before);
            _quarters[part.Quarter] = new EnergyQuarter(
                part.Quarter, before.HarvestedMilliwattHours + part.HarvestedMilliwattHours, before.DeliveredMilliwattHours + part.DeliveredMilliwattHours);
        }

        _states[judged.Batch.Node] = judged.State;
    }

    /// <summary>Changes a verdict from unfunded to credited.</summary>
    public void Release(UnfundedVerdict unfunded, IReadOnlyList<VerdictRun> otherRuns)
    {
        _connection.Execute(
            "UPDATE verdict SET credited = credited + @Count, held = held - @Count, unfunded = 0, detail = @Detail WHERE batch = @Batch AND unfunded = 1",
            new { unfunded.Count, unfunded.Batch, Detail = otherRuns.Count == 0 ? null : JsonSerializer.Serialize(otherRuns, Json) });
        Tally("credited", unfunded.Count);
        Tally("held:" + VerdictName.Unfunded, -unfunded.Count);
    }

    public void Tally(string name, long change)
    {
        _tallies.TryGetValue(name, out long before);
        _tallies[name] = before + change;
    }

    /// <summary>Writes what was gathered and moves the cursor.</summary>
    public void Finish(long cursor)
    {
        foreach ((long node, NodeVerdictState state) in _states)
        {
            Set(_state, node, state.Harvested, state.Delivered, state.Imported, state.CoveredUntil, state.Day, state.CreditableToday, state.GridPool);
            _state.ExecuteNonQuery();
        }

        foreach ((string name, long change) in _tallies)
        {
            _connection.Execute("INSERT INTO tally(name, value) VALUES(@name, @change) ON CONFLICT(name) DO UPDATE SET value = value + excluded.value", new { name, change });
        }

        foreach (EnergyQuarter part in _quarters.Values)
        {
            _connection.Execute(
                """
                INSERT INTO energy_quarter(quarter, harvested_mwh, delivered_mwh) VALUES(@Quarter, @HarvestedMilliwattHours, @DeliveredMilliwattHours)
                ON CONFLICT(quarter) DO UPDATE SET harvested_mwh = harvested_mwh + excluded.harvested_mwh, delivered_mwh = delivered_mwh + excluded.delivered_mwh
                """,
                part);
        }

        _connection.Execute("UPDATE book SET cursor = @cursor WHERE id = 1 AND cursor < @cursor", new { cursor });
    }

    public static long Cursor(SqliteConnection connection) => connection.ExecuteScalar<long>("SELECT cursor FROM book");

    public static List<BatchToBook> BatchesAfter(SqliteConnection connection, long cursor, int limit)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, node, arrived_ms, gap_from IS NOT NULL, payload_hash, message FROM batch WHERE id > $cursor ORDER BY id LIMIT $limit";
        command.Parameters.AddWithValue("$cursor", cursor);
        command.Parameters.AddWithValue("$limit", limit);
        using SqliteDataReader reader = command.ExecuteReader();
        var batches = new List<BatchToBook>(limit);
        while (reader.Read())
        {
            batches.Add(new BatchToBook(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) != 0, (byte[])reader.GetValue(4), (byte[])reader.GetValue(5)));
        }

        return batches;
    }

    public static NodeVerdictState State(SqliteConnection connection, long node)
    {
        (long, long, long, long, long, long, long)? row = connection.QuerySingleOrDefault<(long, long, long, long, long, long, long)?>(
            "SELECT harvested, delivered, imported, covered_until, day, creditable_today, grid_pool FROM verdict_state WHERE node = @node", new { node });
        return row is not { } found ? new NodeVerdictState() : new NodeVerdictState
        {
            HasHistory = true,
            Harvested = found.Item1,
            Delivered = found.Item2,
            Imported = found.Item3,
            CoveredUntil = found.Item4,
            Day = found.Item5,
            CreditableToday = found.Item6,
            GridPool = found.Item7,
        };
    }

    public static (long Profile, NodeTerms? Terms) Terms(SqliteConnection connection, long node)
    {
        TermsRow row = connection.QuerySingle<TermsRow>(
            """
            SELECT n.profile AS Profile, p.operator AS Operator, p.capital_builder AS CapitalBuilder, p.from_unix AS FromUnix, p.to_unix AS ToUnix,
                a.operator_basis_points AS OperatorBasisPoints, a.capital_builder_basis_points AS CapitalBuilderBasisPoints
            FROM node n LEFT JOIN pairing p ON p.node = n.id LEFT JOIN agreement a ON a.node = n.id WHERE n.id = @node ORDER BY p.from_unix DESC LIMIT 1
            """,
            new { node });
        NodeTerms? terms = row is { Operator: { } op, CapitalBuilder: { } builder, FromUnix: { } from, OperatorBasisPoints: { } operatorPart, CapitalBuilderBasisPoints: { } builderPart }
            ? new NodeTerms(op, builder, from, row.ToUnix, new Agreement((int)operatorPart, (int)builderPart))
            : null;
        return (row.Profile, terms);
    }

    public static Dictionary<long, long> Suspensions(SqliteConnection connection) =>
        connection.Query<(long Node, long From)>("SELECT id, suspended_from_ms FROM node WHERE suspended_from_ms IS NOT NULL").ToDictionary(row => row.Node, row => row.From);

    public static IReadOnlyList<UnfundedVerdict> OldestUnfunded(SqliteConnection connection, int limit) =>
        connection.Query<UnfundedVerdict>(
            """
            SELECT v.batch AS Batch, v.node AS Node, b.payload_hash AS PayloadHash, v.energy_micro AS EnergyMicro, v.service_micro AS ServiceMicro, v.detail AS Detail
            FROM verdict v JOIN batch b ON b.id = v.batch WHERE v.unfunded = 1 ORDER BY v.batch LIMIT @limit
            """,
            new { limit }).AsList();

    private SqliteCommand Prepare(string text, params string[] names)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (string name in names)
        {
            command.Parameters.AddWithValue(name, DBNull.Value);
        }

        return command;
    }

    private static void Set(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }

    private sealed record TermsRow
    {
        public long Profile { get; init; }

        public string? Operator { get; init; }

        public string? CapitalBuilder { get; init; }

        public long? FromUnix { get; init; }

        public long? ToUnix { get; init; }

        public long? OperatorBasisPoints { get; init; }

        public long? CapitalBuilderBasisPoints { get; init; }
    }
}

/// <summary>What a batch's verdicts add up to.</summary>
internal sealed record BookedVerdict(
    int Credited, int Held, int Refused, long CreditableMilliwattHours, long ServedSeconds, long EnergyMicro, long ServiceMicro, bool IsUnfunded, IReadOnlyList<VerdictRun> Runs);

/// <summary>A batch whose credit waits for funds.</summary>
internal sealed record UnfundedVerdict
{
    public long Batch { get; init; }

    public long Node { get; init; }

    public required byte[] PayloadHash { get; init; }

    public long EnergyMicro { get; init; }

    public long ServiceMicro { get; init; }

    public required string Detail { get; init; }

    /// <summary>Readings that wait.</summary>
    public int Count => Runs.Where(run => run.Name == VerdictName.Unfunded).Sum(run => run.Count);

    public IReadOnlyList<VerdictRun> Runs => BookStore.Runs(Detail);
}
