using System.Text.Json.Serialization;

namespace DePin.Fleet.Ledger;

/// <summary>The verdicts over one batch.</summary>
public sealed record VerdictRow
{
    /// <summary>Number of the batch in order of arrival.</summary>
    public long Batch { get; init; }

    /// <summary>The node that measured.</summary>
    public required string NodeId { get; init; }

    /// <summary>Sequence number of the batch's first reading.</summary>
    public long FirstReading { get; init; }

    /// <summary>Sequence number of its last.</summary>
    public long LastReading { get; init; }

    /// <summary>When the first reading opened.</summary>
    public long OpenedUnixSeconds { get; init; }

    /// <summary>Readings of the batch; credited, held and refused add up to it.</summary>
    public long Readings { get; init; }

    /// <summary>Readings that earned.</summary>
    public long Credited { get; init; }

    /// <summary>Readings that wait.</summary>
    public long Held { get; init; }

    /// <summary>Readings that earn nothing.</summary>
    public long Refused { get; init; }

    /// <summary>Readings among the held ones that wait for funds alone.</summary>
    public long Unfunded { get; init; }

    /// <summary>Energy that earned, or would were it funded, mWh.</summary>
    public long CreditableMilliwattHours { get; init; }

    /// <summary>Seconds of service that earned, or would were it funded.</summary>
    public long ServedSeconds { get; init; }

    /// <summary>What the batch earned for all, or waits for where it is unfunded, micro-credits as text.</summary>
    public string CreditMicro => Transfers.Text(WholeMicro);

    /// <summary>SHA-256 of the signed batch's payload: the evidence.</summary>
    public required string PayloadHash { get; init; }

    /// <summary>The readings that are not simply credited, in order.</summary>
    public IReadOnlyList<VerdictRun> Runs
    {
        get
        {
            IReadOnlyList<VerdictRun> stored = [.. VerdictRun.Read(Detail).Select(run => run.Shown())];
            return Unfunded == 0
                ? stored
                : [.. stored.Concat(VerdictRun.Unfunded(stored, FirstReading, LastReading, $"{WholeMicro} micro-credits earned by the batch wait for funds")).OrderBy(run => run.First)];
        }
    }

    [JsonIgnore]
    internal long WholeMicro { get; init; }

    [JsonIgnore]
    internal string? Detail { get; init; }
}
