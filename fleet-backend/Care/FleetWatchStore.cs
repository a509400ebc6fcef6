using System.Data.Common;
using Dapper;
using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Care;

/// <summary>What comparing nodes reads.</summary>
internal static class FleetWatchStore
{
    /// <summary>The last batch that arrived before a time; 0 for none.</summary>
    public static long LastBefore(DbConnection connection, long unixMilliseconds) =>
        connection.ExecuteScalar<long>("SELECT coalesce(max(id), 0) FROM batch WHERE arrived_ms < @unixMilliseconds", new { unixMilliseconds });

    /// <summary>Batches after one.</summary>
    public static IReadOnlyList<(long Id, long Node, byte[] Message)> After(DbConnection connection, long after, int limit) =>
        connection.Query<(long, long, byte[])>("SELECT b.id, b.node, m.message FROM batch b JOIN batch_message m ON m.batch = b.id AND m.batch > @after WHERE b.id > @after ORDER BY b.id LIMIT @limit", new { after, limit }).AsList();

    /// <summary>The last gap that ended before a time; 0 for none.</summary>
    public static long LastGapBefore(DbConnection connection, long unixMilliseconds) =>
        connection.ExecuteScalar<long>("SELECT coalesce(max(id), 0) FROM gap WHERE closed_ms < @unixMilliseconds", new { unixMilliseconds });

    /// <summary>Gaps after one in which a full outbox dropped readings.</summary>
    public static IReadOnlyList<(long Id, long Node, long From, long To)> DroppedAfter(DbConnection connection, long after) =>
        connection.Query<(long, long, long, long)>("SELECT id, node, from_sequence, to_sequence FROM gap WHERE id > @after AND reason = @Dropped ORDER BY id", new { after, GapReason.Dropped }).AsList();

    /// <summary>Where all paired nodes stand, to a hundredth of a degree.</summary>
    public static IReadOnlyList<NodePlace> Places(DbConnection connection) =>
        [.. connection.Query<(long Node, double Latitude, double Longitude, long Profile)>(
            "SELECT n.id, CAST(round(CAST(p.latitude AS NUMERIC), 2) AS DOUBLE PRECISION), CAST(round(CAST(p.longitude AS NUMERIC), 2) AS DOUBLE PRECISION), n.profile FROM node n JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL ORDER BY n.id")
            .Select(row => new NodePlace((int)row.Node, row.Latitude, row.Longitude, Profile.ByNumber[(int)row.Profile].PanelMilliwatts))];

    /// <summary>The version of pairings, so that places are read again only when they changed.</summary>
    public static long TermsVersion(DbConnection connection) => connection.ExecuteScalar<long>("SELECT terms_version FROM book");

    /// <summary>Name of a node.</summary>
    public static string NameOf(DbConnection connection, long node) => connection.ExecuteScalar<string>("SELECT node_id FROM node WHERE id = @node", new { node })!;
}
