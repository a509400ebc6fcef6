using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Tools.Bench;

/// <summary>What <c>depin bench ingest</c> measured.</summary>
/// <param name="Nodes">Connections.</param>
/// <param name="Seconds">Seconds measured.</param>
/// <param name="BatchesPerSecond">Batches whose receipt came, a second.</param>
/// <param name="ReadingsPerSecond">Readings in them.</param>
/// <param name="VerdictBacklog">Batches without a verdict when the load ended.</param>
/// <param name="VerdictBacklogSeconds">How long it took until there was none.</param>
/// <param name="AckP50Ms">Half of the receipts came within this.</param>
/// <param name="AckP99Ms">99 of 100 did.</param>
/// <param name="VerifyLimitPerSecond">Signatures that the platform verifies a second with nothing else to do, one by one on all processors, before the load and after it.</param>
/// <param name="Ratio">Batches a second by that limit.</param>
/// <param name="CpuSecondsPerBatch">Processor time of all backends, verdicts and credits included.</param>
/// <param name="PeakMemoryMb">The most memory that a backend held, MiB.</param>
/// <param name="MemoryMb">What the backend with the most held as the load began, at each tenth of it and at its end, MiB: what is kept too long would make it rise.</param>
/// <param name="MessagesRejected">Rejects that came instead of receipts.</param>
/// <param name="Processors">What everything shares, load generator included.</param>
/// <param name="PostgresCpuMillisecondsPerBatch">Processor time of PostgreSQL, all its processes; null on SQLite.</param>
/// <param name="BalancerCpuMillisecondsPerBatch">Processor time of HAProxy; null with one instance.</param>
/// <param name="Instances">What each backend did.</param>
/// <param name="Database">SQLite or PostgreSQL.</param>
/// <param name="RatePerSecond">Batches a second that the lamps were to send together; null where they sent as fast as they got receipts.</param>
/// <param name="Idle">Nodes that were registered besides and sent nothing.</param>
/// <param name="StartSeconds">From the start of its process until the last backend listened.</param>
/// <param name="StartCpuSeconds">Processor time until all rested after their start, with the first of their hourly rounds.</param>
/// <param name="DatabaseBytesPerIdle">What each idle node takes up in the database; null where there are none.</param>
/// <param name="Alone">The same lamps with no others registered; null where there are no idle ones.</param>
/// <param name="TimesCpuAlone">Processor time a batch, that of PostgreSQL included, by that of the lamps alone.</param>
/// <param name="Usual">The same the usual way; null where it was not asked for.</param>
/// <param name="TimesUsual">Batches a second by those of the usual way.</param>
internal sealed record IngestResult(
    int Nodes,
    double Seconds,
    double BatchesPerSecond,
    double ReadingsPerSecond,
    long VerdictBacklog,
    double VerdictBacklogSeconds,
    double AckP50Ms,
    double AckP99Ms,
    double VerifyLimitPerSecond,
    double Ratio,
    double CpuSecondsPerBatch,
    double PeakMemoryMb,
    IReadOnlyList<double> MemoryMb,
    long MessagesRejected,
    int Processors,
    double? PostgresCpuMillisecondsPerBatch,
    double? BalancerCpuMillisecondsPerBatch,
    IReadOnlyList<InstanceLoad> Instances,
    string Database = "",
    int? RatePerSecond = null,
    int Idle = 0,
    double StartSeconds = 0,
    double StartCpuSeconds = 0,
    long? DatabaseBytesPerIdle = null,
    IngestResult? Alone = null,
    double? TimesCpuAlone = null,
    UsualResult? Usual = null,
    double? TimesUsual = null)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Processor time of all backends and of PostgreSQL.</summary>
    [JsonIgnore]
    public double AllCpuSecondsPerBatch => CpuSecondsPerBatch + ((PostgresCpuMillisecondsPerBatch ?? 0) / 1000);

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>What one backend did.</summary>
/// <param name="Batches">That it took and answered.</param>
/// <param name="CpuSeconds">Its processor time until all had their verdicts. One does the background work of all, verdicts and credits among it.</param>
/// <param name="CpuMillisecondsPerBatch">The same for each batch that it took.</param>
/// <param name="PeakMemoryMb">The most memory that it held, MiB.</param>
internal sealed record InstanceLoad(long Batches, double CpuSeconds, double CpuMillisecondsPerBatch, double PeakMemoryMb);
