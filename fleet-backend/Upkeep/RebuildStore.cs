using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>Reads everything that the books hold, to compare it with what follows from batches and events.</summary>
internal static class RebuildStore
{
    /// <summary>Nodes: row, name and key.</summary>
    public static IReadOnlyList<(long Id, string NodeId, byte[] PublicKey)> Nodes(DbConnection connection) =>
        connection.Query<(long, string, byte[])>("SELECT id, node_id, public_key FROM node ORDER BY id").AsList();

    /// <summary>What a batch's verdicts are stored as, or null.</summary>
    public static StoredVerdict? Verdict(DbConnection connection, long batch) => connection.QuerySingleOrDefault<StoredVerdict>(
        "SELECT readings AS Readings, credited AS Credited, held AS Held, refused AS Refused, unfunded AS Unfunded, opened_unix AS OpenedUnixSeconds, detail AS Detail FROM verdict WHERE batch = @batch",
        new { batch });

    /// <summary>A batch's segments as text, in their order.</summary>
    public static IReadOnlyList<(long Id, string Text, long IsUnfunded)> Segments(DbConnection connection, long batch) =>
        connection.Query<(long, string, long)>(
            """
            SELECT id, first_reading || '-' || last_reading || ' pairing ' || pairing || ' agreement ' || agreement || ' tariff ' || tariff || ' opened ' || opened_unix || ': ' ||
                creditable_mwh || ' mWh, ' || served_seconds || ' s, ' || energy_micro || ' + ' || service_micro,
                CASE WHEN EXISTS(SELECT 1 FROM unfunded u WHERE u.segment = s.id) THEN 1 ELSE 0 END
            FROM segment s WHERE id BETWEEN @batch * 128 AND @batch * 128 + 127 ORDER BY id
            """,
            new { batch }).AsList();

    /// <summary>A segment's transfers as text, in the order of their ids; each read by its number, since an index that has the id would answer for a row that was changed.</summary>
    public static IReadOnlyList<string> Transfers(DbConnection connection, long segment) =>
        connection.Query<string>(
            """
            SELECT lower(hex(t.id)) || ' ' || t.kind || ' ' || t.amount_micro || ' from ' || d.name || ' to ' || c.name
            FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit WHERE t.n IN (SELECT n FROM transfer WHERE segment = @segment) ORDER BY t.id
            """,
            new { segment }).AsList();

    /// <summary>A batch's holds as text.</summary>
    public static IReadOnlyList<string> Holds(DbConnection connection, long batch) =>
        connection.Query<string>("SELECT id || ' ' || name || ' ' || readings || ' ' || parts || ' ' || coalesce(beneath, '') || ' ' || coalesce(beneath_figures, '') || ' ' || coalesce(CAST(covered_unix AS TEXT), '') || ' ' || state FROM hold WHERE id BETWEEN @batch * 128 AND @batch * 128 + 127 ORDER BY id", new { batch }).AsList();

    /// <summary>Decisions in their order.</summary>
    public static IReadOnlyList<(long AtUnixMilliseconds, string By, string Content)> Decisions(DbConnection connection) =>
        connection.Query<(long, string, string)>("SELECT at_ms, by, content FROM event WHERE kind = @Kind ORDER BY n", new { HeldEvents.Kind }).AsList();

    /// <summary>A node's stored state.</summary>
    public static byte[]? State(DbConnection connection, long node) => connection.ExecuteScalar<byte[]?>("SELECT state FROM verdict_state WHERE node = @node", new { node });

    /// <summary>Transfers of segments, counted: those of no stored segment show up as the difference.</summary>
    public static long SegmentTransfers(DbConnection connection) => connection.ExecuteScalar<long>("SELECT count(*) FROM transfer WHERE segment IS NOT NULL");

    /// <summary>Sentences about sums that do not agree within the database.</summary>
    public static IEnumerable<string> Sums(DbConnection connection)
    {
        foreach ((string name, string column, string states) in ((string, string, string)[])[("pending", "pending_micro", "'pending'"), ("posted", "posted_micro", "'posted'")])
        {
            foreach ((string account, long balance, long sum) in connection.Query<(string, long, long)>(
                $"""
                SELECT a.name, a.{column}, CAST(coalesce(c.micro, 0) - coalesce(d.micro, 0) AS BIGINT) FROM account a
                LEFT JOIN (SELECT credit, sum(amount_micro) AS micro FROM transfer WHERE state = {states} GROUP BY credit) c ON c.credit = a.id
                LEFT JOIN (SELECT debit, sum(amount_micro) AS micro FROM transfer WHERE state = {states} GROUP BY debit) d ON d.debit = a.id
                WHERE a.{column} <> coalesce(c.micro, 0) - coalesce(d.micro, 0)
                """))
            {
                yield return $"account {account}: its {name} balance is {balance}, its transfers add up to {sum}";
            }
        }

        foreach ((string account, long owed, long expected) in connection.Query<(string, long, long)>(
            """
            SELECT a.name, a.owed_micro, CAST(coalesce(r.micro, 0) - coalesce(t.micro, 0) AS BIGINT) FROM account a
            LEFT JOIN (SELECT t.credit, sum(r.owed_micro) AS micro FROM reversed r JOIN transfer t ON t.n = r.transfer GROUP BY t.credit) r ON r.credit = a.id
            LEFT JOIN (SELECT debit, sum(amount_micro) AS micro FROM transfer WHERE kind = 'recovery' GROUP BY debit) t ON t.debit = a.id
            WHERE a.owed_micro <> coalesce(r.micro, 0) - coalesce(t.micro, 0)
            """))
        {
            yield return $"account {account}: it owes {owed}, reversals and recoveries give {expected}";
        }

        foreach ((long loan, long repaid, long sum) in connection.Query<(long, long, long)>(
            """
            SELECT l.id, l.repaid_micro, CAST(coalesce(sum(t.amount_micro), 0) AS BIGINT) FROM loan l
            LEFT JOIN transfer t ON t.kind = 'repayment' AND t.reference >= 'loan ' || l.id || ':' AND t.reference < 'loan ' || l.id || ';' GROUP BY l.id HAVING l.repaid_micro <> coalesce(sum(t.amount_micro), 0)
            """))
        {
            yield return $"loan {loan}: {repaid} are marked as repaid, the transfers add up to {sum}";
        }
    }

    /// <summary>Transfers that no segment earned: what they say of themselves.</summary>
    public static IEnumerable<(string Kind, string Reference, byte[] Id)> Others(DbConnection connection) =>
        connection.Query<(string, string, byte[])>("SELECT kind, reference, id FROM transfer WHERE segment IS NULL ORDER BY n", buffered: false);

    /// <summary>What verdicts and amounts go by and no event made as it stands, as text.</summary>
    public static IEnumerable<string> TermsWithoutEvent(DbConnection connection) => connection.Query<string>(
        """
        SELECT 'tariff ' || f.id FROM tariff f WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'tariff' AND CAST(json_extract(e.content, '$.profile') AS BIGINT) = f.profile
            AND CAST(json_extract(e.content, '$.fromUnixSeconds') AS BIGINT) = f.from_unix AND CAST(json_extract(e.content, '$.microPerKilowattHour') AS BIGINT) = f.micro_per_kwh
            AND CAST(json_extract(e.content, '$.microPerServedHour') AS BIGINT) = f.micro_per_hour AND CAST(json_extract(e.content, '$.microPerVoucher') AS BIGINT) = f.micro_per_voucher)
        UNION ALL
        SELECT 'agreement ' || a.id FROM agreement a WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'agreement' AND e.node = a.node
            AND CAST(json_extract(e.content, '$.fromUnixSeconds') AS BIGINT) = a.from_unix AND CAST(json_extract(e.content, '$.agreement.operator') AS BIGINT) = a.operator_basis_points
            AND CAST(json_extract(e.content, '$.agreement.capitalBuilder') AS BIGINT) = a.capital_builder_basis_points AND CAST(json_extract(e.content, '$.agreement.manager') AS BIGINT) = a.manager_basis_points
            AND CAST(json_extract(e.content, '$.agreement.reserve') AS BIGINT) = a.reserve_basis_points
            AND coalesce(json_extract(e.content, '$.agreement.managerName'), '') = coalesce(a.manager, '') AND coalesce(CAST(json_extract(e.content, '$.agreement.dueHours') AS BIGINT), 72) = a.due_hours)
        UNION ALL
        SELECT 'pairing ' || p.id FROM pairing p WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind IN ('registered', 'pairing') AND e.node = p.node
            AND CAST(json_extract(e.content, '$.fromUnixSeconds') AS BIGINT) = p.from_unix AND json_extract(e.content, '$.operator') = p.operator
            AND json_extract(e.content, '$.capitalBuilder') = p.capital_builder)
        UNION ALL
        SELECT 'suspension ' || s.id FROM suspension s WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'suspension' AND e.node = s.node AND e.at_ms = s.from_ms)
            OR (s.to_ms IS NOT NULL AND NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'suspension lifted' AND e.node = s.node AND e.at_ms <= s.to_ms))
        UNION ALL
        SELECT 'the end of pairing ' || p.id FROM pairing p WHERE p.to_unix IS NOT NULL
            AND NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'unpaired' AND e.node = p.node AND CAST(json_extract(e.content, '$.toUnixSeconds') AS BIGINT) = p.to_unix)
        UNION ALL
        SELECT 'release ' || f.digest FROM firmware_release f WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'release' AND json_extract(e.content, '$.digest') = f.digest AND e.at_ms = f.recorded_ms)
        UNION ALL
        SELECT 'the recall of ' || f.digest FROM firmware_release f WHERE coalesce(f.recalled_ms, -1) || ' ' || f.is_fraud <>
            coalesce((SELECT e.at_ms || ' ' || CASE CAST(json_extract(e.content, '$.isFraud') AS TEXT) WHEN '1' THEN 1 WHEN 'true' THEN 1 WHEN '0' THEN 0 WHEN 'false' THEN 0 END
                FROM event e WHERE e.kind = 'recall' AND json_extract(e.content, '$.digest') = f.digest ORDER BY e.n LIMIT 1), '-1 0')
        UNION ALL
        SELECT 'the replacement of ' || f.digest FROM firmware_release f WHERE coalesce(f.replaced_ms, -1) <>
            coalesce((SELECT e.at_ms FROM event e WHERE e.kind = 'replacement' AND json_extract(e.content, '$.digest') = f.digest ORDER BY e.n LIMIT 1), -1)
        UNION ALL
        SELECT 'visit ' || i.id FROM visit i WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'visit' AND e.node = i.node AND e.at_ms = i.at_ms AND e.by = i.by)
        UNION ALL
        SELECT 'downtime ' || d.id FROM downtime d WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'downtime' AND e.node = d.node
            AND CAST(json_extract(e.content, '$.fromUnixSeconds') AS BIGINT) = d.from_unix AND CAST(json_extract(e.content, '$.toUnixSeconds') AS BIGINT) = d.to_unix)
        UNION ALL
        SELECT 'loan ' || l.id FROM loan l WHERE NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'loan' AND json_extract(e.content, '$.lender') = l.lender
            AND CAST(json_extract(e.content, '$.principalMicro') AS BIGINT) = l.principal_micro AND CAST(json_extract(e.content, '$.basisPoints') AS BIGINT) = l.basis_points)
            AND NOT EXISTS(SELECT 1 FROM event e WHERE e.kind = 'pairing' AND e.node = l.node AND json_extract(e.content, '$.former') IS NOT NULL)
        UNION ALL
        SELECT 'payout ' || o.reference FROM payout o WHERE NOT EXISTS(SELECT 1 FROM transfer t WHERE t.kind = 'payout' AND t.reference = o.reference AND t.debit = o.account AND t.amount_micro = o.amount_micro)
        """);

    /// <summary>The sums that are kept beside the rows.</summary>
    public static Dictionary<string, long> Tallies(DbConnection connection) =>
        connection.Query<(string Name, long Value)>("SELECT name, value FROM tally WHERE value <> 0").ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal);
}

/// <summary>Verdicts as stored.</summary>
internal sealed record StoredVerdict
{
    public int Readings { get; init; }

    public int Credited { get; init; }

    public int Held { get; init; }

    public int Refused { get; init; }

    public int Unfunded { get; init; }

    public long OpenedUnixSeconds { get; init; }

    public string? Detail { get; init; }
}
