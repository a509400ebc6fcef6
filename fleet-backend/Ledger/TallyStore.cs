using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Ledger;

/// <summary>The fleet in sums that are kept with every booking; nothing here scans a table that grows with the fleet's age.</summary>
public static class TallyStore
{
    /// <summary>What the tallies of held readings begin with; the verdict's name follows.</summary>
    public const string Held = "held:";

    /// <summary>What the tallies of refused readings begin with; the verdict's name follows.</summary>
    public const string Refused = "refused:";

    private const int Counted = 10_000;

    /// <summary>The sums by their names: batches, readings, credited, held:NAME, refused:NAME.</summary>
    public static IReadOnlyDictionary<string, long> All(DbConnection connection) =>
        connection.Query<(string Name, long Value)>("SELECT name, value FROM tally").ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal);

    /// <summary>
    /// Stored batches, and their readings, that are not judged yet. More than 10,000 are taken from their numbers, of which failed transactions may have used
    /// up a few, and their readings from those of the first: who looks asks every second, and an outage leaves a million.
    /// </summary>
    public static (long Batches, long Readings) Waiting(DbConnection connection)
    {
        (long cursor, _) = BacklogStore.Book(connection);
        (long batches, long readings) = connection.QuerySingle<(long, long)>(
            "SELECT count(*), CAST(coalesce(sum(next_sequence - sequence), 0) AS BIGINT) FROM (SELECT sequence, next_sequence FROM batch WHERE id > @cursor ORDER BY id LIMIT @Counted) first",
            new { cursor, Counted });
        long all = batches < Counted ? batches : BacklogStore.Newest(connection) - cursor;
        return (all, batches < Counted ? readings : (long)((double)readings / batches * all));
    }

    /// <summary>Energy of the whole fleet in quarters of an hour from one on, oldest first.</summary>
    public static IReadOnlyList<EnergyQuarter> Energy(DbConnection connection, long fromQuarter, long toQuarter) =>
        [.. connection.Query<(long, long, long)>(
            "SELECT quarter, harvested_mwh, delivered_mwh FROM energy_quarter WHERE quarter BETWEEN @fromQuarter AND @toQuarter ORDER BY quarter",
            new { fromQuarter, toQuarter }).Select(row => new EnergyQuarter(row.Item1, row.Item2, row.Item3))];

    /// <summary>Batches kept as evidence of a fork; bounded for each node.</summary>
    public static long Forks(DbConnection connection) => connection.ExecuteScalar<long>("SELECT count(*) FROM evidence");

    /// <summary>All accounts with their balances, by name.</summary>
    public static IReadOnlyList<AccountRow> Accounts(DbConnection connection) =>
        Accounts(connection, "", int.MaxValue);

    /// <summary>Accounts after a name.</summary>
    public static IReadOnlyList<AccountRow> Accounts(DbConnection connection, string after, int limit) => connection.Query<AccountRow>(
        "SELECT name AS Name, pending_micro AS PendingMicro, posted_micro AS PostedMicro FROM account WHERE name > @after ORDER BY name LIMIT @limit", new { after, limit }).AsList();

    /// <summary>An account by its name, or null.</summary>
    public static AccountRow? Account(DbConnection connection, string name) =>
        connection.QuerySingleOrDefault<AccountRow>("SELECT name AS Name, pending_micro AS PendingMicro, posted_micro AS PostedMicro FROM account WHERE name = @name", new { name });

    /// <summary>An account as it stood at a moment, reckoned from its transfers; null where there is none of this name.</summary>
    public static AccountRow? AccountAt(DbConnection connection, string name, long unixMilliseconds) =>
        connection.QuerySingleOrDefault<AccountRow>(
            """
            SELECT a.name AS Name,
                CAST(coalesce(sum(CASE WHEN t.settled_ms IS NULL OR t.settled_ms > @unixMilliseconds THEN (CASE WHEN t.credit = a.id THEN t.amount_micro ELSE -t.amount_micro END) END), 0) AS BIGINT) AS PendingMicro,
                CAST(coalesce(sum(CASE WHEN t.settled_ms <= @unixMilliseconds AND t.state = 'posted' THEN (CASE WHEN t.credit = a.id THEN t.amount_micro ELSE -t.amount_micro END) END), 0) AS BIGINT) AS PostedMicro
            FROM account a LEFT JOIN transfer t ON (t.credit = a.id OR t.debit = a.id) AND t.made_ms <= @unixMilliseconds WHERE a.name = @name GROUP BY a.name
            """,
            new { name, unixMilliseconds });

    /// <summary>The balances of all accounts added up (always 0), and what people and the reserve have of them.</summary>
    public static (long Sum, long CreditedMicro) Balances(DbConnection connection) =>
        connection.QuerySingle<(long, long)>("SELECT CAST(sum(pending_micro + posted_micro) AS BIGINT), CAST(coalesce(sum(CASE WHEN id > 2 THEN pending_micro + posted_micro END), 0) AS BIGINT) FROM account");
}

/// <summary>An account and its balances, micro-credits.</summary>
public sealed record AccountRow
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What waits for the long checks.</summary>
    public long PendingMicro { get; init; }

    /// <summary>What can be paid out.</summary>
    public long PostedMicro { get; init; }
}
