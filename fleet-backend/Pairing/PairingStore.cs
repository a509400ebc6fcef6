using Dapper;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Pairing;

/// <summary>The SQL of pairing by a label.</summary>
internal static class PairingStore
{
    /// <summary>What a label of a node opens: its claim's hash and what people see of it; null where the node has no claim that counts.</summary>
    public static ClaimableRow? Find(SqliteConnection connection, string nodeId) => connection.QuerySingleOrDefault<ClaimableRow>(
        """
        SELECT n.id AS Node, n.node_id AS NodeId, n.profile AS Profile, c.hash AS Hash, r.name AS Run, r.payer AS Payer
        FROM claim c JOIN node n ON n.id = c.node JOIN registration g ON g.node = n.id JOIN production_run r ON r.id = g.run
        WHERE n.node_id = @nodeId AND c.used_ms IS NULL AND g.scrapped_ms IS NULL AND NOT EXISTS(SELECT 1 FROM pairing p WHERE p.node = n.id AND p.to_unix IS NULL)
            AND NOT EXISTS(SELECT 1 FROM suspension s WHERE s.node = n.id AND s.to_ms IS NULL)
        """,
        new { nodeId });

    /// <summary>Uses a claim up; false where it was used or replaced meanwhile.</summary>
    public static bool Use(SqliteConnection connection, long node, byte[] hash, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE claim SET used_ms = @nowUnixMilliseconds WHERE node = @node AND hash = @hash AND used_ms IS NULL", new { node, hash, nowUnixMilliseconds }) == 1;

    /// <summary>Stores a pairing from a second on.</summary>
    public static void Insert(SqliteConnection connection, long node, string @operator, string capitalBuilder, Site site, long fromUnixSeconds) =>
        connection.Execute(
            "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES(@node, @operator, @capitalBuilder, @Place, @Latitude, @Longitude, @fromUnixSeconds)",
            new { node, @operator, capitalBuilder, site.Place, site.Latitude, site.Longitude, fromUnixSeconds });

    /// <summary>Ends the present pairing of a node at a second; false where it has none.</summary>
    public static bool End(SqliteConnection connection, long node, long toUnixSeconds) =>
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
}

/// <summary>Where a node shall stand.</summary>
/// <param name="Place">Name of the site; 1 to 64 printable characters.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
internal sealed record Site(string Place, double Latitude, double Longitude)
{
    /// <summary>What is wrong with it, as a sentence, or null.</summary>
    public string? Problem() =>
        Place.Length is 0 or > 64 || Place.Any(char.IsControl) ? "The site's name has 1 to 64 printable characters."
        : Latitude is not (>= -90 and <= 90) || Longitude is not (>= -180 and <= 180) ? "The position is degrees north and east; let the phone find it, or type it from a map."
        : null;
}
