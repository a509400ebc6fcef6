using System.Data.Common;
using Dapper;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>Reads what people ask of the books.</summary>
public static class StatementStore
{
    // A refused run may claim anything: sums of what is above this would say nothing.
    private const long MostMilliwattHours = 9_007_199_254_740_991;

    // A reading belongs to the pairing of its time; those before the first pairing belong to the first.
    private const string OfSharer =
        """
        EXISTS(SELECT 1 FROM pairing p WHERE p.node = v.node AND (p.operator = @operator OR p.capital_builder = @capitalBuilder OR @manager = (
                SELECT manager FROM agreement g WHERE g.node = v.node AND g.from_unix <= v.opened_unix ORDER BY g.from_unix DESC LIMIT 1))
            AND (p.to_unix IS NULL OR v.opened_unix < p.to_unix)
            AND (v.opened_unix >= p.from_unix OR NOT EXISTS(SELECT 1 FROM pairing q WHERE q.node = p.node AND q.from_unix < p.from_unix)))
        """;

    private const string VerdictColumns =
        """
        SELECT v.batch AS Batch, n.node_id AS NodeId, b.sequence AS FirstReading, b.next_sequence - 1 AS LastReading, v.opened_unix AS OpenedUnixSeconds, v.readings AS Readings,
            v.credited AS Credited, v.held AS Held, v.refused AS Refused, v.unfunded AS Unfunded,
            (SELECT CAST(coalesce(sum(creditable_mwh), 0) AS BIGINT) FROM segment WHERE id BETWEEN v.batch * 128 AND v.batch * 128 + 127) AS CreditableMilliwattHours,
            (SELECT CAST(coalesce(sum(served_seconds), 0) AS BIGINT) FROM segment WHERE id BETWEEN v.batch * 128 AND v.batch * 128 + 127) AS ServedSeconds,
            (SELECT CAST(coalesce(sum(energy_micro + service_micro), 0) AS BIGINT) FROM segment WHERE id BETWEEN v.batch * 128 AND v.batch * 128 + 127) AS WholeMicro, v.detail AS Detail, lower(hex(b.payload_hash)) AS PayloadHash
        FROM verdict v JOIN batch b ON b.id = v.batch JOIN node n ON n.id = v.node
        """;

    /// <summary>What an account received, one line for each segment after the given one whose batch opened between two times, oldest first.</summary>
    public static IReadOnlyList<StatementLine> Lines(DbConnection connection, string account, long fromUnix, long toUnix, long afterLine, int limit) =>
        // Only transfers are several in a segment. Grouped by its number alone, lines come in the order of the index and end at the limit.
        connection.Query<StatementLine>(
            """
            SELECT t.segment AS Line, max(n.node_id) AS NodeId, max(s.first_reading) AS FirstReading, max(s.last_reading) AS LastReading, max(v.opened_unix) AS OpenedUnixSeconds,
                max(s.creditable_mwh) AS CreditableMilliwattHours, max(s.served_seconds) AS ServedSeconds, max(f.micro_per_kwh) AS MicroPerKilowattHour,
                max(f.micro_per_hour) AS MicroPerServedHour, max(a.operator_basis_points) AS OperatorBasisPoints, max(a.capital_builder_basis_points) AS CapitalBuilderBasisPoints,
                max(a.manager_basis_points) AS ManagerBasisPoints, max(s.energy_micro + s.service_micro) AS WholeMicro,
                CAST(sum(CASE WHEN t.kind = 'energy' THEN t.amount_micro ELSE 0 END) AS BIGINT) AS EnergyShareMicro,
                CAST(sum(CASE WHEN t.kind = 'service' THEN t.amount_micro ELSE 0 END) AS BIGINT) AS ServiceShareMicro,
                CASE WHEN min(t.state) = max(t.state) THEN min(t.state) ELSE 'partly ' || max(t.state) END AS State, max(lower(hex(b.payload_hash))) AS PayloadHash
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch JOIN verdict v ON v.batch = s.batch JOIN node n ON n.id = b.node
                JOIN agreement a ON a.id = s.agreement JOIN tariff f ON f.id = s.tariff
            WHERE t.credit = (SELECT id FROM account WHERE name = @account) AND t.segment > @afterLine AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix
            GROUP BY t.segment ORDER BY t.segment LIMIT @limit
            """,
            new { account, fromUnix, toUnix, afterLine, limit }).AsList();

    /// <summary>What else moved on an account, below 0 for what went off it: availability, loans, reversals, payouts; made between two times, oldest first.</summary>
    public static IReadOnlyList<MovementLine> Movements(DbConnection connection, string account, long fromUnix, long toUnix, int limit, long after = 0) =>
        connection.Query<MovementLine>(
            """
            SELECT t.n AS N, t.kind AS Kind, CASE WHEN t.credit = a.id THEN t.amount_micro ELSE -t.amount_micro END AS AmountMicro, t.reference AS Reference, t.made_ms / 1000 AS MadeUnixSeconds,
                CASE WHEN t.credit = a.id THEN d.name ELSE c.name END AS Other
            FROM account a JOIN transfer t ON (t.credit = a.id AND t.segment IS NULL) OR (t.debit = a.id AND t.segment IS NULL)
            JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit
            WHERE a.name = @account AND t.made_ms / 1000 >= @fromUnix AND t.made_ms / 1000 < @toUnix AND t.n > @after ORDER BY t.n LIMIT @limit
            """,
            new { account, fromUnix, toUnix, limit, after }).AsList();

    /// <summary>The sum of all those lines, whatever their number; without what was voided.</summary>
    public static long LinesMicro(DbConnection connection, string account, long fromUnix, long toUnix) =>
        connection.ExecuteScalar<long>(
            """
            SELECT CAST(coalesce(sum(t.amount_micro), 0) AS BIGINT) FROM transfer t JOIN segment s ON s.id = t.segment JOIN verdict v ON v.batch = s.batch
            WHERE t.credit = (SELECT id FROM account WHERE name = @account) AND t.state <> 'voided' AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix
            """,
            new { account, fromUnix, toUnix });

    /// <summary>Money that came in, oldest first.</summary>
    public static IReadOnlyList<FundingLine> Fundings(DbConnection connection, long fromUnix, long toUnix, int limit, long after = 0) =>
        connection.Query<FundingLine>(
            """
            SELECT n AS N, reference AS Reference, amount_micro AS AmountMicro, made_ms / 1000 AS MadeUnixSeconds FROM transfer
            WHERE debit = 1 AND kind = 'funding' AND made_ms / 1000 >= @fromUnix AND made_ms / 1000 < @toUnix AND n > @after ORDER BY n LIMIT @limit
            """,
            new { fromUnix, toUnix, limit, after }).AsList();

    /// <summary>Readings of a person's nodes that were held or refused, or lost a part of their energy, by name.</summary>
    public static IReadOnlyList<NameTotal> NotCreditedByName(DbConnection connection, Sharer sharer, long fromUnix, long toUnix)
    {
        var parameters = new { @operator = sharer.Operator, capitalBuilder = sharer.CapitalBuilder, manager = sharer.Manager, fromUnix, toUnix };
        IEnumerable<NameTotal> judged = connection.Query<string>(
            $"SELECT v.detail FROM verdict v WHERE v.detail IS NOT NULL AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix AND {OfSharer}", parameters, buffered: false)
            .SelectMany(VerdictRun.Read)
            .GroupBy(run => (run.Name, run.Outcome), (of, runs) => runs.Aggregate(new NameTotal(of.Name, of.Outcome, 0, 0, 0), (total, run) => total with
            {
                Readings = total.Readings + run.Count,
                UncreditedMilliwattHours = checked(total.UncreditedMilliwattHours + Math.Min(run.UncreditedMilliwattHours, MostMilliwattHours)),
            }))
            .OrderBy(total => total.Outcome).ToList();
        IEnumerable<NameTotal> unfunded = connection.Query<(long Readings, long MilliwattHours, long WaitingMicro)>(
            $"""
            SELECT CAST(coalesce(sum(u.readings), 0) AS BIGINT), CAST(coalesce(sum(s.creditable_mwh), 0) AS BIGINT), CAST(coalesce(sum(s.energy_micro + s.service_micro), 0) AS BIGINT)
            FROM unfunded u JOIN segment s ON s.id = u.segment JOIN verdict v ON v.batch = s.batch WHERE v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix AND {OfSharer}
            """,
            parameters).Where(row => row.Readings > 0).Select(row => new NameTotal(VerdictName.Unfunded, Outcome.Held, row.Readings, row.MilliwattHours, row.WaitingMicro));
        return [.. judged.Concat(unfunded).OrderBy(total => total.Name)];
    }

    /// <summary>Batches of a person's nodes with readings that were held or refused, newest first.</summary>
    public static IReadOnlyList<VerdictRow> NotCredited(DbConnection connection, Sharer sharer, long fromUnix, long toUnix, int limit) =>
        connection.Query<VerdictRow>(
            $"{VerdictColumns} WHERE v.held + v.refused > 0 AND v.opened_unix >= @fromUnix AND v.opened_unix < @toUnix AND {OfSharer} ORDER BY v.batch DESC LIMIT @limit",
            new { @operator = sharer.Operator, capitalBuilder = sharer.CapitalBuilder, manager = sharer.Manager, fromUnix, toUnix, limit }).AsList();

    /// <summary>The last batches of the whole fleet with readings that were held or refused, newest first.</summary>
    public static IReadOnlyList<VerdictRow> LastNotCredited(DbConnection connection, int limit) =>
        connection.Query<VerdictRow>($"{VerdictColumns} WHERE v.held + v.refused > 0 ORDER BY v.batch DESC LIMIT @limit", new { limit }).AsList();

    /// <summary>The verdicts of a node's batches up to the one with a reading, newest first.</summary>
    public static IReadOnlyList<VerdictRow> LastVerdicts(DbConnection connection, string nodeId, long upToReading, int limit) =>
        connection.Query<VerdictRow>(
            $"{VerdictColumns} WHERE v.node = (SELECT id FROM node WHERE node_id = @nodeId) AND b.sequence <= @upToReading ORDER BY v.batch DESC LIMIT @limit",
            new { nodeId, upToReading, limit }).AsList();

    /// <summary>The verdicts of a node after a batch, oldest first.</summary>
    public static IReadOnlyList<VerdictRow> Verdicts(DbConnection connection, string nodeId, long afterBatch, int limit) =>
        connection.Query<VerdictRow>(
            $"{VerdictColumns} WHERE v.node = (SELECT id FROM node WHERE node_id = @nodeId) AND v.batch > @afterBatch ORDER BY v.batch LIMIT @limit",
            new { nodeId, afterBatch, limit }).AsList();
}

/// <summary>Whose nodes: those of an operator, those a capital builder paid for, or those whose infrastructure somebody keeps; the others are null.</summary>
public sealed record Sharer(string? Operator, string? CapitalBuilder, string? Manager = null)
{
    /// <summary>Who has this account; null for accounts that are no person's.</summary>
    public static Sharer? OfAccount(string account) =>
        account.StartsWith(Transfers.OperatorPrefix, StringComparison.Ordinal) ? new Sharer(account[Transfers.OperatorPrefix.Length..], null)
        : account.StartsWith(Transfers.CapitalBuilderPrefix, StringComparison.Ordinal) ? new Sharer(null, account[Transfers.CapitalBuilderPrefix.Length..])
        : account.StartsWith(Transfers.ManagerPrefix, StringComparison.Ordinal) ? new Sharer(null, null, account[Transfers.ManagerPrefix.Length..])
        : null;
}

/// <summary>Readings under one name.</summary>
public sealed record NameTotal(VerdictName Name, Outcome Outcome, long Readings, long UncreditedMilliwattHours, long WaitingMicro);

/// <summary>What moved on an account beside the credit of readings; below 0 for what went off it.</summary>
public sealed record MovementLine
{
    /// <summary>Number of the transfer, rising.</summary>
    public long N { get; init; }

    /// <summary>What kind of transfer.</summary>
    public required string Kind { get; init; }

    /// <summary>How much; below 0 for what went off.</summary>
    public long AmountMicro { get; init; }

    /// <summary>By which document, loan, month or payout.</summary>
    public required string Reference { get; init; }

    /// <summary>When.</summary>
    public long MadeUnixSeconds { get; init; }

    /// <summary>The account on the other side.</summary>
    public required string Other { get; init; }
}

/// <summary>Money that came in.</summary>
public sealed record FundingLine
{
    /// <summary>Number of the transfer, rising.</summary>
    public long N { get; init; }

    /// <summary>What makes it count once.</summary>
    public required string Reference { get; init; }

    /// <summary>Micro-credits.</summary>
    public long AmountMicro { get; init; }

    /// <summary>When it was recorded, Unix seconds.</summary>
    public long MadeUnixSeconds { get; init; }
}

/// <summary>What one segment of a batch gave to one account; amounts are micro-credits.</summary>
public sealed record StatementLine
{
    /// <summary>Number of the line, rising; a page continues after it.</summary>
    public long Line { get; init; }

    /// <summary>The node that measured.</summary>
    public required string NodeId { get; init; }

    /// <summary>Sequence number of the first earning reading.</summary>
    public long FirstReading { get; init; }

    /// <summary>Sequence number of the last.</summary>
    public long LastReading { get; init; }

    /// <summary>When the batch's first reading opened.</summary>
    public long OpenedUnixSeconds { get; init; }

    /// <summary>Energy that earned, mWh.</summary>
    public long CreditableMilliwattHours { get; init; }

    /// <summary>Seconds of service that earned.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>Tariff for energy.</summary>
    public long MicroPerKilowattHour { get; init; }

    /// <summary>Tariff for service.</summary>
    public long MicroPerServedHour { get; init; }

    /// <summary>The operator's share.</summary>
    public long OperatorBasisPoints { get; init; }

    /// <summary>The capital builder's share.</summary>
    public long CapitalBuilderBasisPoints { get; init; }

    /// <summary>The infrastructure manager's share; the community reserve has the rest.</summary>
    public long ManagerBasisPoints { get; init; }

    /// <summary>What the segment earned for all.</summary>
    public long WholeMicro { get; init; }

    /// <summary>What of its energy is this account's.</summary>
    public long EnergyShareMicro { get; init; }

    /// <summary>What of its service is this account's.</summary>
    public long ServiceShareMicro { get; init; }

    /// <summary>pending, posted or voided.</summary>
    public required string State { get; init; }

    /// <summary>SHA-256 of the signed batch's payload: the evidence.</summary>
    public required string PayloadHash { get; init; }
}
