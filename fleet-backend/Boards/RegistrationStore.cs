using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using DePin.Contracts.Pairing;

namespace DePin.Fleet.Boards;

/// <summary>What benches registered, the claims of labels, and what was refused.</summary>
internal static class RegistrationStore
{
    private const string Columns =
        """
        SELECT g.node AS Node, n.node_id AS NodeId, g.run AS Run, g.board_serial AS BoardSerial, g.succeeds AS Succeeds, g.scrapped_ms AS ScrappedUnixMilliseconds,
            CAST(CASE WHEN EXISTS(SELECT 1 FROM pairing p WHERE p.node = g.node AND p.to_unix IS NULL) THEN 1 ELSE 0 END AS BIGINT) AS IsPaired
        FROM registration g JOIN node n ON n.id = g.node
        """;

    /// <summary>Stores one.</summary>
    public static void Insert(DbConnection connection, long node, long run, RegistrationRequest request, string parts, string selfTest, long? succeeds, string by, long nowUnixMilliseconds) =>
        connection.Execute(
            """
            INSERT INTO registration(node, run, board_serial, parts, firmware, self_test, by, made_ms, succeeds)
            VALUES(@node, @run, @BoardSerial, @parts, @Firmware, @selfTest, @by, @nowUnixMilliseconds, @succeeds)
            """,
            new { node, run, request.BoardSerial, parts, request.Firmware, selfTest, by, nowUnixMilliseconds, succeeds });

    /// <summary>What was registered of a node, or null.</summary>
    public static RegistrationRow? Find(DbConnection connection, string nodeId) => connection.QuerySingleOrDefault<RegistrationRow>($"{Columns} WHERE n.node_id = @nodeId", new { nodeId });

    /// <summary>The node that a board carries now, or null: neither scrapped nor succeeded.</summary>
    public static RegistrationRow? OfBoard(DbConnection connection, string boardSerial) => connection.QueryFirstOrDefault<RegistrationRow>(
        $"{Columns} WHERE g.board_serial = @boardSerial AND g.scrapped_ms IS NULL AND NOT EXISTS(SELECT 1 FROM registration x WHERE x.succeeds = g.node AND x.scrapped_ms IS NULL) ORDER BY g.made_ms DESC",
        new { boardSerial });

    /// <summary>Takes a node out of the fleet; false where it was out.</summary>
    public static bool Scrap(DbConnection connection, long node, string by, string reason, long nowUnixMilliseconds) => connection.Execute(
        "UPDATE registration SET scrapped_ms = @nowUnixMilliseconds, scrapped_by = @by, scrapped_reason = @reason WHERE node = @node AND scrapped_ms IS NULL",
        new { node, by, reason, nowUnixMilliseconds }) == 1;

    /// <summary>Makes a new claim for a node; the one before is void.</summary>
    public static Claim MakeClaim(DbConnection connection, long node, long nowUnixMilliseconds)
    {
        var claim = Claim.FromBytes(RandomNumberGenerator.GetBytes(Claim.Size), 0);
        connection.Execute(
            """
            INSERT INTO claim(node, hash, made_ms) VALUES(@node, @hash, @nowUnixMilliseconds)
            ON CONFLICT(node) DO UPDATE SET hash = excluded.hash, made_ms = excluded.made_ms, used_ms = NULL
            """,
            new { node, hash = HashOf(claim), nowUnixMilliseconds });
        return claim;
    }

    /// <summary>Ends a node's claim.</summary>
    public static void UseClaim(DbConnection connection, long node, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE claim SET used_ms = @nowUnixMilliseconds WHERE node = @node AND used_ms IS NULL", new { node, nowUnixMilliseconds });

    /// <summary>Notes a refusal.</summary>
    public static void Flag(DbConnection connection, FlagRow flag) => connection.Execute(
        "INSERT INTO registration_flag(at_ms, by, refusal, run, board_serial, detail) VALUES(@AtUnixMilliseconds, @By, @Refusal, @Run, @BoardSerial, @DetailText)",
        new { flag.AtUnixMilliseconds, flag.By, flag.Refusal, flag.Run, flag.BoardSerial, flag.DetailText });

    /// <summary>The last refusals, newest first.</summary>
    public static IReadOnlyList<FlagRow> Flags(DbConnection connection, int limit, long before = long.MaxValue) => connection.Query<FlagRow>(
        "SELECT n AS N, at_ms AS AtUnixMilliseconds, by AS By, refusal AS Refusal, run AS Run, board_serial AS BoardSerial, detail AS DetailText FROM registration_flag WHERE n < @before ORDER BY n DESC LIMIT @limit",
        new { limit, before }).AsList();

    /// <summary>Moves people and loan of a node to the one that succeeds it, from a moment on; who they are.</summary>
    public static (string Operator, string CapitalBuilder) Succeed(DbConnection connection, long from, long to, long nowUnixMilliseconds)
    {
        connection.Execute(
        """
        INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix)
            SELECT @to, operator, capital_builder, place, latitude, longitude, @now FROM pairing WHERE node = @from AND to_unix IS NULL;
        UPDATE pairing SET to_unix = max(from_unix, @now) WHERE node = @from AND to_unix IS NULL;
        INSERT INTO loan(node, lender, from_unix, principal_micro, basis_points, monthly_micro)
            SELECT @to, lender, @now, principal_micro - repaid_micro, basis_points, min(monthly_micro, principal_micro - repaid_micro) FROM loan
            WHERE node = @from AND repaid_micro < principal_micro AND succeeded_ms IS NULL;
        UPDATE loan SET succeeded_ms = @nowUnixMilliseconds WHERE node = @from AND repaid_micro < principal_micro AND succeeded_ms IS NULL;
        """,
        new { from, to, now = nowUnixMilliseconds / 1000, nowUnixMilliseconds });
        return connection.QuerySingle<(string, string)>("SELECT operator, capital_builder FROM pairing WHERE node = @to AND to_unix IS NULL", new { to });
    }

    private static byte[] HashOf(Claim claim) => SHA256.HashData(claim.ToBytes());
}

/// <summary>What was registered of a node.</summary>
internal sealed record RegistrationRow
{
    public long Node { get; init; }

    public required string NodeId { get; init; }

    public long Run { get; init; }

    public required string BoardSerial { get; init; }

    public long? Succeeds { get; init; }

    public long? ScrappedUnixMilliseconds { get; init; }

    public bool IsPaired { get; init; }
}

/// <summary>A refusal, kept for whoever looks for fraud.</summary>
public sealed record FlagRow
{
    /// <summary>Its number, rising; 0 before it is stored.</summary>
    public long N { get; init; }

    /// <summary>When.</summary>
    public long AtUnixMilliseconds { get; init; }

    /// <summary>Whose board or run.</summary>
    public required string By { get; init; }

    /// <summary>Name of the refusal.</summary>
    public required string Refusal { get; init; }

    /// <summary>The production run that was named.</summary>
    public required string Run { get; init; }

    /// <summary>The board; empty for a run.</summary>
    public required string BoardSerial { get; init; }

    /// <summary>The sentence that was answered.</summary>
    public Sentence Detail => Sentence.OfStored(DetailText);

    internal string DetailText { get; init; } = "";
}
