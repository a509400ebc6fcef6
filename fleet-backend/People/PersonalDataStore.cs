using System.Data.Common;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.People;

/// <summary>All that is stored of a person under their name, and what of it can be forgotten.</summary>
internal static class PersonalDataStore
{
    /// <summary>What stands where something was forgotten.</summary>
    public const string Erased = "erased";

    // A hundredth of a degree, which is all that the rules use.
    private const int Decimals = 2;

    // Names of a person's accounts.
    private const string InAccounts = "IN ('operator:' || @name, 'builder:' || @name, 'manager:' || @name, 'lender:' || @name)";

    /// <summary>Everything, list by list; each row as the database has it, without secrets.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyDictionary<string, object?>>> Read(DbConnection connection, long person, string name) =>
        new Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, object?>>>(StringComparer.Ordinal)
        {
            ["passkeys"] = Rows(connection, "SELECT name, made_ms AS \"madeUnixMilliseconds\" FROM passkey WHERE person = @person", new { person }),
            ["tokens"] = Rows(connection, "SELECT label, made_ms AS \"madeUnixMilliseconds\", ends_ms AS \"endsUnixMilliseconds\", revoked_ms AS \"revokedUnixMilliseconds\" FROM api_token WHERE person = @person ORDER BY id", new { person }),
            ["subscriptions"] = Rows(connection, "SELECT channel, target, kinds, made_ms AS \"madeUnixMilliseconds\", ended_ms AS \"endedUnixMilliseconds\" FROM subscription WHERE person = @person ORDER BY id", new { person }),
            ["sites"] = Rows(connection,
                """
                SELECT n.node_id AS "nodeId", p.place, p.latitude, p.longitude, p.from_unix AS "fromUnixSeconds", p.to_unix AS "toUnixSeconds" FROM pairing p JOIN node n ON n.id = p.node
                WHERE p.operator = @name ORDER BY p.id
                """, new { name }),
            ["visits"] = Rows(connection, "SELECT n.node_id AS \"nodeId\", v.at_ms AS \"atUnixMilliseconds\", v.latitude, v.longitude FROM visit v JOIN node n ON n.id = v.node WHERE v.by = @name ORDER BY v.at_ms", new { name }),
            ["payees"] = Rows(connection, $"SELECT a.name AS account, p.phone, p.name, p.from_ms AS \"fromUnixMilliseconds\" FROM payee p JOIN account a ON a.id = p.account WHERE a.name {InAccounts} ORDER BY p.id", new { name }),
            ["payouts"] = Rows(connection,
                $"""
                SELECT o.reference, a.name AS account, o.phone, o.payee_name AS "payeeName", CAST(o.amount_micro AS TEXT) AS "amountMicro", o.state FROM payout o JOIN account a ON a.id = o.account
                WHERE a.name {InAccounts} ORDER BY o.run, o.reference
                """, new { name }),
            ["accounts"] = Rows(connection, $"SELECT name, CAST(pending_micro AS TEXT) AS \"pendingMicro\", CAST(posted_micro AS TEXT) AS \"postedMicro\" FROM account WHERE name {InAccounts} ORDER BY name", new { name }),
            ["disputes"] = Rows(connection, "SELECT n.node_id AS \"nodeId\", d.first_reading AS \"firstReading\", d.text, d.opened_ms AS \"openedUnixMilliseconds\", d.answer FROM dispute d JOIN node n ON n.id = d.node WHERE d.by = @name ORDER BY d.id", new { name }),
            ["notes"] = Rows(connection, "SELECT ticket, at_ms AS \"atUnixMilliseconds\", note FROM ticket_note WHERE by = @name ORDER BY id", new { name }),
            ["acts"] = Rows(connection, "SELECT at_ms AS \"atUnixMilliseconds\", what, about FROM audit WHERE by = @name ORDER BY n", new { name }),
            ["writes"] = Rows(connection, "SELECT at_ms AS \"atUnixMilliseconds\", method, route, about, status FROM api_write WHERE person = @person ORDER BY n", new { person }),
            ["events"] = Rows(connection, "SELECT e.n, e.at_ms AS \"atUnixMilliseconds\", e.kind, n.node_id AS \"nodeId\", e.content FROM event e LEFT JOIN node n ON n.id = e.node WHERE e.by = @name ORDER BY e.n", new { name }),
        };

    /// <summary>Forgets all but what the books and the log of proofs need; how many rows it changed.</summary>
    public static int Erase(DbConnection connection, long person, string name, long nowUnixMilliseconds) => ErasePayeeChanges(connection, name) + connection.Execute(
        $"""
        DELETE FROM passkey WHERE person = @person;
        UPDATE api_token SET label = @Erased, revoked_ms = coalesce(revoked_ms, @nowUnixMilliseconds) WHERE person = @person;
        UPDATE delivery SET state = 'dead', ended_ms = @nowUnixMilliseconds, problem = 'the account was erased' WHERE state = 'waiting' AND subscription IN (SELECT id FROM subscription WHERE person = @person);
        UPDATE subscription SET target = @Erased, secret = NULL, code = NULL, ended_ms = coalesce(ended_ms, @nowUnixMilliseconds) WHERE person = @person;
        UPDATE pairing SET place = @Erased, latitude = round(CAST(latitude AS NUMERIC), @Decimals), longitude = round(CAST(longitude AS NUMERIC), @Decimals) WHERE operator = @name;
        UPDATE visit SET latitude = round(CAST(latitude AS NUMERIC), @Decimals), longitude = round(CAST(longitude AS NUMERIC), @Decimals) WHERE by = @name OR node IN (SELECT node FROM pairing WHERE operator = @name);
        UPDATE payee SET phone = @Erased, name = NULL WHERE account IN (SELECT id FROM account WHERE name {InAccounts});
        UPDATE payout SET phone = @Erased, payee_name = NULL WHERE state IN ('paid', 'failed') AND account IN (SELECT id FROM account WHERE name {InAccounts});
        UPDATE person SET password_hash = NULL, security_stamp = @stamp, closed_ms = coalesce(closed_ms, @nowUnixMilliseconds) WHERE id = @person;
        DELETE FROM api_key_use WHERE person = @person;
        {(connection.IsPostgres() ? "" : "INSERT INTO node_text(node_text) VALUES('optimize');")}
        """,
        new { person, name, nowUnixMilliseconds, Erased, Decimals, stamp = Guid.NewGuid().ToString("N") });

    /// <summary>Whether money is on its way to them, for which their address is still needed.</summary>
    public static bool IsAwaitingPayout(DbConnection connection, string name) => connection.ExecuteScalar<long>(
        $"SELECT CASE WHEN EXISTS(SELECT 1 FROM payout o JOIN account a ON a.id = o.account WHERE o.state IN ('sent', 'unknown') AND a.name {InAccounts}) THEN 1 ELSE 0 END", new { name }) == 1;

    /// <summary>Nodes that they operate.</summary>
    public static long Operated(DbConnection connection, string name) => connection.ExecuteScalar<long>("SELECT count(*) FROM pairing WHERE operator = @name AND to_unix IS NULL", new { name });

    private static int ErasePayeeChanges(DbConnection connection, string name)
    {
        List<(long Id, string Content)> changes = connection.Query<(long, string)>($"SELECT id, content FROM change WHERE kind = 'payee' AND json_extract(content, '$.account') {InAccounts}", new { name }).AsList();
        foreach ((long id, string content) in changes)
        {
            JsonObject json = JsonNode.Parse(content)!.AsObject();
            (json["phone"], json["name"]) = (Erased, null);
            connection.Execute("UPDATE change SET content = @content WHERE id = @id", new { id, content = json.ToJsonString() });
        }

        return changes.Count;
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, object?>> Rows(DbConnection connection, string sql, object parameters) =>
        [.. connection.Query(sql, parameters).Select(row => new Dictionary<string, object?>((IDictionary<string, object?>)row, StringComparer.Ordinal))];
}
