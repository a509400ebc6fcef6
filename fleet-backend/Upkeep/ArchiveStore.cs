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
        "SELECT count(*), CAST(coalesce(sum(length(m.message)), 0) AS BIGINT) FROM batch b LEFT JOIN batch_message m ON m.batch = b.id AND m.batch > @after AND m.batch <= @upTo WHERE b.id > @after AND b.id <= @upTo", new { after, upTo });

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
    /// Batches up to one whose bytes somebody may still look at, in their order: what is held or disputed, and all of nodes that are suspended or stand on the list of reviews.
    /// What is judged is never held anew, so nobody who decides looks for bytes that went.
    /// </summary>
    public static List<long> Needed(DbConnection connection, long last) => connection.Query<long>(
        """
        SELECT batch FROM hold WHERE state = 'open' AND batch <= @last UNION SELECT batch FROM dispute WHERE answered_ms IS NULL AND batch <= @last
        UNION SELECT id FROM batch WHERE id <= @last AND node IN (SELECT node FROM suspension WHERE to_ms IS NULL UNION SELECT node FROM review WHERE closed_ms IS NULL)
        ORDER BY 1
        """,
        new { last }).AsList();

    /// <summary>The batch after one that comes next; the one after it where there is none.</summary>
    public static long NextAfter(DbConnection connection, long last) => connection.ExecuteScalar<long>("SELECT coalesce(min(id), @last + 1) FROM batch WHERE id > @last", new { last });

    /// <summary>The last of so many batches after one whose bytes are here; null where there is none up to the last.</summary>
    public static long? LastOf(DbConnection connection, long after, long last, int limit) => connection.ExecuteScalar<long?>(
        "SELECT max(batch) FROM (SELECT batch FROM batch_message WHERE batch > @after AND batch <= @last ORDER BY batch LIMIT @limit) part", new { after, last, limit });

    /// <summary>Lets the bytes of a range go, which files hold by now, but for some batches, given in their order.</summary>
    public static void Delete(DbConnection connection, long after, long upTo, IEnumerable<long> needed)
    {
        long from = after + 1;
        foreach (long kept in needed.Append(upTo + 1))
        {
            if (kept > from)
            {
                connection.Execute("DELETE FROM batch_message WHERE batch >= @from AND batch < @kept", new { from, kept });
            }

            from = kept + 1;
        }
    }

    /// <summary>How many batches up to one have their bytes here.</summary>
    public static long Kept(DbConnection connection, long last) => connection.ExecuteScalar<long>("SELECT count(*) FROM batch_message WHERE batch <= @last", new { last });
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
