using System.Data.Common;
using Dapper;
using DePin.Contracts.Uplink;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ingest;

/// <summary>
/// The statements of a group commit; those that every message needs are prepared once on the writing connection and run thousands of times a
/// second. For the store writer's thread.
/// </summary>
internal sealed class GroupStore(DbConnection connection) : IDisposable
{
    /// <summary>Pieces of evidence kept for each node: enough to prove it, too few to fill the disk.</summary>
    private const int EvidencePerNode = 8;

    private readonly BatchInsertStore _batch = new(connection);

    private readonly PreparedCommand _begin = PreparedCommand.Of(
        connection, "INSERT INTO chain(node, next, head, harvested, delivered, imported, reserved) VALUES($1, 1, $2, 0, 0, 0, 0) ON CONFLICT(node) DO NOTHING", "bigint bytea");

    // The head moves only from where it was taken to stand: whoever was overtaken stores nothing.
    private readonly PreparedCommand _move = PreparedCommand.Of(
        connection,
        """
        UPDATE chain SET next = $2, head = $3, harvested = $4, delivered = $5, imported = $6, reserved = max(reserved, $7), pending_gap = $8 WHERE node = $1 AND next = $9 AND head = $10
        """,
        "bigint bigint bytea bigint bigint bigint bigint bytea bigint bytea", changesEachRow: true);

    private readonly PreparedCommand _reserve = PreparedCommand.Of(
        connection,
        """
        INSERT INTO chain(node, next, head, harvested, delivered, imported, reserved) VALUES($1, 1, $2, 0, 0, 0, $3)
        ON CONFLICT(node) DO UPDATE SET reserved = max(chain.reserved, excluded.reserved)
        """,
        "bigint bytea bigint");

    public DbConnection Connection => connection;

    public void InsertBatch(Incoming incoming, Link link, long? gapFrom) =>
        _batch.Run(incoming.Node.RowId, link.Sequence, link.NextSequence, link.PayloadHash, incoming.ArrivedUnixMilliseconds, gapFrom, incoming.Message);

    /// <summary>Begins a chain that is not in the store yet.</summary>
    public void BeginChain(long node) => _begin.Run(node, ChainState.Empty.Head);

    /// <summary>Moves a chain from one state to another.</summary>
    /// <exception cref="DbException">It stands elsewhere.</exception>
    public void MoveChain(long node, ChainState from, ChainState state, long reserved) =>
        _move.Run(
            node,
            state.Next,
            state.Head,
            state.Closing.HarvestedMilliwattHours,
            state.Closing.DeliveredMilliwattHours,
            state.Closing.ImportedMilliwattHours,
            reserved,
            state.Pending?.Message,
            from.Next,
            from.Head);

    public void Reserve(long node, long reserved) => _reserve.Run(node, ChainState.Empty.Head, reserved);

    /// <summary>Payload hash of the batch stored at a place, or null.</summary>
    public byte[]? StoredHash(long node, long sequence)
    {
        connection.WriteRows();
        return connection.ExecuteScalar<byte[]?>("SELECT payload_hash FROM batch WHERE node = @node AND sequence = @sequence", new { node, sequence });
    }

    public void InsertGap(long node, PendingGap gap, long closedUnixMilliseconds) => connection.Execute(
        "INSERT INTO gap(node, from_sequence, to_sequence, reason, closed_ms, message) VALUES(@node, @From, @To, @Reason, @closedUnixMilliseconds, @Message)",
        new { node, gap.From, gap.To, gap.Reason, closedUnixMilliseconds, gap.Message });

    public bool IsInsideGap(long node, long sequence) => connection.ExecuteScalar<long>(
        "SELECT count(*) FROM gap WHERE node = @node AND from_sequence <= @sequence AND to_sequence >= @sequence", new { node, sequence }) > 0;

    public void InsertEvidence(Incoming incoming, Link link, RejectReason reason)
    {
        // The suspension that follows counts the batches before it.
        connection.WriteRows();
        connection.Execute(
            """
            INSERT INTO evidence(node, reason, sequence, payload_hash, arrived_ms, message)
            SELECT @RowId, @reason, @Sequence, @PayloadHash, @ArrivedUnixMilliseconds, @Message WHERE (SELECT count(*) FROM evidence WHERE node = @RowId) < @EvidencePerNode
            ON CONFLICT DO NOTHING
            """,
            new { incoming.Node.RowId, reason = (long)reason, link.Sequence, link.PayloadHash, incoming.ArrivedUnixMilliseconds, incoming.Message, EvidencePerNode });
    }

    public void Dispose()
    {
        _batch.Dispose();
        _begin.Dispose();
        _move.Dispose();
        _reserve.Dispose();
    }
}
