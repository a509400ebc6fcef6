using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Ledger;

/// <summary>Where money is sent, and what became of it.</summary>
internal static class PayoutStore
{
    /// <summary>Stores an address that counts from a moment on.</summary>
    public static void InsertPayee(DbConnection connection, long account, string phone, string? name, long fromUnixMilliseconds) =>
        connection.Execute("INSERT INTO payee(account, phone, name, from_ms) VALUES(@account, @phone, @name, @fromUnixMilliseconds)", new { account, phone, name, fromUnixMilliseconds });

    /// <summary>Row of a person's account, or null.</summary>
    public static long? PersonAccount(DbConnection connection, string name) =>
        connection.ExecuteScalar<long?>("SELECT id FROM account WHERE name = @name AND id > @PaidOut", new { name, Transfers.PaidOut });

    /// <summary>Accounts with at least so much to pay out, an address that counts, and no payout under way.</summary>
    public static IReadOnlyList<(long Account, string Name, string Phone, string? PayeeName, long PostedMicro)> Payable(DbConnection connection, long minimumMicro, long nowUnixMilliseconds) =>
        connection.Query<(long, string, string, string?, long)>(
            """
            SELECT a.id, a.name, p.phone, p.name, a.posted_micro FROM account a JOIN payee p ON p.id = (
                SELECT id FROM payee WHERE account = a.id AND from_ms <= @nowUnixMilliseconds ORDER BY from_ms DESC, id DESC LIMIT 1)
            WHERE a.id > @PaidOut AND a.posted_micro >= @minimumMicro AND a.owed_micro = 0
                AND NOT EXISTS(SELECT 1 FROM payout WHERE account = a.id AND state IN ('sent', 'unknown')) ORDER BY a.name
            """,
            new { minimumMicro, nowUnixMilliseconds, Transfers.PaidOut }).AsList();

    /// <summary>Begins a run.</summary>
    public static long InsertRun(DbConnection connection, string by, long nowUnixMilliseconds) =>
        connection.ExecuteScalar<long>("INSERT INTO payout_run(made_ms, by) VALUES(@nowUnixMilliseconds, @by) RETURNING id", new { by, nowUnixMilliseconds });

    /// <summary>Adds a person's money to a run.</summary>
    public static void Insert(DbConnection connection, string reference, long run, long account, string phone, string? payeeName, long amountMicro) =>
        connection.Execute(
            "INSERT INTO payout(reference, run, account, phone, payee_name, amount_micro) VALUES(@reference, @run, @account, @phone, @payeeName, @amountMicro)",
            new { reference, run, account, phone, payeeName, amountMicro });

    /// <summary>The payouts of a run, with those of earlier runs of which nobody knows what became of them: they keep their references.</summary>
    public static IReadOnlyList<PayoutRow> ToSend(DbConnection connection, long run) => Query(connection, "WHERE o.run = @run OR (o.run < @run AND o.state = 'unknown') ORDER BY o.run, a.name", new { run });

    /// <summary>A payout, or null.</summary>
    public static PayoutRow? Find(DbConnection connection, string reference) => Query(connection, "WHERE o.reference = @reference", new { reference }).SingleOrDefault();

    /// <summary>The last payouts.</summary>
    public static IReadOnlyList<PayoutRow> Page(DbConnection connection, int limit, long run = long.MaxValue, string afterAccount = "") =>
        Query(connection, "WHERE (-o.run, a.name) > (-@run, @afterAccount) ORDER BY o.run DESC, a.name LIMIT @limit", new { limit, run, afterAccount });

    /// <summary>Whether there is such a run.</summary>
    public static bool HasRun(DbConnection connection, long run) => connection.ExecuteScalar<bool>("SELECT EXISTS(SELECT 1 FROM payout_run WHERE id = @run)", new { run });

    /// <summary>Writes what became of one.</summary>
    public static void End(DbConnection connection, string reference, string state, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE payout SET state = @state, result_ms = @nowUnixMilliseconds WHERE reference = @reference", new { reference, state, nowUnixMilliseconds });

    private static IReadOnlyList<PayoutRow> Query(DbConnection connection, string rest, object parameters) =>
        connection.Query<PayoutRow>(
            $"""
            SELECT o.reference AS Reference, o.run AS Run, o.account AS AccountRow, a.name AS Account, o.phone AS Phone, o.payee_name AS PayeeName, o.amount_micro AS AmountMicro, o.state AS State,
                o.result_ms AS ResultUnixMilliseconds FROM payout o JOIN account a ON a.id = o.account {rest}
            """,
            parameters).AsList();
}

/// <summary>One person's money in a run.</summary>
public sealed record PayoutRow
{
    /// <summary>What names it to the mobile-money provider; the same until it is paid or failed.</summary>
    public required string Reference { get; init; }

    /// <summary>The run that made it.</summary>
    public long Run { get; init; }

    /// <summary>Whose.</summary>
    public required string Account { get; init; }

    /// <summary>Where to.</summary>
    public required string Phone { get; init; }

    /// <summary>Under which name the provider knows who is paid, or null.</summary>
    public string? PayeeName { get; init; }

    /// <summary>How much.</summary>
    public long AmountMicro { get; init; }

    /// <summary>sent, unknown, paid or failed.</summary>
    public required string State { get; init; }

    /// <summary>When the last result came.</summary>
    public long? ResultUnixMilliseconds { get; init; }

    internal long AccountRow { get; init; }
}
