using System.Data.Common;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Writes segments and transfers on the writing connection; the database moves the balances with them. Commands are prepared once.
/// Used inside one job of the store's writer, so all of it commits or none.
/// </summary>
internal sealed class LedgerStore : IDisposable
{
    /// <summary>Ids of segments and of holds are batch * 128 + number of the first reading; a batch has at most 96.</summary>
    public const int SegmentsPerBatch = 128;

    // Far from what a long holds, so that no sum of balances can pass it.
    private const long FundsMax = 4_000_000_000_000_000_000;

    private readonly DbConnection _connection;
    private readonly PreparedCommand _insertTransfer;
    private readonly PreparedCommand _insertSegment;
    private readonly PreparedCommand _wait;

    // Accounts are opened with pairings and agreements, so before anything earns.
    private readonly Dictionary<string, long> _accounts = new(StringComparer.Ordinal);

    public LedgerStore(DbConnection connection)
    {
        _connection = connection;
        _insertTransfer = PreparedCommand.Of(
            connection,
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) VALUES($1, $2, 'pending', 2, $3, $4, $5, $6)",
            "bytea text bigint bigint bigint bigint");
        _insertSegment = PreparedCommand.Of(
            connection,
            """
            INSERT INTO segment(id, batch, first_reading, last_reading, pairing, agreement, tariff, opened_unix, creditable_mwh, served_seconds, energy_micro, service_micro)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            "bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint bigint");
        _wait = PreparedCommand.Of(connection, "INSERT INTO unfunded(segment, readings) VALUES($1, $2)", "bigint bigint");
    }

    /// <summary>Micro-credits that may still be issued.</summary>
    public static long Available(DbConnection connection) =>
        connection.ExecuteScalar<long>("SELECT pending_micro + posted_micro FROM account WHERE id = 2");

    /// <summary>Whether any credit waits for funds.</summary>
    public static bool IsAnyUnfunded(DbConnection connection) => connection.ExecuteScalar<bool>("SELECT EXISTS(SELECT 1 FROM unfunded)");

    /// <summary>Stores what a batch earned, without giving it to anybody yet; its id.</summary>
    public long Add(long batch, long sequence, Segment segment)
    {
        long id = batch * SegmentsPerBatch + segment.Number;
        _insertSegment.Run(
            id, batch, sequence + segment.FirstReading, sequence + segment.LastReading, segment.Terms.Pairing.Id, segment.Terms.AgreementVersion.Id, segment.Terms.TariffVersion.Id,
            segment.OpenedUnixSeconds, segment.MilliwattHours, segment.ServedSeconds, segment.EnergyMicro, segment.ServiceMicro);
        return id;
    }

    /// <summary>Lets a segment wait for funds.</summary>
    public void Wait(long segment, int readings) => _wait.Run(segment, readings);

    /// <summary>Gives a segment's credit to those who share it, pending.</summary>
    public void Issue(long id, Segment segment, byte[] payloadHash, long madeUnixMilliseconds) =>
        Divide(id, segment.Terms.Operator, segment.Terms.CapitalBuilder, segment.Terms.Agreement, segment.EnergyMicro, segment.ServiceMicro, payloadHash, madeUnixMilliseconds);

    /// <summary>The same for one that waited.</summary>
    public void IssueWaiting(StoredSegment segment, long madeUnixMilliseconds)
    {
        Divide(segment.Id, segment.Operator, segment.CapitalBuilder, segment.Agreement, segment.EnergyMicro, segment.ServiceMicro, segment.PayloadHash, madeUnixMilliseconds);
        _connection.Execute("DELETE FROM unfunded WHERE segment = @Id", new { segment.Id });
    }

    /// <summary>Makes a transfer that does not wait; false when it was made before, which changes nothing.</summary>
    /// <exception cref="DbException">The database does not allow it: an account would go below zero.</exception>
    public static bool Post(DbConnection connection, byte[] id, string kind, long debit, long credit, long amountMicro, string reference, long madeUnixMilliseconds) =>
        amountMicro > 0 && connection.Execute(
            """
            INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms)
            SELECT @id, @kind, 'posted', @debit, @credit, @amountMicro, @reference, @madeUnixMilliseconds, @madeUnixMilliseconds WHERE NOT EXISTS(SELECT 1 FROM transfer WHERE id = @id AND segment IS NULL)
            """,
            new { id, kind, debit, credit, amountMicro, reference, madeUnixMilliseconds }) == 1;

    /// <summary>Records money that came in; false when this reference is recorded already with the same amount.</summary>
    /// <exception cref="InvalidOperationException">The reference is recorded with another amount, or the ledger cannot hold more; nothing is recorded.</exception>
    public static bool Fund(DbConnection connection, string reference, long amountMicro, long madeUnixMilliseconds)
    {
        byte[] id = Transfers.FundingId(reference);
        if (connection.ExecuteScalar<long?>("SELECT amount_micro FROM transfer WHERE id = @id AND segment IS NULL", new { id }) is { } recorded)
        {
            return recorded == amountMicro
                ? false
                : throw new InvalidOperationException($"The reference '{reference}' is recorded with {recorded} micro-credits; use another reference for another funding.");
        }

        long funded = -connection.ExecuteScalar<long>("SELECT posted_micro FROM account WHERE id = 1");
        if (amountMicro > FundsMax - funded)
        {
            throw new InvalidOperationException($"{funded} micro-credits are funded, and the ledger holds {FundsMax} at most. Nothing was recorded.");
        }

        return Post(connection, id, Transfers.Funding, Transfers.Funders, Transfers.Issued, amountMicro, reference, madeUnixMilliseconds);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _insertTransfer.Dispose();
        _insertSegment.Dispose();
        _wait.Dispose();
    }

    private void Divide(
        long segment, string @operator, string capitalBuilder, Agreement agreement, long energyMicro, long serviceMicro, byte[] payloadHash, long madeUnixMilliseconds)
    {
        foreach ((string kind, long amount) in ((string, long)[])[(Transfers.Energy, energyMicro), (Transfers.Service, serviceMicro)])
        {
            foreach (Leg leg in Leg.Of(amount, @operator, capitalBuilder, agreement))
            {
                byte[] id = Transfers.IdOf(kind, payloadHash, (byte)(segment % SegmentsPerBatch), leg.Number, generation: 0);
                _insertTransfer.Run(id, kind, AccountOf(leg.Account), leg.Micro, segment, madeUnixMilliseconds);
            }
        }
    }

    private long AccountOf(string name)
    {
        if (!_accounts.TryGetValue(name, out long id))
        {
            id = _connection.ExecuteScalar<long?>("SELECT id FROM account WHERE name = @name", new { name })
                ?? throw new InvalidDataException($"there is no account '{name}', though somebody earns for it");
            _accounts[name] = id;
        }

        return id;
    }
}
