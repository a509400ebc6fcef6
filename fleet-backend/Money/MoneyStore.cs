using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Money;

/// <summary>Reads what the pages over money show beside what the ledger's own stores read.</summary>
internal static class MoneyStore
{
    /// <summary>Names of accounts: of these, those that there are; for null the first of all.</summary>
    public static IReadOnlyList<string> Names(DbConnection connection, string[]? own, int limit) => own is null
        ? connection.Query<string>("SELECT name FROM account ORDER BY name LIMIT @limit", new { limit }).AsList()
        : [.. own.Where(name => TallyStore.Account(connection, name) is not null).Order(StringComparer.Ordinal).Take(limit)];

    /// <summary>Accounts whose name has a part, after a name; those that owe alone, where asked.</summary>
    public static IReadOnlyList<MoneyAccount> Accounts(DbConnection connection, string part, bool owing, string after, int limit) => connection.Query<MoneyAccount>(
        """
        SELECT name AS Name, pending_micro AS PendingMicro, posted_micro AS PostedMicro, owed_micro AS OwedMicro FROM account
        WHERE name > @after AND (@part = '' OR replace(name, @part, '') <> name) AND (@owing = 0 OR owed_micro > 0) ORDER BY name LIMIT @limit
        """,
        new { part, owing, after, limit }).AsList();

    /// <summary>What came in, what of it may still be credited, and what people and the reserve have, pending and posted; and what is owed in all.</summary>
    public static (long FundedMicro, long AvailableMicro, long PendingMicro, long PostedMicro, long OwedMicro) Totals(DbConnection connection) => connection.QuerySingle<(long, long, long, long, long)>(
        """
        SELECT CAST(-sum(CASE WHEN id = 1 THEN posted_micro END) AS BIGINT), CAST(sum(CASE WHEN id = 2 THEN pending_micro + posted_micro END) AS BIGINT),
            CAST(coalesce(sum(CASE WHEN id = 3 OR id > 5 THEN pending_micro END), 0) AS BIGINT), CAST(coalesce(sum(CASE WHEN id = 3 OR id > 5 THEN posted_micro END), 0) AS BIGINT), CAST(sum(owed_micro) AS BIGINT)
        FROM account
        """);

    /// <summary>Payout runs, the last first.</summary>
    public static IReadOnlyList<MoneyRun> Runs(DbConnection connection, int limit) => connection.Query<MoneyRun>(
        """
        SELECT r.id AS Run, r.made_ms AS MadeUnixMilliseconds, r.by AS By, count(o.reference) AS Payouts, CAST(coalesce(sum(o.amount_micro), 0) AS BIGINT) AS AmountMicro, count(CASE WHEN o.state = 'sent' THEN 1 END) AS Sent,
            count(CASE WHEN o.state = 'unknown' THEN 1 END) AS Unknown, count(CASE WHEN o.state = 'paid' THEN 1 END) AS Paid, count(CASE WHEN o.state = 'failed' THEN 1 END) AS Failed
        FROM (SELECT id, made_ms, by FROM payout_run ORDER BY id DESC LIMIT @limit) r LEFT JOIN payout o ON o.run = r.id GROUP BY r.id, r.made_ms, r.by ORDER BY r.id DESC
        """,
        new { limit }).AsList();
}

/// <summary>An account with its balances and what it owes, micro-credits.</summary>
internal sealed record MoneyAccount
{
    public required string Name { get; init; }

    public long PendingMicro { get; init; }

    public long PostedMicro { get; init; }

    public long OwedMicro { get; init; }
}

/// <summary>A payout run, and how many of its payouts stand how.</summary>
internal sealed record MoneyRun
{
    public long Run { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public required string By { get; init; }

    public long Payouts { get; init; }

    public long AmountMicro { get; init; }

    public long Sent { get; init; }

    public long Unknown { get; init; }

    public long Paid { get; init; }

    public long Failed { get; init; }
}
