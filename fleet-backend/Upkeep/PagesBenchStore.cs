using System.Buffers.Binary;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>Rows of a large fleet with a year behind it, for measuring pages.</summary>
internal static class PagesBenchStore
{
    /// <summary>Days and hours of each node.</summary>
    public const int Days = 366, Hours = 168;

    private const int ReadingsPerBatch = 12;
    private const long SecondsPerDay = 86_400, SecondsPerHour = 3600;

    /// <summary>Stores so many paired lamps, numbered from one on: villages over half of Africa, 500 operators.</summary>
    public static IReadOnlyList<string> Nodes(DbConnection connection, int first, int count, DownKeyVault vault, long now)
    {
        var ids = new List<string>(count);
        var random = new Random(7 + first);
        byte[] number = new byte[sizeof(int)];
        byte[] downKey = new byte[32];
        using var pair = PreparedCommand.Of(connection, "INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix) VALUES($1, $2, 'ngo-1', $3, $4 * 1e-6, $5 * 1e-6, $6)", "bigint text text bigint bigint bigint");
        for (int i = first; i < first + count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, i);
            byte[] hash = SHA256.HashData(number);
            NodeId id = NodeId.FromKeyHash(hash);
            ids.Add(id.ToString());
            long node = connection.ExecuteScalar<long>(
                "INSERT INTO node(node_id, public_key, password_hash, down_key, profile, registered_ms) VALUES(@id, @key, @hash, @down, @profile, @now) RETURNING id",
                new { id = id.ToString(), key = (byte[])[2, .. hash], hash, down = vault.Encrypt(id, downKey), profile = 1 + (i % 3), now });
            pair.Run(node, $"operator-{i % 500}", $"Village {i % 4000}, house {i}", random.Next(-12_000_000, 12_000_000), random.Next(10_000_000, 38_000_000), (now / 1000) - (Days * SecondsPerDay));
        }

        connection.WriteRows();
        return ids;
    }

    /// <summary>What they run and when they were heard; a few are suspended, silent, with refused readings or open tickets.</summary>
    public static void States(DbConnection connection, long now) => Each(
        connection,
        """
        INSERT INTO agreement(node, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points) SELECT id, 0, 7000, 3000, 0, 0 FROM node;
        INSERT INTO node_update(node, firmware, firmware_ms) SELECT id, '000000000000000' || (1 + id % 4), @now FROM node;
        UPDATE node_overview SET is_new = 0, heard_ms = @now - node % 10000 * 1000, battery = node * 7919 % 1001, refused_ms = CASE WHEN node % 97 = 0 THEN @now - 1000 ELSE 0 END;
        INSERT INTO suspension(node, from_ms, after_batch, reason, evidence, cure, by) SELECT id, @now, 0, 'clone', 'bench', 'a visit', 'bench' FROM node WHERE id % 499 = 0;
        INSERT INTO ticket(node, cause, facts, owner, opened_ms, due_ms) SELECT id, CASE WHEN id % 2 = 0 THEN 'silent' ELSE 'sensor fault' END, 'bench', 'bench', @now, @now + (id % 7 - 2) * 86400000 FROM node WHERE id % 53 = 0;
        INSERT INTO node_tag(node, tag) SELECT id, 'region-' || (id % 40) FROM node;
        """,
        new { now });

    /// <summary>A year of days and a week of hours for each node, and a year of the fleet's hours.</summary>
    public static void Energy(DbConnection connection, long now) => Each(
        connection,
        """
        WITH RECURSIVE d(n) AS (SELECT @day - @Days UNION ALL SELECT n + 1 FROM d WHERE n < @day - 1)
        INSERT INTO node_day SELECT node.id, d.n, 15000 + (node.id * 31 + d.n) % 9000, 12000 + (node.id * 17 + d.n) % 9000, 0, 86400, 80000, (node.id + d.n) % 1001 FROM node CROSS JOIN d ORDER BY node.id, d.n;
        WITH RECURSIVE h(n) AS (SELECT @hour - @Hours UNION ALL SELECT n + 1 FROM h WHERE n < @hour - 1)
        INSERT INTO node_hour SELECT node.id, h.n, (node.id * 31 + h.n) % 900, (node.id * 17 + h.n) % 900, 0, 3600, 3400, (node.id + h.n) % 1001 FROM node CROSS JOIN h ORDER BY node.id, h.n;
        WITH RECURSIVE h(n) AS (SELECT @hour - @Days * 24 UNION ALL SELECT n + 1 FROM h WHERE n < @hour - 1)
        INSERT INTO fleet_hour SELECT n, 90000000 + n % 977 * 1000, 80000000 + n % 911 * 1000, 0, 300000000 FROM h;
        """,
        new { day = now / 1000 / SecondsPerDay, hour = now / 1000 / SecondsPerHour, Days, Hours });

    /// <summary>A week of batches with their verdicts for one node; the signatures are none.</summary>
    public static void Batches(DbConnection connection, long node, string nodeId, long now)
    {
        var random = new Random((int)node);
        NodeId id = NodeId.Parse(nodeId) ?? throw new ArgumentException($"{nodeId} is no node id", nameof(nodeId));
        for (int hour = 0; hour < Hours; hour++)
        {
            Reading[] readings = [.. Enumerable.Range(0, ReadingsPerBatch).Select(_ => new Reading { Seconds = 300, HarvestedMilliwattHours = random.Next(400), DeliveredMilliwattHours = random.Next(300), BatteryPermille = random.Next(1001), BatteryMillivolts = 3000 + random.Next(500) })];
            Batch batch = Batch.Create(id, new byte[8], new byte[32], new Counters(0, 0, 0), readings);
            batch.Sequence = 1 + (hour * (long)ReadingsPerBatch);
            batch.OpenedUnixSeconds = (now / 1000) - ((Hours - hour) * SecondsPerHour);
            batch.Clock = ClockState.Fresh;
            batch.Profile = 1;
            byte[] payload = batch.Encode();
            int refused = hour % 24 == 5 ? 3 : 0;
            long row = connection.ExecuteScalar<long>(
                "INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms) VALUES(@node, @Sequence, @NextSequence, @hash, @arrived) RETURNING id",
                new { node, batch.Sequence, batch.NextSequence, hash = SHA256.HashData(payload), arrived = (batch.OpenedUnixSeconds + SecondsPerHour) * 1000 });
            connection.Execute("INSERT INTO batch_message(batch, message) VALUES(@row, @message)", new { row, message = SignedMessage.Encode(id, payload, new byte[64]) });
            connection.Execute(
                "INSERT INTO verdict(batch, node, opened_unix, readings, credited, held, refused, detail) VALUES(@row, @node, @OpenedUnixSeconds, @ReadingsPerBatch, @credited, 0, @refused, @detail)",
                new
                {
                    row,
                    node,
                    batch.OpenedUnixSeconds,
                    ReadingsPerBatch,
                    credited = ReadingsPerBatch - refused,
                    refused,
                    detail = refused == 0 ? null : $$"""[{"first":{{batch.Sequence}},"count":3,"outcome":"Refused","name":"OverRating","figures":null,"uncreditedMilliwattHours":1}]""",
                });
        }

        connection.Execute("UPDATE book SET cursor = (SELECT max(id) FROM batch)");
    }

    /// <summary>What the database knows of its own indexes, and the size of all.</summary>
    public static long Finish(DbConnection connection)
    {
        // PostgreSQL does the whole of it by itself before long. A single word would be taken for the name of a procedure.
        connection.Execute(connection.IsPostgres() ? "ANALYZE;" : "ANALYZE node_overview");
        return connection.Bytes();
    }

    // The connection that writes to PostgreSQL takes one statement at a time.
    private static void Each(DbConnection connection, string statements, object parameters)
    {
        foreach (string statement in statements.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            connection.Execute(statement, parameters, commandTimeout: 3600);
        }
    }
}
