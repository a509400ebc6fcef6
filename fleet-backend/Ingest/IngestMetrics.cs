using System.Diagnostics.Metrics;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Ingest;

/// <summary>What ingest did since the start, in meter DePin.Fleet and readable in process.</summary>
public sealed class IngestMetrics : IDisposable
{
    private static readonly RejectReason[] Reasons = Enum.GetValues<RejectReason>();

    private readonly Meter _meter;
    private readonly Histogram<double> _answers;
    private readonly long[] _rejected = new long[(int)RejectReason.InsideGap + 1];
    private long _receiptsSealed;
    private long _batchesStored;
    private long _writeFailures;

    /// <summary>Registers the counters.</summary>
    public IngestMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create("DePin.Fleet");
        _meter.CreateObservableCounter("ingest.receipts.sealed", () => ReceiptsSealed, description: "Receipts sealed");
        _meter.CreateObservableCounter("ingest.batches.stored", () => BatchesStored, description: "Batches stored");
        _meter.CreateObservableCounter("ingest.write.failures", () => WriteFailures, description: "Groups that could not be written");
        _answers = _meter.CreateHistogram("ingest.answer.duration", "s", "From the reading of a message to its answer, stored", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
        _meter.CreateObservableCounter("ingest.messages.rejected", Measure, description: "Messages rejected, by reason");
    }

    /// <summary>Receipts sealed, for batches, gaps, statuses and subscriptions.</summary>
    public long ReceiptsSealed => Interlocked.Read(ref _receiptsSealed);

    /// <summary>Batches stored.</summary>
    public long BatchesStored => Interlocked.Read(ref _batchesStored);

    /// <summary>Groups of messages that could not be written.</summary>
    public long WriteFailures => Interlocked.Read(ref _writeFailures);

    /// <summary>Batches rejected because they contradict what is stored or declared.</summary>
    public long BatchesForked => Rejected(RejectReason.Fork) + Rejected(RejectReason.InsideGap);

    /// <summary>Messages rejected for one reason.</summary>
    public long Rejected(RejectReason reason) => Interlocked.Read(ref _rejected[(int)reason]);

    /// <summary>Messages rejected, by reason in camel case; only reasons that occurred.</summary>
    public IReadOnlyDictionary<string, long> MessagesRejected =>
        Reasons.Where(reason => Rejected(reason) > 0).ToDictionary(NameOf, Rejected, StringComparer.Ordinal);

    /// <summary>A reason as the API and the database name it.</summary>
    public static string NameOf(RejectReason reason) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(reason.ToString());

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    internal void CountReceipt() => Interlocked.Increment(ref _receiptsSealed);

    internal void CountStored(int batches) => Interlocked.Add(ref _batchesStored, batches);

    internal void CountAnswer(RejectReason? refusal, long submittedTimestamp)
    {
        Interlocked.Increment(ref refusal is { } reason ? ref _rejected[(int)reason] : ref _receiptsSealed);
        _answers.Record(System.Diagnostics.Stopwatch.GetElapsedTime(submittedTimestamp).TotalSeconds);
    }

    internal void CountWriteFailure() => Interlocked.Increment(ref _writeFailures);

    private IEnumerable<Measurement<long>> Measure() =>
        Reasons.Select(reason => new Measurement<long>(Rejected(reason), new KeyValuePair<string, object?>("reason", NameOf(reason))));
}
