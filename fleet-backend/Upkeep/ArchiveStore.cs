using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>The SQL of archives.</summary>
internal static class ArchiveStore
{
    /// <summary>All files, in the order of their batches.</summary>
    public static IReadOnlyList<ArchiveRow> Files(DbConnection connection) => connection.Query<ArchiveRow>(
        """
        SELECT first_batch AS FirstBatch, last_batch AS LastBatch, file AS File, sha256 AS Sha256, bytes AS Bytes, batches AS Batches, first_arrived_ms AS FirstArrivedUnixMilliseconds,
            last_arrived_ms AS LastArrivedUnixMilliseconds, made_ms AS MadeUnixMilliseconds
        FROM archive ORDER BY first_batch
        """).AsList();

    /// <summary>Whether bytes of a file's batches are in it alone.</summary>
    public static bool IsAlone(DbConnection connection, ArchiveRow file) => connection.ExecuteScalar<long>(
        "SELECT count(*) FROM batch_message WHERE batch BETWEEN @FirstBatch AND @LastBatch", file) < file.Batches;

    /// <summary>Keeps partitions where they are until the transaction ends, on PostgreSQL, where its snapshot would not: the first statement of an instant, before there is a snapshot.</summary>
    public static void HoldMessages(DbConnection connection)
    {
        if (connection.IsPostgres())
        {
            connection.Execute("LOCK TABLE batch_message IN ACCESS SHARE MODE");
        }
    }

    /// <summary>The batch up to which all are judged, booked and in the log of proofs.</summary>
    public static long Done(DbConnection connection) => connection.ExecuteScalar<long>("SELECT min(book.cursor, log_head.batch) FROM book, log_head");

    /// <summary>The last batch after one, and up to another, before the first that arrived at a time or later; null where there is none.</summary>
    public static long? LastBefore(DbConnection connection, long after, long upTo, long unixMilliseconds) => connection.ExecuteScalar<long?>(
        """
        SELECT max(id) FROM batch WHERE id > @after AND id <= @upTo
            AND id < coalesce((SELECT id FROM batch WHERE id > @after AND id <= @upTo AND arrived_ms >= @unixMilliseconds ORDER BY id LIMIT 1), @upTo + 1)
        """,
        new { after, upTo, unixMilliseconds });

    /// <summary>How many batches there are in a range, and their signed bytes.</summary>
    public static (long Batches, long Bytes) Sum(DbConnection connection, long after, long upTo) => connection.QuerySingle<(long, long)>(
        "SELECT count(*), CAST(coalesce(sum(length(m.message)), 0) AS BIGINT) FROM batch b LEFT JOIN batch_message m ON m.batch = b.id WHERE b.id > @after AND b.id <= @upTo", new { after, upTo });

    /// <summary>Batches of a range in their order, with all that a file says of them.</summary>
    public static IReadOnlyList<ArchivedBatch> Next(DbConnection connection, long after, long upTo, int limit) => connection.Query<ArchivedBatch>(
        """
        SELECT b.id AS Id, b.node AS Node, n.node_id AS NodeId, n.public_key AS PublicKey, b.sequence AS Sequence, b.payload_hash AS PayloadHash, b.arrived_ms AS ArrivedUnixMilliseconds,
            g.message AS Gap, m.message AS Message
        FROM batch b JOIN node n ON n.id = b.node LEFT JOIN batch_message m ON m.batch = b.id AND m.batch > @after LEFT JOIN gap g ON g.node = b.node AND g.from_sequence = b.gap_from
        WHERE b.id > @after AND b.id <= @upTo ORDER BY b.id LIMIT @limit
        """,
        new { after, upTo, limit }).AsList();

    /// <summary>Records a file; it has to go on where the last one ended.</summary>
    public static void Insert(DbConnection connection, ArchiveRow file) => connection.Execute(
        """
        INSERT INTO archive(first_batch, last_batch, file, sha256, bytes, batches, first_arrived_ms, last_arrived_ms, made_ms)
        VALUES(@FirstBatch, @LastBatch, @File, @Sha256, @Bytes, @Batches, @FirstArrivedUnixMilliseconds, @LastArrivedUnixMilliseconds, @MadeUnixMilliseconds)
        """,
        file);

    /// <summary>
    /// Lets the bytes up to a batch go, which files hold by now, but for those that somebody may still look at: what is held or disputed, and all of nodes that are suspended
    /// or stand on the list of reviews.
    /// </summary>
    public static GivenUp GiveUp(DbConnection connection, long last)
    {
        connection.Execute("CREATE TEMP TABLE needed(batch BIGINT PRIMARY KEY)");
        connection.Execute(
            """
            INSERT INTO needed(batch)
            SELECT batch FROM hold WHERE state = 'open' UNION SELECT batch FROM dispute WHERE answered_ms IS NULL
            UNION SELECT id FROM batch WHERE id <= @last AND node IN (SELECT node FROM suspension WHERE to_ms IS NULL UNION SELECT node FROM review WHERE closed_ms IS NULL)
            """,
            new { last });
        long next = connection.ExecuteScalar<long>("SELECT coalesce(min(id), @last + 1) FROM batch WHERE id > @last", new { last });
        int partitions = connection.IsPostgres() ? PartitionStore.DropBefore(connection, next) : 0;
        connection.Execute("DELETE FROM batch_message WHERE batch <= @last AND NOT EXISTS(SELECT 1 FROM needed d WHERE d.batch = batch_message.batch)", new { last });
        connection.Execute("DROP TABLE needed");
        return new GivenUp(partitions, connection.ExecuteScalar<long>("SELECT count(*) FROM batch_message WHERE batch <= @last", new { last }));
    }
}

/// <summary>A file of an archive.</summary>
internal sealed record ArchiveRow
{
    public long FirstBatch { get; init; }

    public long LastBatch { get; init; }

    public required string File { get; init; }

    /// <summary>Of the file, hex.</summary>
    public required string Sha256 { get; init; }

    public long Bytes { get; init; }

    public long Batches { get; init; }

    public long FirstArrivedUnixMilliseconds { get; init; }

    public long LastArrivedUnixMilliseconds { get; init; }

    public long MadeUnixMilliseconds { get; init; }
}

/// <summary>A batch as an archive holds it.</summary>
internal sealed record ArchivedBatch
{
    public long Id { get; init; }

    /// <summary>The node's row, which names it within a file.</summary>
    public long Node { get; init; }

    public required string NodeId { get; init; }

    public required byte[] PublicKey { get; init; }

    public long Sequence { get; init; }

    public required byte[] PayloadHash { get; init; }

    public long ArrivedUnixMilliseconds { get; init; }

    /// <summary>The signed gap that it follows, or null.</summary>
    public byte[]? Gap { get; init; }

    /// <summary>The signed bytes; null where they are not in the database.</summary>
    public byte[]? Message { get; init; }
}

/// <summary>What the database gave up.</summary>
/// <param name="Partitions">Whole partitions, on PostgreSQL.</param>
/// <param name="Kept">Archived batches whose bytes it keeps too.</param>
internal readonly record struct GivenUp(int Partitions, long Kept);
