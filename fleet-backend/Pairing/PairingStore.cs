using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Pairing;

/// <summary>The SQL of pairing by a label.</summary>
internal static class PairingStore
{
    /// <summary>What a label of a node opens: its claim's hash and what people see of it; null where the node has no claim that counts.</summary>
    public static ClaimableRow? Find(DbConnection connection, string nodeId) => connection.QuerySingleOrDefault<ClaimableRow>(
        """
        SELECT n.id AS Node, n.node_id AS NodeId, n.profile AS Profile, c.hash AS Hash, r.name AS Run, r.payer AS Payer, g.by AS BuiltBy, r.unit_price_usd_cents AS UnitPriceUsdCents
        FROM claim c JOIN node n ON n.id = c.node JOIN registration g ON g.node = n.id JOIN production_run r ON r.id = g.run
        WHERE n.node_id = @nodeId AND c.used_ms IS NULL AND g.scrapped_ms IS NULL AND NOT EXISTS(SELECT 1 FROM pairing p WHERE p.node = n.id AND p.to_unix IS NULL)
            AND NOT EXISTS(SELECT 1 FROM suspension s WHERE s.node = n.id AND s.to_ms IS NULL)
        """,
        new { nodeId });

    /// <summary>The label that a node has and those it had, with how it stands with the node.</summary>
    public static IReadOnlyList<LabelRow> Labels(DbConnection connection, string nodeId) => connection.Query<LabelRow>(
        """
        SELECT l.hash AS Hash, l.is_replaced AS IsReplaced, p.operator AS Operator, g.scrapped_ms AS ScrappedUnixMilliseconds, g.succeeds AS Succeeds,
            CAST(CASE WHEN EXISTS(SELECT 1 FROM suspension s WHERE s.node = n.id AND s.to_ms IS NULL) THEN 1 ELSE 0 END AS BIGINT) AS IsSuspended
        FROM node n JOIN registration g ON g.node = n.id
            JOIN (SELECT node, hash, CAST(0 AS BIGINT) AS is_replaced FROM claim UNION ALL SELECT node, hash, 1 FROM replaced_claim) l ON l.node = n.id
            LEFT JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL
        WHERE n.node_id = @nodeId
        """,
        new { nodeId }).AsList();

    /// <summary>Every pairing that a node had, oldest first.</summary>
    public static IReadOnlyList<PairingRow> All(DbConnection connection, long node) => connection.Query<PairingRow>(
        "SELECT operator AS Operator, capital_builder AS CapitalBuilder, place AS Place, latitude AS Latitude, longitude AS Longitude, from_unix AS FromUnix, to_unix AS ToUnix FROM pairing WHERE node = @node ORDER BY from_unix, id",
        new { node }).AsList();

    /// <summary>Who registered a node at a bench, for which purchase; null where it was registered otherwise.</summary>
    public static BuiltRow? Built(DbConnection connection, long node) => connection.QuerySingleOrDefault<BuiltRow>(
        """
        SELECT g.by AS By, g.made_ms AS MadeUnixMilliseconds, g.board_serial AS BoardSerial, g.scrapped_ms AS ScrappedUnixMilliseconds, g.scrapped_by AS ScrappedBy, g.scrapped_reason AS ScrappedReason,
            r.name AS Run, r.payer AS Payer, r.unit_price_usd_cents AS UnitPriceUsdCents,
            (SELECT o.node_id FROM node o WHERE o.id = g.succeeds) AS Succeeds, (SELECT o.node_id FROM registration x JOIN node o ON o.id = x.node WHERE x.succeeds = g.node ORDER BY x.made_ms DESC LIMIT 1) AS SucceededBy
        FROM registration g JOIN production_run r ON r.id = g.run WHERE g.node = @node
        """,
        new { node });

    /// <summary>Uses a claim up; false where it was used or replaced meanwhile.</summary>
    public static bool Use(DbConnection connection, long node, byte[] hash, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE claim SET used_ms = @nowUnixMilliseconds WHERE node = @node AND hash = @hash AND used_ms IS NULL", new { node, hash, nowUnixMilliseconds }) == 1;

    /// <summary>Stores a pairing from a second on.</summary>
    public static void Insert(DbConnection connection, long node, string @operator, string capitalBuilder, Site site, long fromUnixSeconds) =>
        connection.Execute(
            "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(@node, @operator, @capitalBuilder, @Place, @Latitude, @Longitude, @fromUnixSeconds)",
            new { node, @operator, capitalBuilder, site.Place, site.Latitude, site.Longitude, fromUnixSeconds });

    /// <summary>Ends the present pairing of a node at a second; false where it has none.</summary>
    public static bool End(DbConnection connection, long node, long toUnixSeconds) =>
        connection.Execute("UPDATE pairing SET to_unix = max(from_unix, @toUnixSeconds) WHERE node = @node AND to_unix IS NULL", new { node, toUnixSeconds }) == 1;
}

/// <summary>A node whose label waits to be scanned.</summary>
internal sealed record ClaimableRow
{
    public long Node { get; init; }

    public required string NodeId { get; init; }

    public long Profile { get; init; }

    public required byte[] Hash { get; init; }

    public required string Run { get; init; }

    public required string Payer { get; init; }

    public required string BuiltBy { get; init; }

    public long UnitPriceUsdCents { get; init; }
}

/// <summary>A label of a node, of now or before.</summary>
internal sealed record LabelRow
{
    public required byte[] Hash { get; init; }

    public bool IsReplaced { get; init; }

    /// <summary>Whose the node is, or null.</summary>
    public string? Operator { get; init; }

    public long? ScrappedUnixMilliseconds { get; init; }

    public long? Succeeds { get; init; }

    public bool IsSuspended { get; init; }

    /// <summary>Why it opens nothing, for whoever holds it.</summary>
    public PairState StandingFor(string name) =>
        Operator == name ? PairState.Yours
        : ScrappedUnixMilliseconds is not null ? PairState.Retired
        : IsSuspended ? PairState.Suspended
        : Operator is not null ? PairState.Others
        : IsReplaced ? PairState.Replaced
        : Succeeds is not null ? PairState.Repair
        : PairState.Lost;
}

/// <summary>A pairing as stored.</summary>
internal sealed record PairingRow
{
    public required string Operator { get; init; }

    public required string CapitalBuilder { get; init; }

    public required string Place { get; init; }

    public double Latitude { get; init; }

    public double Longitude { get; init; }

    public long FromUnix { get; init; }

    /// <summary>Exclusive; null for still.</summary>
    public long? ToUnix { get; init; }
}

/// <summary>Where a node comes from.</summary>
internal sealed record BuiltRow
{
    public required string By { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public required string BoardSerial { get; init; }

    public long? ScrappedUnixMilliseconds { get; init; }

    public string? ScrappedBy { get; init; }

    public string? ScrappedReason { get; init; }

    public required string Run { get; init; }

    public required string Payer { get; init; }

    public long UnitPriceUsdCents { get; init; }

    public string? Succeeds { get; init; }

    public string? SucceededBy { get; init; }
}

/// <summary>Where a node shall stand.</summary>
/// <param name="Place">Name of the site; 1 to 64 printable characters.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
internal sealed record Site(string Place, double Latitude, double Longitude)
{
    /// <summary>What is wrong with it, as a sentence, or null.</summary>
    public Sentence? Problem() =>
        Place.Length is 0 or > 64 || Place.Any(char.IsControl) ? Sentence.Of($"The site's name has 1 to 64 printable characters.")
        : Latitude is not (>= -90 and <= 90) || Longitude is not (>= -180 and <= 180) ? Sentence.Of($"The position is degrees north and east; let the phone find it, or type it from a map.")
        : null;
}
