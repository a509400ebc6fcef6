using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>Takes messages of nodes, verifies and stores them, and answers after the commit.</summary>
public sealed class IngestPipeline
{
    /// <summary>Queues a message; waits while the queue is full, which slows the node's own connection down and nobody else's.</summary>
    public ValueTask SubmitAsync(Incoming message, CancellationToken cancellationToken) => throw new NotSupportedException("comes with ingest");

    /// <summary>The sealed receipt for what is stored of a node now, with a fresh counter; for a SUBSCRIBE and for a status.</summary>
    public ValueTask<byte[]> SealReceiptAsync(RegisteredNode node, byte[] session, CancellationToken cancellationToken) => throw new NotSupportedException("comes with ingest");
}
