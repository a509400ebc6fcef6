using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>What stays the same for all readings of a batch under judgement.</summary>
internal sealed record Matter(Batch Batch, Circumstances Circumstances, VerificationSettings Settings)
{
    /// <summary>How its counters fail to continue those before, or null.</summary>
    public Finding? Mismatch { get; init; }

    /// <summary>What speaks against its firmware, or null.</summary>
    public (Finding Finding, Outcome Outcome)? Firmware { get; init; }

    public bool IsTimed { get; } = Batch.Clock != ClockState.NeverSet;

    public int FutureSeconds { get; } = Batch.Clock == ClockState.Fresh ? Settings.FutureSecondsFreshClock : Settings.FutureSecondsAgedClock;

    /// <summary>One for the whole batch, which lasts four hours at most.</summary>
    public Sun Sun { get; } = new(Batch.OpenedUnixSeconds + (Batch.Seconds() / 2));

    public long FloorMilliwatts { get; } = Math.Max(Settings.FloorMilliwatts, Circumstances.Profile.OutputMilliwatts * Settings.FloorPermilleOfRating / 1000);
}

/// <summary>A rule that spoke, with the figures that decided.</summary>
internal sealed class Finding(VerdictName name, Sentence figures)
{
    public Finding(VerdictName name, FormattableString sentence)
        : this(name, Sentence.Of(sentence))
    {
    }

    public VerdictName Name => name;

    public Sentence Figures => figures;
}
