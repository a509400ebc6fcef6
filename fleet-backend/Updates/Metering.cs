namespace DePin.Fleet.Updates;

/// <summary>How far what the updated nodes deliver may differ. The same hours of the day are compared: once after the update, once so many whole days before.</summary>
/// <param name="Hours">Length of the hours compared.</param>
/// <param name="DeliveredBandPercent">By how much the delivered energy may change, set against how it changed for nodes not yet updated.</param>
/// <param name="AvailabilityBandPoints">By how many percentage points the time served may fall, set against the same.</param>
/// <param name="QuietPercent">At most so many updated nodes without a reading since.</param>
public sealed record MeteringRules(int Hours = 6, int DeliveredBandPercent = 20, int AvailabilityBandPoints = 5, int QuietPercent = 5)
{
    /// <summary>Minutes until the last batch of an hour has come, with a quarter of an hour for the way.</summary>
    public const int LagMinutes = 75;

    /// <summary>Minutes after an update until it can be judged.</summary>
    public int NeedsMinutes => (Hours * 60) + LagMinutes;

    /// <summary>What is wrong with them, or null.</summary>
    public string? Problem() =>
        Hours is < 1 or > 24 ? "gate.metering.hours must be a number from 1 to 24."
        : DeliveredBandPercent is < 1 or > 1000 ? "gate.metering.deliveredBandPercent must be a number from 1 to 1000."
        : AvailabilityBandPoints is < 0 or > 100 ? "gate.metering.availabilityBandPoints must be a number from 0 to 100."
        : QuietPercent is < 0 or > 100 ? "gate.metering.quietPercent must be a number from 0 to 100."
        : null;
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

    /// <summary>Delivered power, mW; null without readings.</summary>
    public double? Milliwatts => Seconds == 0 ? null : DeliveredMilliwattHours * 3600.0 / Seconds;
}

/// <summary>Some nodes in the hours after, and in the same hours before.</summary>
/// <param name="Nodes">Nodes compared.</param>
/// <param name="After">Their readings after.</param>
/// <param name="Before">Their readings before.</param>
public sealed record MeterGroup(long Nodes, MeterSum After, MeterSum Before)
{
    /// <summary>No nodes.</summary>
    public static MeterGroup None { get; } = new(0, default, default);

    /// <summary>Delivered power after divided by before; null where there is nothing to divide by.</summary>
    public double? DeliveredChange => Before.Milliwatts is > 0 and { } before && After.Milliwatts is { } after ? after / before : null;

    /// <summary>Part of the hours in which the output was there after, less that of before; null without readings before.</summary>
    public double? AvailabilityChange(long windowSeconds) => Nodes == 0 || Before.Seconds == 0 ? null : (After.ServedSeconds - Before.ServedSeconds) / (double)(Nodes * windowSeconds);
}

/// <summary>Whether the updated nodes of a wave still meter as before.</summary>
/// <param name="AtUnixMilliseconds">When the figures were taken.</param>
/// <param name="WindowSeconds">Length of the hours compared.</param>
/// <param name="Confirmed">Updated nodes that had the time to send a reading since.</param>
/// <param name="Quiet">Those of them from which none came.</param>
/// <param name="Contradicted">Updated nodes with a message since whose signature was wrong, or that contradicts their chain or counters.</param>
/// <param name="Updated">Updated nodes, a sample.</param>
/// <param name="Others">Nodes of the target that are not updated yet, a sample; none in the last wave.</param>
public sealed record MeteringFigures(long AtUnixMilliseconds, long WindowSeconds, long Confirmed, long Quiet, long Contradicted, MeterGroup Updated, MeterGroup Others)
{
    /// <summary>What follows from the figures; pure.</summary>
    public static IEnumerable<GateFigure> Judge(MeteringRules rules, MeteringFigures? figures, Accepted accepted)
    {
        if (figures is null)
        {
            yield return new GateFigure("metering", "not known yet", $"watched for {rules.NeedsMinutes} min", GateOutcome.Waits);
            yield break;
        }

        bool isAccepted = accepted.IsMeteringAccepted;
        yield return new GateFigure(
            "without readings", $"{figures.Quiet} of {figures.Confirmed} updated nodes", $"at most {rules.QuietPercent} %",
            !isAccepted && figures.Quiet * 100 > rules.QuietPercent * figures.Confirmed ? GateOutcome.Breaks : GateOutcome.Passes);
        yield return new GateFigure(
            "contradicted", $"{figures.Contradicted} updated nodes", accepted.Contradicted == 0 ? "none" : $"at most the {accepted.Contradicted} accepted by who resumed it",
            figures.Contradicted > accepted.Contradicted ? GateOutcome.Breaks : GateOutcome.Passes);
        yield return Delivered(rules, figures, isAccepted);
        yield return Availability(rules, figures, isAccepted);
    }

    // Clouds change what everybody delivers: what the others do not share is the update's.
    private static GateFigure Delivered(MeteringRules rules, MeteringFigures figures, bool isAccepted)
    {
        string rule = $"within {rules.DeliveredBandPercent} % of before" + (figures.Others.DeliveredChange is null ? "" : ", against the nodes not yet updated");
        if (figures.Updated.DeliveredChange is not { } change)
        {
            return new GateFigure("delivered", "nothing to compare with", rule, GateOutcome.Passes);
        }

        double usual = figures.Others.DeliveredChange is > 0 and { } others ? others : 1;
        double off = 100 * ((change / usual) - 1);
        string value = $"{figures.Updated.After.Milliwatts:0} mW after {figures.Updated.Before.Milliwatts:0} mW ({off:+0.#;-0.#;0} %)";
        return new GateFigure("delivered", value, rule, !isAccepted && Math.Abs(off) > rules.DeliveredBandPercent ? GateOutcome.Breaks : GateOutcome.Passes);
    }

    private static GateFigure Availability(MeteringRules rules, MeteringFigures figures, bool isAccepted)
    {
        string rule = $"at most {rules.AvailabilityBandPoints} points below before" + (figures.Others.AvailabilityChange(figures.WindowSeconds) is null ? "" : ", against the nodes not yet updated");
        if (figures.Updated.AvailabilityChange(figures.WindowSeconds) is not { } change)
        {
            return new GateFigure("availability", "nothing to compare with", rule, GateOutcome.Passes);
        }

        double points = 100 * (change - (figures.Others.AvailabilityChange(figures.WindowSeconds) ?? 0));
        return new GateFigure("availability", $"{points:+0.#;-0.#;0} points", rule, !isAccepted && points < -rules.AvailabilityBandPoints ? GateOutcome.Breaks : GateOutcome.Passes);
    }
}
