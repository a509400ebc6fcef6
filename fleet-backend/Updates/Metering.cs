namespace DePin.Fleet.Updates;

/// <summary>
/// How far what the updated nodes deliver may differ from before, set against nodes that are not updated yet. The same hours of the day are compared:
/// after the update, and on up to three days before it.
/// </summary>
/// <param name="Hours">Hours compared at least; where they do not tell a change of the band from chance, the gate waits for more of them, up to 24.</param>
/// <param name="DeliveredBandPercent">By how much the delivered energy may change.</param>
/// <param name="AvailabilityBandPoints">By how many percentage points the time served may fall.</param>
/// <param name="QuietPercent">At most so many updated nodes without a reading since.</param>
/// <param name="HeldBackPercent">Percent of the target, at most 200 nodes, that no wave takes: the others are held against them, and when the last gate passed they are updated too. 0 to hold none back.</param>
public sealed record MeteringRules(int Hours = 6, int DeliveredBandPercent = 10, int AvailabilityBandPoints = 5, int QuietPercent = 5, int HeldBackPercent = 10)
{
    /// <summary>Minutes until the last batch of an hour has come, with a quarter of an hour for the way.</summary>
    public const int LagMinutes = 75;

    /// <summary>Hours compared at most: a day has no more.</summary>
    public const int MostHours = 24;

    /// <summary>Nodes held back at most: as many as are read.</summary>
    public const int MostHeldBack = 200;

    /// <summary>Minutes after an update until it can be judged.</summary>
    public int NeedsMinutes => (Hours * 60) + LagMinutes;

    /// <summary>Nodes held back of a target of so many; of one there is nothing to hold back.</summary>
    public long HeldBack(long target) => target < 2 ? 0 : Math.Min(MostHeldBack, ((target * HeldBackPercent) + 99) / 100);

    /// <summary>What is wrong with them, or null.</summary>
    public Sentence? Problem() =>
        Bounds.Number("gate.metering.hours", Hours, 1, MostHours)
        ?? Bounds.Number("gate.metering.deliveredBandPercent", DeliveredBandPercent, 1, 1000)
        ?? Bounds.Number("gate.metering.availabilityBandPoints", AvailabilityBandPoints, 0, 100)
        ?? Bounds.Number("gate.metering.quietPercent", QuietPercent, 0, 100)
        ?? Bounds.Number("gate.metering.heldBackPercent", HeldBackPercent, 0, 50);
}

/// <summary>What some readings of a node add up to.</summary>
/// <param name="Seconds">Time that they cover.</param>
/// <param name="ServedSeconds">Time of it in which the output was there.</param>
/// <param name="DeliveredMilliwattHours">Energy.</param>
public readonly record struct MeterSum(long Seconds, long ServedSeconds, long DeliveredMilliwattHours)
{
    /// <summary>Both together.</summary>
    public static MeterSum operator +(MeterSum one, MeterSum other) =>
        new(one.Seconds + other.Seconds, one.ServedSeconds + other.ServedSeconds, one.DeliveredMilliwattHours + other.DeliveredMilliwattHours);

    /// <summary>The mean of so many of them.</summary>
    public static MeterSum operator /(MeterSum sum, int count) => new(sum.Seconds / count, sum.ServedSeconds / count, sum.DeliveredMilliwattHours / count);
}

/// <summary>Some nodes in the hours after, and in the same hours before.</summary>
/// <param name="Nodes">Nodes compared.</param>
/// <param name="After">Their readings after.</param>
/// <param name="Before">Their readings before.</param>
/// <param name="ServedSquares">Sum of squares of how much each node's time served changed, seconds.</param>
public sealed record MeterGroup(long Nodes, MeterSum After, MeterSum Before, double ServedSquares = 0)
{
    /// <summary>No nodes.</summary>
    public static MeterGroup None { get; } = new(0, default, default);

    /// <summary>With one node more.</summary>
    public MeterGroup With(MeterSum after, MeterSum before)
    {
        double change = after.ServedSeconds - before.ServedSeconds;
        return new MeterGroup(Nodes + 1, After + after, Before + before, ServedSquares + (change * change));
    }

    /// <summary>By how much a node's time served changed, seconds, and the variance of that; null where there are too few to know it.</summary>
    public (double Seconds, double Variance)? Served()
    {
        double mean = (After.ServedSeconds - Before.ServedSeconds) / (double)Math.Max(1, Nodes);
        return Nodes < 2 || Before.Seconds == 0 ? null : (mean, Math.Max(0, ServedSquares - (Nodes * mean * mean)) / (Nodes - 1) / Nodes);
    }
}

/// <summary>Whether the updated nodes of a wave still meter as before.</summary>
/// <param name="AtUnixMilliseconds">When the figures were taken.</param>
/// <param name="WindowSeconds">Length of the hours compared.</param>
/// <param name="Confirmed">Updated nodes that had the time to send a reading since.</param>
/// <param name="Quiet">Those of them from which none came.</param>
/// <param name="Contradicted">Updated nodes with a message since whose signature was wrong, or that contradicts their chain or counters.</param>
/// <param name="Updated">Updated nodes, a sample.</param>
/// <param name="Others">Nodes of the target that are not updated yet, a sample; none when those held back are updated.</param>
/// <param name="Profiles">Energy delivered by both, by hardware profile.</param>
public sealed record MeteringFigures(
    long AtUnixMilliseconds, long WindowSeconds, long Confirmed, long Quiet, long Contradicted, MeterGroup Updated, MeterGroup Others, IReadOnlyList<ProfileChange>? Profiles = null)
{
    private const int SecondsPerHour = 3600;

    /// <summary>What follows from the figures; pure.</summary>
    public static IEnumerable<GateFigure> Judge(MeteringRules rules, MeteringFigures? figures, Accepted accepted)
    {
        if (figures is null)
        {
            yield return new GateFigure(Sentence.Of($"metering"), Sentence.Of($"not known yet"), Sentence.Of($"watched for {rules.NeedsMinutes} min"), GateOutcome.Waits);
            yield break;
        }

        bool isAccepted = accepted.IsMeteringAccepted;
        yield return new GateFigure(
            Sentence.Of($"without readings"), Sentence.Of($"{figures.Quiet} of {figures.Confirmed} updated nodes"), Sentence.Of($"at most {rules.QuietPercent} %"),
            !isAccepted && figures.Quiet * 100 > rules.QuietPercent * figures.Confirmed ? GateOutcome.Breaks : GateOutcome.Passes);
        yield return new GateFigure(
            Sentence.Of($"contradicted"), Sentence.Of($"{figures.Contradicted} updated nodes"), accepted.Contradicted == 0 ? Sentence.Of($"none") : Sentence.Of($"at most the {accepted.Contradicted} accepted by who resumed it"),
            figures.Contradicted > accepted.Contradicted ? GateOutcome.Breaks : GateOutcome.Passes);
        yield return Delivered(rules, figures, isAccepted);
        yield return Availability(rules, figures, isAccepted);
    }

    // Clouds and feasts change what everybody delivers: what the others do not share is the update's, as far as chance does not do the same.
    private static GateFigure Delivered(MeteringRules rules, MeteringFigures figures, bool isAccepted)
    {
        Sentence name = Sentence.Of($"delivered"), rule = Sentence.Of($"within {rules.DeliveredBandPercent} % of before, against nodes not yet updated");
        IReadOnlyList<EnergyDifference> differences = EnergyDifference.Of(figures.Profiles ?? []);
        if (differences.Count == 0)
        {
            return new GateFigure(name, CannotCompare(figures), rule, GateOutcome.Passes);
        }

        // Nodes update while nobody uses their output: in the hours after it they deliver less than others by that choice, and over a day they do not.
        bool isDay = figures.WindowSeconds >= MeteringRules.MostHours * SecondsPerHour;
        EnergyDifference all = differences[^1];
        EnergyDifference[] beyond = isAccepted ? [] : [.. differences.Where(difference => difference.IsBeyond(rules.DeliveredBandPercent) && (isDay || difference.IsSure)).OrderByDescending(difference => difference.Difference > 0)];
        EnergyDifference shown = beyond.FirstOrDefault() ?? all;
        bool isBroken = beyond.Length > 0 && (isDay || shown.Difference > 0);
        long hours = figures.WindowSeconds / SecondsPerHour;
        Sentence value = shown.Profile is { } profile
            ? Sentence.Of($"{shown.Percent:+0.#;-0.#;0} % ± {shown.MarginPercent:0.#} % in {hours} h, {shown.Updated} of profile {profile} against {shown.Others}")
            : Sentence.Of($"{shown.Percent:+0.#;-0.#;0} % ± {shown.MarginPercent:0.#} % in {hours} h, {shown.Updated} nodes against {shown.Others}");
        bool isTold = isAccepted || isDay || (beyond.Length == 0 && all.Sees(rules.DeliveredBandPercent));
        return new GateFigure(name, value, rule, isBroken ? GateOutcome.Breaks : isTold ? GateOutcome.Passes : GateOutcome.Waits);
    }

    // What does not sway from node to node, as an output that a release leaves off, has no margin.
    private static GateFigure Availability(MeteringRules rules, MeteringFigures figures, bool isAccepted)
    {
        Sentence name = Sentence.Of($"availability"), rule = Sentence.Of($"at most {rules.AvailabilityBandPoints} points below before, against nodes not yet updated");
        if (figures.Updated.Served() is not { } updated || figures.Others.Served() is not { } others)
        {
            return new GateFigure(name, CannotCompare(figures), rule, GateOutcome.Passes);
        }

        double points = 100 * (updated.Seconds - others.Seconds) / figures.WindowSeconds;
        double freedom = Chance.Freedom(updated.Variance, figures.Updated.Nodes, others.Variance, figures.Others.Nodes);
        double margin = 100 * Chance.Margin(updated.Variance + others.Variance, freedom) / figures.WindowSeconds;
        return new GateFigure(
            name, Sentence.Of($"{points:+0.#;-0.#;0} points ± {margin:0.#}"), rule, !isAccepted && points < -Math.Max(rules.AvailabilityBandPoints, margin) ? GateOutcome.Breaks : GateOutcome.Passes);
    }
    private static Sentence CannotCompare(MeteringFigures figures) => figures.Others.Nodes == 0 ? Sentence.Of($"no other nodes to compare with") : Sentence.Of($"too few nodes to compare");
}
