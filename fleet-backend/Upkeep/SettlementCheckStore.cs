using Dapper;
using DePin.Fleet.Ledger;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Upkeep;

/// <summary>Reads what was settled, and what it follows from.</summary>
internal static class SettlementCheckStore
{
    private const string MonthOfSegment = "CAST(strftime('%Y', s.opened_unix, 'unixepoch') AS INTEGER) * 12 + CAST(strftime('%m', s.opened_unix, 'unixepoch') AS INTEGER) - 1";

    // Who ever had less to come than was posted: accounts that owed, and nodes with a loan.
    private const string Debtors = "(b.node IN (SELECT node FROM loan) OR t.credit IN (SELECT x.credit FROM reversed r JOIN transfer x ON x.n = r.transfer))";

    /// <summary>Months of nodes with posted service of which nothing waits any more.</summary>
    public static IReadOnlyList<(long Node, long Month)> SettledMonths(SqliteConnection connection) =>
        connection.Query<(long, long)>(
            $"""
            SELECT b.node, {MonthOfSegment} AS month FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch WHERE t.kind = 'service' GROUP BY 1, 2
            HAVING sum(t.state = 'pending') = 0 AND sum(t.state = 'posted') > 0
            EXCEPT SELECT b.node, {MonthOfSegment} FROM unfunded u JOIN segment s ON s.id = u.segment JOIN batch b ON b.id = s.batch
            """).AsList();

    /// <summary>A month as it was settled, as text.</summary>
    public static string Month(SqliteConnection connection, long node, long month) =>
        connection.ExecuteScalar<string?>(
            "SELECT served_seconds || ' of ' || expected_seconds || ' s, ' || earned_micro || ' of ' || service_micro FROM availability WHERE node = @node AND month = @month", new { node, month })
        ?? "nothing";

    /// <summary>Credit that was posted for those who ever owed or borrowed, each named as its deductions name it.</summary>
    public static IEnumerable<PostedCredit> CreditOfDebtors(SqliteConnection connection)
    {
        IEnumerable<PostedCredit> energy = connection.Query<PostedCredit>(
            $"""
            SELECT lower(hex(t.id)) AS Reference, b.node AS Node, t.credit AS Account, a.name LIKE 'operator:%' AS IsOperator, t.amount_micro AS AmountMicro, s.opened_unix AS OpenedUnixSeconds,
                t.settled_ms AS SettledUnixMilliseconds
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch JOIN account a ON a.id = t.credit WHERE t.kind = 'energy' AND t.state = 'posted' AND {Debtors}
            """);
        IEnumerable<PostedCredit> vouchers = connection.Query<PostedCredit>(
            $"""
            SELECT t.reference AS Reference, b.node AS Node, t.credit AS Account, a.name LIKE 'operator:%' AS IsOperator, t.amount_micro AS AmountMicro, t.made_ms / 1000 AS OpenedUnixSeconds,
                t.made_ms AS SettledUnixMilliseconds
            FROM transfer t JOIN voucher b ON lower(hex(b.code_hash)) = substr(t.reference, 1, 64) JOIN account a ON a.id = t.credit WHERE t.kind = 'voucher' AND {Debtors}
            """);
        return energy.Concat(vouchers).Concat(Service(connection));
    }

    /// <summary>What went off accounts beside credit, and what reversals left owed, in the order of booking.</summary>
    public static IEnumerable<Deduction> Deductions(SqliteConnection connection) => connection.Query<Deduction>(
        """
        SELECT kind AS Kind, debit AS Account, amount_micro AS AmountMicro, reference AS Reference, made_ms AS MadeUnixMilliseconds FROM (
            SELECT n, kind, debit, amount_micro, reference, made_ms FROM transfer WHERE kind IN ('recovery', 'repayment')
            UNION ALL
            SELECT coalesce((SELECT n FROM transfer WHERE kind = 'reversal' AND reference = lower(hex(t.id))), 0), 'reversal', t.credit, r.owed_micro, lower(hex(t.id)), e.at_ms
            FROM reversed r JOIN transfer t ON t.n = r.transfer JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch
                JOIN event e ON e.n = (SELECT min(n) FROM event WHERE kind = 'reversal' AND node = b.node AND s.opened_unix >= json_extract(content, '$.fromUnixSeconds')
                    AND s.opened_unix < json_extract(content, '$.toUnixSeconds') AND at_ms >= t.settled_ms)
        ) ORDER BY made_ms, n, kind DESC
        """);

    /// <summary>Reversed transfers: what they gave, what was taken back and what is owed of it.</summary>
    public static IEnumerable<(string Id, string Kind, long AmountMicro, long TakenMicro, long OwedMicro)> Reversed(SqliteConnection connection) =>
        connection.Query<(string, string, long, long, long)>(
            """
            SELECT lower(hex(t.id)), t.kind, t.amount_micro, coalesce((SELECT amount_micro FROM transfer WHERE kind = 'reversal' AND reference = lower(hex(t.id))), 0), r.owed_micro
            FROM reversed r JOIN transfer t ON t.n = r.transfer
            """);

    /// <summary>Where reversals do not add up to what people decided.</summary>
    public static IEnumerable<string> ReversalSums(SqliteConnection connection)
    {
        foreach ((string what, string field, string sum) in ((string, string, string)[])
        [
            ("reversals", "reversedMicro", "SELECT sum(amount_micro) FROM transfer WHERE kind = 'reversal'"),
            ("debts left by reversals", "owedMicro", "SELECT sum(owed_micro) FROM reversed"),
            ("voided transfers", "voidedMicro", "SELECT sum(amount_micro) FROM transfer WHERE state = 'voided'"),
        ])
        {
            (long booked, long decided) = connection.QuerySingle<(long, long)>($"SELECT coalesce(({sum}), 0), coalesce((SELECT sum(json_extract(content, '$.{field}')) FROM event WHERE kind = 'reversal'), 0)");
            if (booked != decided)
            {
                yield return $"{what}: they add up to {booked}; the decisions say {decided}";
            }
        }
    }

    /// <summary>Payouts that are not what their run took, went to another address, or whose result was not booked.</summary>
    public static IEnumerable<string> Payouts(SqliteConnection connection) => connection.Query<string>(
        """
        SELECT 'payout run ' || r.id || ': no event made it as it stands' FROM payout_run r WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'payout' AND json_extract(e.content, '$.run') = r.id
            AND json_extract(e.content, '$.accounts') = (SELECT count(*) FROM payout WHERE run = r.id) AND json_extract(e.content, '$.sumMicro') = (SELECT sum(amount_micro) FROM payout WHERE run = r.id))
        UNION ALL
        SELECT 'payout ' || o.reference || ': its account had ' || had || ' posted, not ' || o.amount_micro FROM (
            SELECT o.*, (SELECT coalesce(sum(CASE WHEN t.credit = o.account THEN t.amount_micro ELSE -t.amount_micro END), 0) FROM transfer t
                WHERE (t.credit = o.account OR t.debit = o.account) AND t.state = 'posted' AND t.n <> p.n AND (t.settled_ms < p.made_ms OR (t.settled_ms = p.made_ms AND t.n < p.n))) AS had
            FROM payout o JOIN transfer p ON p.kind = 'payout' AND p.reference = o.reference) o WHERE had <> o.amount_micro
        UNION ALL
        SELECT 'payout ' || o.reference || ': it went to another address than the account''s' FROM payout o JOIN payout_run r ON r.id = o.run
            WHERE o.phone IS NOT (SELECT phone FROM payee WHERE account = o.account AND from_ms <= r.made_ms ORDER BY from_ms DESC, id DESC LIMIT 1)
        UNION ALL
        SELECT 'payout ' || o.reference || ': it is recorded as ' || o.state || ', and its transfers say otherwise' FROM payout o
            WHERE (o.state = 'paid') <> EXISTS(SELECT 1 FROM transfer WHERE kind = 'paid' AND reference = o.reference AND amount_micro = o.amount_micro)
                OR (o.state = 'failed') <> EXISTS(SELECT 1 FROM transfer WHERE kind = 'returned' AND reference = o.reference AND amount_micro = o.amount_micro AND credit = o.account)
        """);

    // Service is settled month by month: what was posted at once counts together with what availability took of it at that moment.
    private static IEnumerable<PostedCredit> Service(SqliteConnection connection) => connection.Query<PostedCredit>(
        $"""
        SELECT g.prefix || printf('%05d', coalesce((SELECT CAST(substr(reference, length(g.prefix) + 1) AS INTEGER) FROM transfer
                WHERE kind = 'availability' AND reference >= g.prefix AND reference < g.prefix || '~' AND made_ms = g.settled_ms),
                1 + (SELECT count(*) FROM transfer WHERE kind = 'availability' AND reference >= g.prefix AND reference < g.prefix || '~' AND made_ms < g.settled_ms))) AS Reference,
            g.node AS Node, g.account AS Account, g.is_operator AS IsOperator, g.month_from AS OpenedUnixSeconds, g.settled_ms AS SettledUnixMilliseconds,
            max(0, g.micro + coalesce((SELECT sum(CASE WHEN credit = g.account THEN amount_micro ELSE -amount_micro END) FROM transfer
                WHERE kind = 'availability' AND reference >= g.prefix AND reference < g.prefix || '~' AND made_ms = g.settled_ms), 0)) AS AmountMicro
        FROM (
            SELECT b.node || '/' || strftime('%Y-%m', s.opened_unix, 'unixepoch') || '/' || t.credit || '/' AS prefix, b.node AS node, t.credit AS account, a.name LIKE 'operator:%' AS is_operator,
                CAST(strftime('%s', s.opened_unix, 'unixepoch', 'start of month') AS INTEGER) AS month_from, t.settled_ms AS settled_ms, sum(t.amount_micro) AS micro
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch JOIN account a ON a.id = t.credit
            WHERE t.kind = 'service' AND t.state = 'posted' AND {Debtors} GROUP BY 1, 6) g
        """);
}

/// <summary>Credit that became money.</summary>
internal sealed record PostedCredit
{
    public required string Reference { get; init; }

    public long Node { get; init; }

    public long Account { get; init; }

    public bool IsOperator { get; init; }

    public long AmountMicro { get; init; }

    public long OpenedUnixSeconds { get; init; }

    public long SettledUnixMilliseconds { get; init; }
}

/// <summary>What went off an account, or what a reversal left it to owe.</summary>
internal sealed record Deduction
{
    public required string Kind { get; init; }

    public long Account { get; init; }

    public long AmountMicro { get; init; }

    public required string Reference { get; init; }

    public long MadeUnixMilliseconds { get; init; }
}
