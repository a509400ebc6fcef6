using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Upkeep;

/// <summary>Reads what was settled, and what it follows from.</summary>
internal static class SettlementCheckStore
{
    private const long SecondsPerDay = 86_400;

    // Who ever had less to come than was posted: accounts that owed, and nodes with a loan.
    private const string Debtors = "(b.node IN (SELECT node FROM loan) OR t.credit IN (SELECT x.credit FROM reversed r JOIN transfer x ON x.n = r.transfer))";

    /// <summary>Months of nodes with posted service of which nothing waits any more.</summary>
    public static IReadOnlyList<(long Node, long Month)> SettledMonths(DbConnection connection) =>
        [.. connection.Query<(long Node, long Day, long Posted, long Waiting)>(
            $"""
            SELECT b.node, s.opened_unix / {SecondsPerDay}, count(CASE WHEN t.state = 'posted' THEN 1 END), count(CASE WHEN t.state = 'pending' THEN 1 END)
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch WHERE t.kind = 'service' GROUP BY 1, 2
            UNION ALL
            SELECT b.node, s.opened_unix / {SecondsPerDay}, 0, count(*) FROM unfunded u JOIN segment s ON s.id = u.segment JOIN batch b ON b.id = s.batch GROUP BY 1, 2
            """)
            .GroupBy(row => (row.Node, Crediting.Month.Of(row.Day * SecondsPerDay).Number)).Where(rows => rows.Any(row => row.Posted > 0) && rows.All(row => row.Waiting == 0))
            .Select(rows => rows.Key).Order()];

    /// <summary>A month as it was settled, as text.</summary>
    public static string Month(DbConnection connection, long node, long month) =>
        connection.ExecuteScalar<string?>(
            "SELECT served_seconds || ' of ' || expected_seconds || ' s, ' || earned_micro || ' of ' || service_micro FROM availability WHERE node = @node AND month = @month", new { node, month })
        ?? "nothing";

    /// <summary>Credit that was posted for those who ever owed or borrowed, each named as its deductions name it.</summary>
    public static IEnumerable<PostedCredit> CreditOfDebtors(DbConnection connection)
    {
        IEnumerable<PostedCredit> energy = connection.Query<PostedCredit>(
            $"""
            SELECT lower(hex(t.id)) AS Reference, b.node AS Node, t.credit AS Account, CASE WHEN a.name LIKE 'operator:%' THEN 1 ELSE 0 END AS IsOperator, t.amount_micro AS AmountMicro, s.opened_unix AS OpenedUnixSeconds,
                t.settled_ms AS SettledUnixMilliseconds
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch JOIN account a ON a.id = t.credit WHERE t.kind = 'energy' AND t.state = 'posted' AND {Debtors}
            """);
        IEnumerable<PostedCredit> vouchers = connection.Query<PostedCredit>(
            $"""
            SELECT t.reference AS Reference, b.node AS Node, t.credit AS Account, CASE WHEN a.name LIKE 'operator:%' THEN 1 ELSE 0 END AS IsOperator, t.amount_micro AS AmountMicro, t.made_ms / 1000 AS OpenedUnixSeconds,
                t.made_ms AS SettledUnixMilliseconds
            FROM transfer t JOIN voucher b ON lower(hex(b.code_hash)) = substr(t.reference, 1, 64) JOIN account a ON a.id = t.credit WHERE t.kind = 'voucher' AND {Debtors}
            """);
        return energy.Concat(vouchers).Concat(Service(connection));
    }

    /// <summary>What went off accounts beside credit, and what reversals left owed, in the order of booking.</summary>
    public static IEnumerable<Deduction> Deductions(DbConnection connection) => connection.Query<Deduction>(
        """
        SELECT kind AS Kind, debit AS Account, amount_micro AS AmountMicro, reference AS Reference, made_ms AS MadeUnixMilliseconds FROM (
            SELECT n, kind, debit, amount_micro, reference, made_ms FROM transfer WHERE kind IN ('recovery', 'repayment')
            UNION ALL
            SELECT coalesce((SELECT min(n) FROM transfer WHERE kind = 'reversal' AND reference = lower(hex(t.id))), 0), 'reversal', t.credit, r.owed_micro, lower(hex(t.id)), e.at_ms
            FROM reversed r JOIN transfer t ON t.n = r.transfer JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch
                JOIN event e ON e.n = (SELECT min(n) FROM event WHERE kind = 'reversal' AND node = b.node AND s.opened_unix >= CAST(json_extract(content, '$.fromUnixSeconds') AS BIGINT)
                    AND s.opened_unix < CAST(json_extract(content, '$.toUnixSeconds') AS BIGINT) AND at_ms >= t.settled_ms)
        ) d ORDER BY made_ms, n, kind DESC
        """);

    /// <summary>Reversed transfers: what they gave, what was taken back and what is owed of it.</summary>
    public static IEnumerable<(string Id, string Kind, long AmountMicro, long TakenMicro, long OwedMicro)> Reversed(DbConnection connection) =>
        connection.Query<(string, string, long, long, long)>(
            """
            SELECT lower(hex(t.id)), t.kind, t.amount_micro, coalesce((SELECT max(amount_micro) FROM transfer WHERE kind = 'reversal' AND reference = lower(hex(t.id))), 0), r.owed_micro
            FROM reversed r JOIN transfer t ON t.n = r.transfer
            """);

    /// <summary>Where reversals do not add up to what people decided.</summary>
    public static IEnumerable<string> ReversalSums(DbConnection connection)
    {
        foreach ((string what, string field, string sum) in ((string, string, string)[])
        [
            ("reversals", "reversedMicro", "SELECT sum(amount_micro) FROM transfer WHERE kind = 'reversal'"),
            ("debts left by reversals", "owedMicro", "SELECT sum(owed_micro) FROM reversed"),
            ("voided transfers", "voidedMicro", "SELECT sum(amount_micro) FROM transfer WHERE state = 'voided'"),
        ])
        {
            (long booked, long decided) = connection.QuerySingle<(long, long)>(
                $"SELECT CAST(coalesce(({sum}), 0) AS BIGINT), CAST(coalesce((SELECT sum(CAST(json_extract(content, '$.{field}') AS BIGINT)) FROM event WHERE kind = 'reversal'), 0) AS BIGINT)");
            if (booked != decided)
            {
                yield return $"{what}: they add up to {booked}; the decisions say {decided}";
            }
        }
    }

    /// <summary>Payouts that are not what their run took, went to another address, or whose result was not booked.</summary>
    public static IEnumerable<string> Payouts(DbConnection connection) => connection.Query<string>(
        """
        SELECT 'payout run ' || r.id || ': no event made it as it stands' FROM payout_run r WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'payout' AND CAST(json_extract(e.content, '$.run') AS BIGINT) = r.id
            AND CAST(json_extract(e.content, '$.accounts') AS BIGINT) = (SELECT count(*) FROM payout WHERE run = r.id) AND CAST(json_extract(e.content, '$.sumMicro') AS BIGINT) = (SELECT sum(amount_micro) FROM payout WHERE run = r.id))
        UNION ALL
        SELECT 'payout ' || o.reference || ': its account had ' || had || ' posted, not ' || o.amount_micro FROM (
            SELECT o.*, (SELECT coalesce(sum(CASE WHEN t.credit = o.account THEN t.amount_micro ELSE -t.amount_micro END), 0) FROM transfer t
                WHERE (t.credit = o.account OR t.debit = o.account) AND t.state = 'posted' AND t.n <> p.n AND (t.settled_ms < p.made_ms OR (t.settled_ms = p.made_ms AND t.n < p.n))) AS had
            FROM payout o JOIN transfer p ON p.kind = 'payout' AND p.reference = o.reference) o WHERE had <> o.amount_micro
        UNION ALL
        SELECT 'payout ' || o.reference || ': it went to another address than the account''s' FROM payout o JOIN payout_run r ON r.id = o.run
            WHERE o.phone <> coalesce((SELECT phone FROM payee WHERE account = o.account AND from_ms <= r.made_ms ORDER BY from_ms DESC, id DESC LIMIT 1), '')
        UNION ALL
        SELECT 'payout ' || o.reference || ': it is recorded as ' || o.state || ', and its transfers say otherwise' FROM payout o
            WHERE (o.state = 'paid') <> EXISTS(SELECT 1 FROM transfer WHERE kind = 'paid' AND reference = o.reference AND amount_micro = o.amount_micro)
                OR (o.state = 'failed') <> EXISTS(SELECT 1 FROM transfer WHERE kind = 'returned' AND reference = o.reference AND amount_micro = o.amount_micro AND credit = o.account)
        """);

    // Service is settled month by month: what was posted at once counts together with what availability took of it at that moment.
    private static IEnumerable<PostedCredit> Service(DbConnection connection)
    {
        IEnumerable<PostedCredit> days = connection.Query<PostedCredit>(
            $"""
            SELECT '' AS Reference, b.node AS Node, t.credit AS Account, CASE WHEN a.name LIKE 'operator:%' THEN 1 ELSE 0 END AS IsOperator, CAST(sum(t.amount_micro) AS BIGINT) AS AmountMicro,
                min(s.opened_unix) AS OpenedUnixSeconds, t.settled_ms AS SettledUnixMilliseconds
            FROM transfer t JOIN segment s ON s.id = t.segment JOIN batch b ON b.id = s.batch JOIN account a ON a.id = t.credit
            WHERE t.kind = 'service' AND t.state = 'posted' AND {Debtors} GROUP BY b.node, t.credit, a.name, t.settled_ms, s.opened_unix / {SecondsPerDay}
            """);
        foreach (IGrouping<(long Node, Crediting.Month Month, long Account, long SettledUnixMilliseconds), PostedCredit> month in days
            .GroupBy(day => (day.Node, Crediting.Month.Of(day.OpenedUnixSeconds), day.Account, day.SettledUnixMilliseconds)))
        {
            string prefix = $"{month.Key.Node}/{month.Key.Month}/{month.Key.Account}/";
            (string? reference, long before, long changeMicro) = connection.QuerySingle<(string?, long, long)>(
                """
                SELECT min(CASE WHEN made_ms = @SettledUnixMilliseconds THEN reference END), count(CASE WHEN made_ms < @SettledUnixMilliseconds THEN 1 END),
                    CAST(coalesce(sum(CASE WHEN made_ms = @SettledUnixMilliseconds THEN (CASE WHEN credit = @Account THEN amount_micro ELSE -amount_micro END) END), 0) AS BIGINT)
                FROM transfer WHERE kind = 'availability' AND reference >= @prefix AND reference < @prefix || '~'
                """,
                new { prefix, month.Key.Account, month.Key.SettledUnixMilliseconds });
            yield return month.First() with
            {
                Reference = reference ?? $"{prefix}{before + 1:00000}",
                AmountMicro = Math.Max(0, month.Sum(day => day.AmountMicro) + changeMicro),
                OpenedUnixSeconds = month.Key.Month.FromUnixSeconds,
            };
        }
    }
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
