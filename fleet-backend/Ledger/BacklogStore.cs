using System.Data.Common;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>Reads what is to be booked, and what judging it needs.</summary>
internal static class BacklogStore
{
    /// <summary>The batch up to which everything is booked, and the version of pairings, agreements and tariffs.</summary>
    public static (long Cursor, long TermsVersion) Book(DbConnection connection) => connection.QuerySingle<(long, long)>("SELECT cursor, terms_version FROM book");

    /// <summary>The batch that was stored last; 0 where there is none.</summary>
    public static long Newest(DbConnection connection) => connection.ExecuteScalar<long>("SELECT coalesce(max(id), 0) FROM batch");

    /// <summary>The batches after this one, in the order of their arrival; without their bytes where an archive has them.</summary>
    public static List<StoredBatch> After(DbConnection connection, long cursor, int limit)
    {
        using var reader = connection.ExecuteReader(
            """
            SELECT b.id, b.node, b.arrived_ms, CASE WHEN b.gap_from IS NULL THEN 0 ELSE 1 END, b.payload_hash, (SELECT m.message FROM batch_message m WHERE m.batch = b.id AND m.batch > @cursor)
            FROM batch b WHERE b.id > @cursor ORDER BY b.id LIMIT @limit
            """,
            new { cursor, limit });
        var batches = new List<StoredBatch>(limit);
        while (reader.Read())
        {
            batches.Add(new StoredBatch(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt32(3) != 0, (byte[])reader.GetValue(4), reader.IsDBNull(5) ? null : (byte[])reader.GetValue(5)));
        }

        return batches;
    }

    /// <summary>The state after a node's last judged batch.</summary>
    public static NodeVerdictState State(DbConnection connection, long node) =>
        connection.ExecuteScalar<byte[]?>("SELECT state FROM verdict_state WHERE node = @node", new { node }) is { } state ? StateBytes.Read(state) : new NodeVerdictState();

    /// <summary>A node's ratings, its pairings, agreements and tariffs over time, and what speaks for or against it.</summary>
    public static NodeFile File(DbConnection connection, long node)
    {
        (string nodeId, long profile, long? visited) = connection.QuerySingle<(string, long, long?)>(
            "SELECT node_id, profile, (SELECT min(at_ms) FROM visit WHERE node = n.id) FROM node n WHERE id = @node", new { node });
        PairedTerm[] pairings = [.. connection.Query<(long Id, long From, long? To, string Operator, string CapitalBuilder, double Latitude, double Longitude)>(
            "SELECT id, from_unix, to_unix, operator, capital_builder, latitude, longitude FROM pairing WHERE node = @node ORDER BY from_unix", new { node })
            .Select(row => new PairedTerm(row.From, row.To ?? long.MaxValue, row.Operator, row.CapitalBuilder, new Place(row.Latitude, row.Longitude), row.Id))];
        SuspendedTime[] suspensions = [.. connection.Query<(long From, long After, long? Until)>(
            "SELECT from_ms, after_batch, until_batch FROM suspension WHERE node = @node ORDER BY id", new { node })
            .Select(row => new SuspendedTime(row.From, row.After, row.Until ?? long.MaxValue))];
        IReadOnlyList<AgreementVersion> agreements = AgreementStore.Versions(connection, node);
        return new NodeFile(
            nodeId, Profile.ByNumber[(int)profile], agreements.Count == 0 ? [] : Terms.Of(pairings, agreements, TariffStore.Versions(connection, profile)), suspensions, visited);
    }

    /// <summary>The recorded firmware.</summary>
    public static FirmwareBook Firmware(DbConnection connection) => new(connection.Query<(string Digest, long Recorded, long? Recalled, long IsFraud, long? Replaced)>(
        "SELECT digest, recorded_ms, recalled_ms, is_fraud, replaced_ms FROM firmware_release")
        .Select(row => new FirmwareRelease(row.Digest, row.Recorded, row.Recalled, row.IsFraud != 0, row.Replaced)));

    /// <summary>Segments whose credit waits for funds, oldest first.</summary>
    public static IReadOnlyList<StoredSegment> OldestUnfunded(DbConnection connection, int limit) =>
        connection.Query<StoredSegment>(
            $"""
            SELECT s.id AS Id, s.batch AS Batch, b.payload_hash AS PayloadHash, u.readings AS Readings, {SharedSegment.Columns}
            FROM unfunded u JOIN segment s ON s.id = u.segment JOIN batch b ON b.id = s.batch {SharedSegment.Joins} ORDER BY u.segment LIMIT @limit
            """,
            new { limit }).AsList();
}

/// <summary>A segment whose credit waits for funds, with all that dividing it needs.</summary>
internal sealed record StoredSegment : SharedSegment
{
    public long Id { get; init; }

    public long Batch { get; init; }

    public required byte[] PayloadHash { get; init; }

    /// <summary>Earning readings in it.</summary>
    public int Readings { get; init; }
}
