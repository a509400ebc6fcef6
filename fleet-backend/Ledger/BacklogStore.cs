using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>Reads what is to be booked, and what judging it needs.</summary>
internal static class BacklogStore
{
    /// <summary>The batch up to which everything is booked, and the version of pairings, agreements and tariffs.</summary>
    public static (long Cursor, long TermsVersion) Book(SqliteConnection connection) => connection.QuerySingle<(long, long)>("SELECT cursor, terms_version FROM book");

    /// <summary>The batches after this one, in the order of their arrival.</summary>
    public static List<StoredBatch> After(SqliteConnection connection, long cursor, int limit)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, node, arrived_ms, gap_from IS NOT NULL, payload_hash, message FROM batch WHERE id > $cursor ORDER BY id LIMIT $limit";
        command.Parameters.AddWithValue("$cursor", cursor);
        command.Parameters.AddWithValue("$limit", limit);
        using SqliteDataReader reader = command.ExecuteReader();
        var batches = new List<StoredBatch>(limit);
        while (reader.Read())
        {
            batches.Add(new StoredBatch(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) != 0, (byte[])reader.GetValue(4), (byte[])reader.GetValue(5)));
        }

        return batches;
    }

    /// <summary>The state after a node's last judged batch.</summary>
    public static NodeVerdictState State(SqliteConnection connection, long node) =>
        connection.QuerySingleOrDefault<NodeVerdictState>(
            """
            SELECT 1 AS HasHistory, harvested_mwh AS HarvestedMilliwattHours, delivered_mwh AS DeliveredMilliwattHours, imported_mwh AS ImportedMilliwattHours,
                covered_until_unix AS CoveredUntilUnixSeconds, day AS Day, credited_that_day_mwh AS CreditedThatDayMilliwattHours, grid_pool_mwh AS GridPoolMilliwattHours
            FROM verdict_state WHERE node = @node
            """,
            new { node }) ?? new NodeVerdictState();

    /// <summary>A node's ratings, and its pairings, agreements and tariffs over time.</summary>
    public static NodeFile File(SqliteConnection connection, long node)
    {
        long profile = connection.ExecuteScalar<long>("SELECT profile FROM node WHERE id = @node", new { node });
        Pairing[] pairings = [.. connection.Query<(long From, long? To, string Operator, string CapitalBuilder, double Latitude, double Longitude)>(
            "SELECT from_unix, to_unix, operator, capital_builder, latitude, longitude FROM pairing WHERE node = @node ORDER BY from_unix", new { node })
            .Select(row => new Pairing(row.From, row.To ?? long.MaxValue, row.Operator, row.CapitalBuilder, new Place(row.Latitude, row.Longitude)))];
        IReadOnlyList<AgreementVersion> agreements = AgreementStore.Versions(connection, node);
        return new NodeFile(
            Profile.ByNumber[(int)profile],
            agreements.Count == 0 ? [] : Terms.Of(pairings, agreements, TariffStore.Versions(connection, profile)));
    }

    /// <summary>From when on which nodes are suspended, Unix milliseconds.</summary>
    public static Dictionary<long, long> Suspensions(SqliteConnection connection) =>
        connection.Query<(long Node, long From)>("SELECT id, suspended_from_ms FROM node WHERE suspended_from_ms IS NOT NULL").ToDictionary(row => row.Node, row => row.From);

    /// <summary>Batches whose credit waits for funds, oldest first.</summary>
    public static IReadOnlyList<UnfundedBatch> OldestUnfunded(SqliteConnection connection, int limit) =>
        connection.Query<UnfundedBatch>(
            """
            SELECT v.batch AS Batch, v.unfunded AS Readings, b.payload_hash AS PayloadHash, v.energy_micro + v.service_micro AS WholeMicro
            FROM verdict v JOIN batch b ON b.id = v.batch WHERE v.unfunded > 0 ORDER BY v.batch LIMIT @limit
            """,
            new { limit }).AsList();

    /// <summary>What a batch earned, part by part.</summary>
    public static IReadOnlyList<StoredSegment> Segments(SqliteConnection connection, long batch) =>
        connection.Query<StoredSegment>(
            """
            SELECT id AS Id, operator_account AS OperatorAccount, builder_account AS BuilderAccount, operator_basis_points AS OperatorBasisPoints,
                energy_micro AS EnergyMicro, service_micro AS ServiceMicro
            FROM segment WHERE id >= @batch * 128 AND id < @batch * 128 + 128 ORDER BY id
            """,
            new { batch }).AsList();
}

/// <summary>A batch whose credit waits for funds.</summary>
internal sealed record UnfundedBatch
{
    public long Batch { get; init; }

    public int Readings { get; init; }

    public required byte[] PayloadHash { get; init; }

    public long WholeMicro { get; init; }
}
