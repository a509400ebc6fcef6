using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ingest;

/// <summary>Reads batches, chains and evidence. What writes them on the hot path is <see cref="GroupStore"/>.</summary>
public static class BatchStore
{
    /// <summary>A node's batches in the order of the chain, those after the given sequence, without their bytes.</summary>
    public static IReadOnlyList<BatchRow> Page(DbConnection connection, string nodeId, long afterSequence, int limit) =>
        [.. connection.Query<BatchRow>(
            $"""
            SELECT b.sequence AS Sequence, b.next_sequence AS NextSequence, b.payload_hash AS PayloadHash, b.arrived_ms AS ArrivedMs, b.gap_from AS GapFrom,
                   CAST(coalesce(length(m.message), 0) AS BIGINT) AS MessageBytes, {SignedBytes.ArchiveOf} AS Archive
            FROM batch b JOIN node n ON n.id = b.node LEFT JOIN batch_message m ON m.batch = b.id
            WHERE n.node_id = @nodeId AND b.sequence > @afterSequence ORDER BY b.sequence LIMIT @limit
            """,
            new { nodeId, afterSequence, limit })];

    /// <summary>The signed bytes of a batch that contradicts a node's chain; null where none with this payload is kept.</summary>
    public static byte[]? Contradiction(DbConnection connection, long node, byte[] payloadHash) =>
        connection.ExecuteScalar<byte[]?>("SELECT message FROM evidence WHERE node = @node AND payload_hash = @payloadHash", new { node, payloadHash });

    /// <summary>What a node sent with a valid signature against what is stored.</summary>
    public static IReadOnlyList<EvidenceRow> Evidence(DbConnection connection, string nodeId) =>
        [.. connection.Query<EvidenceRow>(
            """
            SELECT e.reason AS Reason, e.sequence AS Sequence, e.payload_hash AS PayloadHash, e.arrived_ms AS ArrivedMs
            FROM evidence e JOIN node n ON n.id = e.node WHERE n.node_id = @nodeId ORDER BY e.id
            """,
            new { nodeId })];

    /// <summary>A node's last batches, newest first, without their bytes.</summary>
    public static IReadOnlyList<BatchRow> Last(DbConnection connection, long node, int limit) =>
        [.. connection.Query<BatchRow>(
            $"""
            SELECT b.sequence AS Sequence, b.next_sequence AS NextSequence, b.payload_hash AS PayloadHash, b.arrived_ms AS ArrivedMs, b.gap_from AS GapFrom,
                   CAST(coalesce(length(m.message), 0) AS BIGINT) AS MessageBytes, {SignedBytes.ArchiveOf} AS Archive
            FROM batch b LEFT JOIN batch_message m ON m.batch = b.id WHERE b.node = @node ORDER BY b.sequence DESC LIMIT @limit
            """,
            new { node, limit })];

    /// <summary>The signed bytes of the batch that begins with a reading, or where they are; null where there is none.</summary>
    public static SignedBytes? MessageAt(DbConnection connection, long node, long sequence) =>
        connection.QueryFirstOrDefault<SignedBytes>($"{SignedBytes.Select} WHERE b.node = @node AND b.sequence = @sequence", new { node, sequence });

    /// <summary>Where a node's chain stands: sequence of the next reading, and the last payload's hash; null before the first word.</summary>
    public static (long Next, byte[] Head)? Chain(DbConnection connection, long node) =>
        connection.Query<(long, byte[])>("SELECT next, head FROM chain WHERE node = @node", new { node }).Select(row => ((long, byte[])?)row).FirstOrDefault();

    /// <summary>A node's declared gaps, newest first.</summary>
    public static IReadOnlyList<GapRow> Gaps(DbConnection connection, long node, int limit) =>
        connection.Query<GapRow>("SELECT from_sequence AS \"From\", to_sequence AS \"To\", reason AS Reason, closed_ms AS ClosedUnixMilliseconds FROM gap WHERE node = @node ORDER BY from_sequence DESC LIMIT @limit", new { node, limit }).AsList();

    /// <summary>Batches of a node that contradict its chain.</summary>
    public static long Forks(DbConnection connection, long node) => connection.ExecuteScalar<long>("SELECT count(*) FROM evidence WHERE node = @node", new { node });

    internal static IEnumerable<ChainRow> Chains(DbConnection connection) =>
        connection.Query<ChainRow>(
            $"""
            {ChainRow.Select} WHERE NOT EXISTS(SELECT 1 FROM registration g WHERE g.node = n.id AND g.scrapped_ms IS NOT NULL)
            """,
            buffered: false);

    /// <summary>Where a node's chain stands; null before its first message.</summary>
    internal static ChainRow? ChainAt(DbConnection connection, long node) => connection.QuerySingleOrDefault<ChainRow>($"{ChainRow.Select} WHERE n.id = @node", new { node });

    /// <summary>Where the chains of these nodes stand; those that have none are left out.</summary>
    internal static Dictionary<string, ChainRow> ChainsOf(DbConnection connection, long[] nodes) =>
        connection.Query<ChainRow>($"{ChainRow.Select} WHERE {connection.In("c.node", "nodes")}", new { nodes }).ToDictionary(row => row.NodeId, StringComparer.Ordinal);

    /// <summary>Counters of sealed messages to a node up to here may have been sent.</summary>
    internal static long Reserved(DbConnection connection, long node) => connection.ExecuteScalar<long?>("SELECT reserved FROM chain WHERE node = @node", new { node }) ?? 0;

    internal sealed record ChainRow
    {
        public const string Select =
            """
            SELECT n.node_id AS NodeId, c.next AS Next, c.head AS Head, c.harvested AS Harvested, c.delivered AS Delivered, c.imported AS Imported,
                   c.reserved AS Reserved, c.pending_gap AS PendingGap
            FROM chain c JOIN node n ON n.id = c.node
            """;

        public required string NodeId { get; init; }

        public long Next { get; init; }

        public required byte[] Head { get; init; }

        public long Harvested { get; init; }

        public long Delivered { get; init; }

        public long Imported { get; init; }

        public long Reserved { get; init; }

        public byte[]? PendingGap { get; init; }
    }
}

/// <summary>A stored batch without its bytes.</summary>
public sealed record BatchRow
{
    /// <summary>Sequence of its first reading.</summary>
    public long Sequence { get; init; }

    /// <summary>Sequence that follows it.</summary>
    public long NextSequence { get; init; }

    /// <summary>SHA-256 of its payload.</summary>
    public required byte[] PayloadHash { get; init; }

    /// <summary>When it arrived, Unix milliseconds.</summary>
    public long ArrivedMs { get; init; }

    /// <summary>First lost sequence, where it follows a gap.</summary>
    public long? GapFrom { get; init; }

    /// <summary>Length of the signed bytes; 0 where an archive has them.</summary>
    public long MessageBytes { get; init; }

    /// <summary>The archive's file that has them, else null.</summary>
    public string? Archive { get; init; }
}

/// <summary>Readings that a node declared as lost.</summary>
public sealed record GapRow
{
    /// <summary>The first of them.</summary>
    public long From { get; init; }

    /// <summary>The last of them.</summary>
    public long To { get; init; }

    /// <summary>Number of the reason.</summary>
    public long Reason { get; init; }

    /// <summary>When the batch after it came.</summary>
    public long ClosedUnixMilliseconds { get; init; }
}

/// <summary>A batch that was kept as evidence.</summary>
public sealed record EvidenceRow
{
    /// <summary>Number of the reject reason.</summary>
    public long Reason { get; init; }

    /// <summary>Sequence of its first reading.</summary>
    public long Sequence { get; init; }

    /// <summary>SHA-256 of its payload.</summary>
    public required byte[] PayloadHash { get; init; }

    /// <summary>When it arrived, Unix milliseconds.</summary>
    public long ArrivedMs { get; init; }
}

/// <summary>The signed bytes of a batch, or where they are.</summary>
public sealed record SignedBytes
{
    /// <summary>The file that has the bytes of a batch b where its row m of batch_message is not there.</summary>
    internal const string ArchiveOf = "CASE WHEN m.batch IS NULL THEN (SELECT r.file FROM archive r WHERE b.id BETWEEN r.first_batch AND r.last_batch) END";

    internal const string Select = $"SELECT m.message AS Message, {ArchiveOf} AS Archive FROM batch b LEFT JOIN batch_message m ON m.batch = b.id";

    /// <summary>The bytes; null where an archive has them.</summary>
    public byte[]? Message { get; init; }

    /// <summary>The archive's file that has them, else null.</summary>
    public string? Archive { get; init; }

    /// <summary>The sentence for who asked for what is archived.</summary>
    internal static string Gone(string? archive) =>
        $"The signed bytes are in the archive {archive} and no longer in the database. Ask who keeps the archive; 'tools/depin verify {archive}' checks the file.";
}
