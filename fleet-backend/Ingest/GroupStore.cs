using DePin.Contracts.Uplink;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ingest;

/// <summary>
/// The statements of a group commit, prepared once on the writing connection and run thousands of times a second: hence without Dapper,
/// and with the parameters by position. For the store writer's thread.
/// </summary>
internal sealed class GroupStore : IDisposable
{
    /// <summary>Pieces of evidence kept for each node: enough to prove it, too few to fill the disk.</summary>
    private const int EvidencePerNode = 8;

    private readonly SqliteCommand _batch;
    private readonly SqliteCommand _chain;
    private readonly SqliteCommand _reserve;
    private readonly SqliteCommand _stored;
    private readonly SqliteCommand _gap;
    private readonly SqliteCommand _insideGap;
    private readonly SqliteCommand _evidence;

    public GroupStore(SqliteConnection connection)
    {
        Connection = connection;
        _batch = Prepare(
            "INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms, gap_from, message) VALUES($0, $1, $2, $3, $4, $5, $6)", 7);
        _chain = Prepare(
            """
            INSERT INTO chain(node, next, head, harvested, delivered, imported, reserved, pending_gap) VALUES($0, $1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT(node) DO UPDATE SET next = $1, head = $2, harvested = $3, delivered = $4, imported = $5, reserved = max(reserved, $6), pending_gap = $7
            """,
            8);
        _reserve = Prepare(
            """
            INSERT INTO chain(node, next, head, harvested, delivered, imported, reserved) VALUES($0, 1, zeroblob(32), 0, 0, 0, $1)
            ON CONFLICT(node) DO UPDATE SET reserved = max(reserved, $1)
            """,
            2);
        _stored = Prepare("SELECT payload_hash FROM batch WHERE node = $0 AND sequence = $1", 2);
        _gap = Prepare("INSERT INTO gap(node, from_sequence, to_sequence, reason, closed_ms, message) VALUES($0, $1, $2, $3, $4, $5)", 6);
        _insideGap = Prepare("SELECT 1 FROM gap WHERE node = $0 AND from_sequence <= $1 AND to_sequence >= $1", 2);
        _evidence = Prepare(
            $"""
            INSERT OR IGNORE INTO evidence(node, reason, sequence, payload_hash, arrived_ms, message)
            SELECT $0, $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM evidence WHERE node = $0) < {EvidencePerNode}
            """,
            6);
    }

    public SqliteConnection Connection { get; }

    public void InsertBatch(Incoming incoming, Link link, long? gapFrom) =>
        Execute(_batch, incoming.Node.RowId, link.Sequence, link.NextSequence, link.PayloadHash, incoming.ArrivedUnixMilliseconds, gapFrom, incoming.Message);

    public void SaveChain(long node, ChainState state, long reserved) =>
        Execute(
            _chain,
            node,
            state.Next,
            state.Head,
            state.Closing.HarvestedMilliwattHours,
            state.Closing.DeliveredMilliwattHours,
            state.Closing.ImportedMilliwattHours,
            reserved,
            state.Pending?.Message);

    public void Reserve(long node, long reserved) => Execute(_reserve, node, reserved);

    /// <summary>Payload hash of the batch stored at a place, or null.</summary>
    public byte[]? StoredHash(long node, long sequence) => (byte[]?)Scalar(_stored, node, sequence);

    public void InsertGap(long node, PendingGap gap, long closedUnixMilliseconds) =>
        Execute(_gap, node, gap.From, gap.To, gap.Reason, closedUnixMilliseconds, gap.Message);

    public bool IsInsideGap(long node, long sequence) => Scalar(_insideGap, node, sequence) is not null;

    public void InsertEvidence(Incoming incoming, Link link, RejectReason reason) =>
        Execute(_evidence, incoming.Node.RowId, (int)reason, link.Sequence, link.PayloadHash, incoming.ArrivedUnixMilliseconds, incoming.Message);

    public void Dispose()
    {
        foreach (SqliteCommand command in new[] { _batch, _chain, _reserve, _stored, _gap, _insideGap, _evidence })
        {
            command.Dispose();
        }
    }

    private static void Execute(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        Bind(command, values);
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        Bind(command, values);
        return command.ExecuteScalar();
    }

    private static void Bind(SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }

    private SqliteCommand Prepare(string sql, int parameters)
    {
        SqliteCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter($"${i}", DBNull.Value));
        }

        command.Prepare();
        return command;
    }
}
