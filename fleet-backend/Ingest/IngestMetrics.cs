namespace DePin.Fleet.Ingest;

/// <summary>Counts of ingest since the start.</summary>
public sealed class IngestMetrics
{
    /// <summary>Receipts sealed.</summary>
    public long ReceiptsSealed => 0;

    /// <summary>Messages rejected, by reason.</summary>
    public IReadOnlyDictionary<string, long> MessagesRejected { get; } = new SortedDictionary<string, long>(StringComparer.Ordinal);
}
