using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Writes transfers on the writing connection. Commands are prepared once; balances are gathered and written once for many
/// transfers. Used inside one job of the store's writer, so all of it commits or none.
/// </summary>
internal sealed class LedgerStore
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly Dictionary<string, long> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, long> _pendingChanges = [];

    public LedgerStore(SqliteConnection connection)
    {
        _connection = connection;
        _insert = connection.CreateCommand();
        _insert.CommandText =
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, batch, made_ms) VALUES($id, $kind, 'pending', 2, $credit, $amount, $batch, $made)";
        foreach (string name in (string[])["$id", "$kind", "$credit", "$amount", "$batch", "$made"])
        {
            _insert.Parameters.AddWithValue(name, DBNull.Value);
        }
    }

    /// <summary>Forgets what was gathered; call it when a job begins, since the one before may have been rolled back.</summary>
    public void Begin()
    {
        _pendingChanges.Clear();
        _accounts.Clear();
    }

    /// <summary>Micro-credits that may still be issued.</summary>
    public long Available() => _connection.ExecuteScalar<long>("SELECT pending_micro + posted_micro FROM account WHERE id = 2");

    /// <summary>Takes an amount from what is issued and gives it to an account, pending; nothing for an amount of 0.</summary>
    public void Issue(byte[] id, string kind, string account, long amountMicro, long batch, long madeMilliseconds)
    {
        if (amountMicro == 0)
        {
            return;
        }

        long credit = AccountOf(account);
        _insert.Parameters["$id"].Value = id;
        _insert.Parameters["$kind"].Value = kind;
        _insert.Parameters["$credit"].Value = credit;
        _insert.Parameters["$amount"].Value = amountMicro;
        _insert.Parameters["$batch"].Value = batch;
        _insert.Parameters["$made"].Value = madeMilliseconds;
        _insert.ExecuteNonQuery();
        Gather(credit, amountMicro);
        Gather(LedgerNames.Issued, -amountMicro);
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
    /// <exception cref="InvalidOperationException">The reference is recorded with another amount.</exception>
    public static bool Fund(SqliteConnection connection, string reference, long amountMicro, long madeMilliseconds)
    {
        byte[] id = LedgerNames.FundingId(reference);
        long? recorded = connection.ExecuteScalar<long?>("SELECT amount_micro FROM transfer WHERE id = @id", new { id });
        if (recorded is { } amount)
        {
            return amount == amountMicro
                ? false
                : throw new InvalidOperationException($"The reference {reference} is recorded with {amount} micro-credits; use another reference for another funding.");
        }

        connection.Execute(
            "INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms) VALUES(@id, 'funding', 'posted', 1, 2, @amountMicro, @reference, @madeMilliseconds)",
            new { id, amountMicro, reference, madeMilliseconds });
        connection.Execute("UPDATE account SET posted_micro = posted_micro - @amountMicro WHERE id = 1", new { amountMicro });
        connection.Execute("UPDATE account SET posted_micro = posted_micro + @amountMicro WHERE id = 2", new { amountMicro });
        return true;
    }

    /// <summary>All accounts with their balances, by name.</summary>
    public static IReadOnlyList<AccountRow> Accounts(SqliteConnection connection) =>
        connection.Query<AccountRow>("SELECT name AS Name, pending_micro AS PendingMicro, posted_micro AS PostedMicro FROM account ORDER BY name").AsList();

    /// <summary>The balances of all accounts added up; always 0.</summary>
    public static long Sum(SqliteConnection connection) => connection.ExecuteScalar<long>("SELECT sum(pending_micro + posted_micro) FROM account");

    /// <summary>Micro-credits given to people and the reserve, pending and posted.</summary>
    public static long Credited(SqliteConnection connection) =>
        connection.ExecuteScalar<long>("SELECT coalesce(sum(pending_micro + posted_micro), 0) FROM account WHERE id NOT IN (1, 2)");

    private void Gather(long account, long change)
    {
        _pendingChanges.TryGetValue(account, out long before);
        _pendingChanges[account] = checked(before + change);
    }

    private long AccountOf(string name)
    {
        if (!_accounts.TryGetValue(name, out long id))
        {
            _connection.Execute("INSERT INTO account(name) VALUES(@name) ON CONFLICT(name) DO NOTHING", new { name });
            id = _connection.ExecuteScalar<long>("SELECT id FROM account WHERE name = @name", new { name });
            _accounts[name] = id;
        }

        return id;
    }
}

/// <summary>An account and its balances, micro-credits.</summary>
public sealed record AccountRow(string Name, long PendingMicro, long PostedMicro);
