using Dapper;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>Reads what people ask of the books.</summary>
public static class StatementStore
{
    /// <summary>An account by its name, or null.</summary>
    public static AccountRow? Account(SqliteConnection connection, string name) =>
        connection.QuerySingleOrDefault<AccountRow>("SELECT name AS Name, pending_micro AS PendingMicro, posted_micro AS PostedMicro FROM account WHERE name = @name", new { name });

    /// <summary>What an account received between two times, one line for each batch, oldest first.</summary>
    public static IReadOnlyList<StatementLine> Lines(SqliteConnection connection, string account, long fromUnix, long toUnix, int limit) =>
        connection.Query<StatementLine>(
            """
            SELECT n.node_id AS NodeId, b.sequence AS FirstReading, b.next_sequence - 1 AS LastReading, v.opened_unix AS OpenedUnixSeconds,
                v.creditable_mwh AS CreditableMilliwattHours, v.served_seconds AS ServedSeconds, v.micro_per_kwh AS MicroPerKilowattHour, v.micro_per_hour AS MicroPerServedHour,
                v.energy_micro + v.service_micro AS WholeMicro, sum(t.amount_micro) AS ShareMicro, min(t.state) AS State, lower(hex(b.payload_hash)) AS PayloadHash
            FROM transfer t JOIN batch b ON b.id = t.batch JOIN verdict v ON v.batch = t.batch JOIN node n ON n.id = b.node
            WHERE t.credit = (SELECT id FROM account WHERE name = @account) AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix
            GROUP BY t.batch ORDER BY t.batch LIMIT @limit
            """,
            new { account, fromUnix, toUnix, limit }).AsList();

    /// <summary>Batches with readings that were held or refused, of the nodes an operator or a capital builder has, newest first.</summary>
    public static IReadOnlyList<VerdictRow> NotCredited(SqliteConnection connection, string? person, long fromUnix, long toUnix, int limit) =>
        connection.Query<VerdictRow>(
            $"""
            {VerdictColumns} WHERE v.detail IS NOT NULL AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix
                AND (@person IS NULL OR EXISTS(SELECT 1 FROM pairing p WHERE p.node = v.node AND (p.operator = @person OR p.capital_builder = @person)))
            ORDER BY v.batch DESC LIMIT @limit
            """,
            new { person, fromUnix, toUnix, limit }).AsList();

    /// <summary>The verdicts of a node after a batch, oldest first.</summary>
    public static IReadOnlyList<VerdictRow> Verdicts(SqliteConnection connection, string nodeId, long afterBatch, int limit) =>
        connection.Query<VerdictRow>(
            $"{VerdictColumns} WHERE v.node = (SELECT id FROM node WHERE node_id = @nodeId) AND v.batch > @afterBatch ORDER BY v.batch LIMIT @limit",
            new { nodeId, afterBatch, limit }).AsList();

    /// <summary>The sums kept with every booking.</summary>
    public static IReadOnlyDictionary<string, long> Tallies(SqliteConnection connection) =>
        connection.Query<(string Name, long Value)>("SELECT name, value FROM tally").ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal);

    /// <summary>Stored batches that are not judged yet, and all stored.</summary>
    public static (long Waiting, long Stored) Backlog(SqliteConnection connection) =>
        connection.QuerySingle<(long, long)>("SELECT (SELECT count(*) FROM batch WHERE id > (SELECT cursor FROM book)), (SELECT count(*) FROM batch)");

    /// <summary>Readings stored in batches that are not judged yet.</summary>
    public static long ReadingsWaiting(SqliteConnection connection) =>
        connection.ExecuteScalar<long>("SELECT coalesce(sum(next_sequence - sequence), 0) FROM batch WHERE id > (SELECT cursor FROM book)");

    /// <summary>Energy of the whole fleet in quarters of an hour from one on, oldest first.</summary>
    public static IReadOnlyList<EnergyQuarter> Energy(SqliteConnection connection, long fromQuarter) =>
        connection.Query<(long, long, long)>("SELECT quarter, harvested_mwh, delivered_mwh FROM energy_quarter WHERE quarter >= @fromQuarter ORDER BY quarter", new { fromQuarter })
            .Select(row => new EnergyQuarter(row.Item1, row.Item2, row.Item3)).ToList();

    /// <summary>Batches kept as evidence of a fork.</summary>
    public static long Forks(SqliteConnection connection) => connection.ExecuteScalar<long>("SELECT count(*) FROM evidence");

    private const string VerdictColumns =
        """
        SELECT v.batch AS Batch, n.node_id AS NodeId, b.sequence AS FirstReading, b.next_sequence - 1 AS LastReading, v.opened_unix AS OpenedUnixSeconds, v.readings AS Readings,
            v.credited AS Credited, v.held AS Held, v.refused AS Refused, v.creditable_mwh AS CreditableMilliwattHours, v.served_seconds AS ServedSeconds,
            v.energy_micro + v.service_micro AS CreditMicro, v.unfunded AS IsUnfunded, v.detail AS Detail, lower(hex(b.payload_hash)) AS PayloadHash
        FROM verdict v JOIN batch b ON b.id = v.batch JOIN node n ON n.id = v.node
        """;
}

/// <summary>What one batch gave to one account.</summary>
public sealed record StatementLine
{
    /// <summary>The node that measured.</summary>
    public required string NodeId { get; init; }

    /// <summary>Sequence number of the batch's first reading.</summary>
    public long FirstReading { get; init; }

    /// <summary>Sequence number of its last.</summary>
    public long LastReading { get; init; }

    /// <summary>When the first reading opened.</summary>
    public long OpenedUnixSeconds { get; init; }

    /// <summary>Energy that earned, mWh.</summary>
    public long CreditableMilliwattHours { get; init; }

    /// <summary>Seconds of service that earned.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>Tariff for energy.</summary>
    public long MicroPerKilowattHour { get; init; }

    /// <summary>Tariff for service.</summary>
    public long MicroPerServedHour { get; init; }

    /// <summary>What the batch earned for all.</summary>
    public long WholeMicro { get; init; }

    /// <summary>What of it is this account's.</summary>
    public long ShareMicro { get; init; }

    /// <summary>pending, posted or voided.</summary>
    public required string State { get; init; }

    /// <summary>SHA-256 of the signed batch's payload: the evidence.</summary>
    public required string PayloadHash { get; init; }
}

/// <summary>The verdicts over one batch.</summary>
public sealed record VerdictRow
{
    /// <summary>Number of the batch in order of arrival.</summary>
    public long Batch { get; init; }

    /// <summary>The node that measured.</summary>
    public required string NodeId { get; init; }

    /// <summary>Sequence number of the batch's first reading.</summary>
    public long FirstReading { get; init; }

    /// <summary>Sequence number of its last.</summary>
    public long LastReading { get; init; }

    /// <summary>When the first reading opened.</summary>
    public long OpenedUnixSeconds { get; init; }

    /// <summary>Readings of the batch; credited, held and refused add up to it.</summary>
    public long Readings { get; init; }

    /// <summary>Readings that earned.</summary>
    public long Credited { get; init; }

    /// <summary>Readings that wait.</summary>
    public long Held { get; init; }

    /// <summary>Readings that earn nothing.</summary>
    public long Refused { get; init; }

    /// <summary>Energy that earned, mWh.</summary>
    public long CreditableMilliwattHours { get; init; }

    /// <summary>Seconds of service that earned.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>What the batch earned for all, or waits for where it is unfunded.</summary>
    public long CreditMicro { get; init; }

    /// <summary>1 while the credit waits for funds.</summary>
    public long IsUnfunded { get; init; }

    /// <summary>SHA-256 of the signed batch's payload: the evidence.</summary>
    public required string PayloadHash { get; init; }

    /// <summary>Runs of readings that are not simply credited, as JSON, or null.</summary>
    internal string? Detail { get; init; }

    /// <summary>The same, read.</summary>
    public IReadOnlyList<VerdictRun> Runs => BookStore.Runs(Detail);
}
