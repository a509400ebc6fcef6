using Dapper;
using DePin.Fleet.Crediting;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Writes segments and transfers on the writing connection. Commands are prepared once; balances are gathered and written once for
/// many transfers. Used inside one job of the store's writer, so all of it commits or none.
/// </summary>
internal sealed class LedgerStore
{
    private const int SegmentsPerBatch = 128;

    // Far from what a long holds, so that no sum of balances can pass it.
    private const long FundsMax = 4_000_000_000_000_000_000;

    private readonly SqliteConnection _connection;
    private readonly PreparedCommand _insertTransfer;
    private readonly PreparedCommand _insertSegment;
    private readonly Dictionary<string, long> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, long> _pendingChanges = [];

    public LedgerStore(SqliteConnection connection)
    {
        _connection = connection;
        _insertTransfer = new PreparedCommand(
            connection,
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, segment, made_ms) VALUES($1, $2, 'pending', 2, $3, $4, $5, $6)",
            6);
        _insertSegment = new PreparedCommand(
            connection,
            """
            INSERT INTO segment(id, batch, first_reading, last_reading, operator_account, builder_account, operator_basis_points, creditable_mwh, served_seconds,
                micro_per_kwh, micro_per_hour, energy_micro, service_micro)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            13);
    }

    /// <summary>Forgets what was gathered; call it when a job begins, since the one before may have been rolled back.</summary>
    public void Begin()
    {
        _pendingChanges.Clear();
        _accounts.Clear();
    }

    /// <summary>Micro-credits that may still be issued.</summary>
    public static long Available(SqliteConnection connection) =>
        connection.ExecuteScalar<long>("SELECT pending_micro + posted_micro FROM account WHERE id = 2");

    /// <summary>Stores what a batch earned, without giving it to anybody yet.</summary>
    public StoredSegment Add(long batch, long sequence, Segment segment)
    {
        var stored = new StoredSegment
        {
            Id = batch * SegmentsPerBatch + segment.Number,
            OperatorAccount = AccountOf(Transfers.OperatorPrefix + segment.Terms.Operator),
            BuilderAccount = AccountOf(Transfers.CapitalBuilderPrefix + segment.Terms.CapitalBuilder),
            OperatorBasisPoints = segment.Terms.Agreement.OperatorBasisPoints,
            EnergyMicro = segment.EnergyMicro,
            ServiceMicro = segment.ServiceMicro,
        };
        _insertSegment.Run(
            stored.Id, batch, sequence + segment.FirstReading, sequence + segment.LastReading, stored.OperatorAccount, stored.BuilderAccount, stored.OperatorBasisPoints,
            segment.MilliwattHours, segment.ServedSeconds, segment.Terms.Tariff.MicroPerKilowattHour, segment.Terms.Tariff.MicroPerServedHour,
            segment.EnergyMicro, segment.ServiceMicro);
        return stored;
    }

    /// <summary>Gives a segment's credit to those who share it, pending.</summary>
    public void Issue(StoredSegment segment, byte[] payloadHash, long madeUnixMilliseconds)
    {
        Divide(segment, payloadHash, Transfers.Energy, segment.EnergyMicro, madeUnixMilliseconds);
        Divide(segment, payloadHash, Transfers.Service, segment.ServiceMicro, madeUnixMilliseconds);
    }

    /// <summary>Writes the gathered balances.</summary>
    public void WriteBalances()
    {
        foreach ((long account, long change) in _pendingChanges)
        {
            _connection.Execute("UPDATE account SET pending_micro = pending_micro + @change WHERE id = @account", new { account, change });
        }

        _pendingChanges.Clear();
    }

    /// <summary>Records money that came in; false when this reference is recorded already with the same amount.</summary>
    /// <exception cref="InvalidOperationException">The reference is recorded with another amount, or the ledger cannot hold more; nothing is recorded.</exception>
    public static bool Fund(SqliteConnection connection, string reference, long amountMicro, long madeUnixMilliseconds)
    {
        byte[] id = Transfers.FundingId(reference);
        if (connection.ExecuteScalar<long?>("SELECT amount_micro FROM transfer WHERE id = @id", new { id }) is { } recorded)
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

        connection.Execute(
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms) VALUES(@id, 'funding', 'posted', 1, 2, @amountMicro, @reference, @madeUnixMilliseconds)",
            new { id, amountMicro, reference, madeUnixMilliseconds });
        connection.Execute("UPDATE account SET posted_micro = posted_micro - @amountMicro WHERE id = 1", new { amountMicro });
        connection.Execute("UPDATE account SET posted_micro = posted_micro + @amountMicro WHERE id = 2", new { amountMicro });
        return true;
    }

    private void Divide(StoredSegment segment, byte[] payloadHash, string kind, long amountMicro, long madeUnixMilliseconds)
    {
        Shares shares = Shares.Of(amountMicro, new Agreement(segment.OperatorBasisPoints, Agreement.Whole - segment.OperatorBasisPoints));
        Give(0, segment.OperatorAccount, shares.OperatorMicro);
        Give(1, segment.BuilderAccount, shares.CapitalBuilderMicro);
        Give(2, Transfers.Reserve, shares.ReserveMicro);

        void Give(byte leg, long account, long amount)
        {
            if (amount > 0)
            {
                byte[] id = Transfers.IdOf(kind, payloadHash, (byte)(segment.Id % SegmentsPerBatch), leg, generation: 0);
                _insertTransfer.Run(id, kind, account, amount, segment.Id, madeUnixMilliseconds);
                Gather(account, amount);
                Gather(Transfers.Issued, -amount);
            }
        }
    }

    private void Gather(long account, long change)
    {
        _pendingChanges.TryGetValue(account, out long before);
        _pendingChanges[account] = checked(before + change);
    }

    private long AccountOf(string name)
    {
        if (!_accounts.TryGetValue(name, out long id))
        {
            id = _connection.ExecuteScalar<long?>("SELECT id FROM account WHERE name = @name", new { name })
                ?? _connection.ExecuteScalar<long>("INSERT INTO account(name) VALUES(@name) RETURNING id", new { name });
            _accounts[name] = id;
        }

        return id;
    }
}

/// <summary>What of a segment is needed to divide it, now or when funds come in.</summary>
internal sealed record StoredSegment
{
    public long Id { get; init; }

    public long OperatorAccount { get; init; }

    public long BuilderAccount { get; init; }

    public int OperatorBasisPoints { get; init; }

    public long EnergyMicro { get; init; }

    public long ServiceMicro { get; init; }
}
