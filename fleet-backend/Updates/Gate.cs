namespace DePin.Fleet.Updates;

/// <summary>What a wave must fulfil. Percents are of the wave's nodes.</summary>
/// <param name="ExecutedPercent">At least so many confirmed.</param>
/// <param name="FailedPercent">At most so many went back or rejected, and were not confirmed since.</param>
/// <param name="SilentPercent">At most so many not heard of for <paramref name="SilentHours"/>, neither confirmed nor failed.</param>
/// <param name="SilentHours">Hours without a word after which a node is silent; a lamp may wait a night for its battery.</param>
/// <param name="SoakMinutes">How long the wave is watched after enough nodes executed.</param>
/// <param name="Metering">Whether what the nodes earn by goes on; null where nobody is to look.</param>
public sealed record GateRules(int ExecutedPercent = 90, int FailedPercent = 5, int SilentPercent = 10, int SilentHours = 48, int SoakMinutes = 60, MeteringRules? Metering = null)
{
    /// <summary>What is wrong with them, or null.</summary>
    public Sentence? Problem() =>
        Bounds.Number("gate.executedPercent", ExecutedPercent, 1, 100)
        ?? Bounds.Number("gate.failedPercent", FailedPercent, 0, 100)
        ?? Bounds.Number("gate.silentPercent", SilentPercent, 0, 100)
        ?? Bounds.Number("gate.silentHours", SilentHours, 1, 8760)
        ?? Bounds.Number("gate.soakMinutes", SoakMinutes, 0, 525_600)
        ?? Metering?.Problem();
}

/// <summary>What a person accepted of a wave when they resumed it: the gate judges only what came since.</summary>
public sealed record Accepted(long Failed = 0, long Silent = 0, long Contradicted = 0, bool IsMeteringAccepted = false);

/// <summary>What is known of an open wave.</summary>
/// <param name="Size">Nodes in it.</param>
/// <param name="Confirmed">Those that run the release for good.</param>
/// <param name="Failed">Those whose last attempt ended otherwise.</param>
/// <param name="Silent">Those not heard of for too long.</param>
/// <param name="EnoughUnixMilliseconds">When enough had executed it, null where that is not yet.</param>
/// <param name="Metering">The last figures, null where none were taken.</param>
/// <param name="Accepted">What a person accepted.</param>
public sealed record WaveFacts(long Size, long Confirmed, long Failed, long Silent, long? EnoughUnixMilliseconds, MeteringFigures? Metering, Accepted Accepted);

/// <summary>Whether a gate opens.</summary>
public enum GateOutcome
{
    /// <summary>Not yet.</summary>
    Waits,

    /// <summary>The next wave may open.</summary>
    Passes,

    /// <summary>The rollout pauses.</summary>
    Breaks,
}

/// <summary>One figure of a gate.</summary>
/// <param name="Name">Which.</param>
/// <param name="Value">What it is.</param>
/// <param name="Rule">What it must be.</param>
/// <param name="Outcome">What follows from it.</param>
public sealed record GateFigure(Sentence Name, Sentence Value, Sentence Rule, GateOutcome Outcome);

/// <summary>How a gate stands, with every figure; pure.</summary>
/// <param name="Outcome">What follows from all.</param>
/// <param name="Sentence">What decided, in words.</param>
/// <param name="Figures">Every figure.</param>
public sealed record GateView(GateOutcome Outcome, Sentence Sentence, IReadOnlyList<GateFigure> Figures)
{
    private const long MillisecondsPerMinute = 60_000;

    private static readonly Sentence Silent = Sentence.Of($"silent");

    /// <summary>Whether a figure other than silence is broken: to resume is to wait for the silent once more, and needs no word.</summary>
    public bool IsBrokenByMoreThanSilence() => Figures.Any(figure => figure.Outcome == GateOutcome.Breaks && figure.Name != Silent);

    /// <summary>Whether enough of a wave executed it.</summary>
    public static bool IsEnough(GateRules rules, long size, long confirmed) => confirmed * 100 >= rules.ExecutedPercent * size;

    /// <summary>Judges a wave.</summary>
    public static GateView Of(GateRules rules, WaveFacts wave, long nowUnixMilliseconds)
    {
        var figures = new List<GateFigure>
        {
            new(Sentence.Of($"executed"), Share(wave.Confirmed, wave.Size), Sentence.Of($"at least {rules.ExecutedPercent} %"), IsEnough(rules, wave.Size, wave.Confirmed) ? GateOutcome.Passes : GateOutcome.Waits),
            new(Sentence.Of($"failed"), Share(wave.Failed, wave.Size, wave.Accepted.Failed), Sentence.Of($"at most {rules.FailedPercent} %"), IsWithin(wave.Failed - wave.Accepted.Failed, rules.FailedPercent, wave.Size)),
            new(Silent, Share(wave.Silent, wave.Size, wave.Accepted.Silent), Sentence.Of($"at most {rules.SilentPercent} % without a word for {rules.SilentHours} h"), IsWithin(wave.Silent - wave.Accepted.Silent, rules.SilentPercent, wave.Size)),
            Soak(rules, wave, nowUnixMilliseconds),
        };
        // A share of few nodes may round to none: nothing will ever be metered there.
        if (wave.Size > 0 && rules.Metering is { } metering)
        {
            figures.AddRange(MeteringFigures.Judge(metering, wave.Metering, wave.Accepted));
            if (wave.Metering is { } taken && !IsLateEnough(metering, wave.EnoughUnixMilliseconds, taken.AtUnixMilliseconds))
            {
                figures.Add(new GateFigure(Sentence.Of($"metering"), Sentence.Of($"figures of before the hours compared were over"), Sentence.Of($"watched for {metering.NeedsMinutes} min"), GateOutcome.Waits));
            }
        }

        GateFigure decides = figures.Find(figure => figure.Outcome == GateOutcome.Breaks) ?? figures.Find(figure => figure.Outcome == GateOutcome.Waits) ?? figures[0];
        return new GateView(decides.Outcome, Sentence.Of($"{decides.Name}: {decides.Value}; it must be {decides.Rule}"), figures);
    }

    /// <summary>Whether figures taken then show what came after enough nodes executed.</summary>
    public static bool IsLateEnough(MeteringRules rules, long? enoughUnixMilliseconds, long takenUnixMilliseconds) =>
        enoughUnixMilliseconds is { } enough && takenUnixMilliseconds - enough >= rules.NeedsMinutes * MillisecondsPerMinute;

    private static GateFigure Soak(GateRules rules, WaveFacts wave, long now)
    {
        long minutes = wave.EnoughUnixMilliseconds is { } enough ? Math.Max(0, now - enough) / MillisecondsPerMinute : 0;
        long needed = Math.Max(rules.SoakMinutes, rules.Metering is { } metering && wave.Size > 0 ? metering.NeedsMinutes : 0);
        return new GateFigure(
            Sentence.Of($"soaked"), Sentence.Of($"{minutes} min"), Sentence.Of($"{needed} min after enough executed"), wave.EnoughUnixMilliseconds is not null && minutes >= needed ? GateOutcome.Passes : GateOutcome.Waits);
    }

    private static GateOutcome IsWithin(long count, int percent, long size) => count * 100 > percent * size ? GateOutcome.Breaks : GateOutcome.Passes;

    private static Sentence Share(long count, long size, long accepted = 0) =>
        size == 0 ? Sentence.Of($"none of none")
        : accepted == 0 ? Sentence.Of($"{count} of {size} ({100.0 * count / size:0.#} %)")
        : Sentence.Of($"{count} of {size} ({100.0 * count / size:0.#} %), of them {accepted} accepted by who resumed it");
}
