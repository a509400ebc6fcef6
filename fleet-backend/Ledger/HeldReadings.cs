using DePin.Contracts.Metering;
using DePin.Fleet.Crediting;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>What was decided over held readings.</summary>
/// <param name="IsReleased">Released, or refused.</param>
/// <param name="By">A person's name, or <see cref="ByRule"/>.</param>
/// <param name="Reason">Why.</param>
/// <param name="BootedUnixSeconds">For readings without a date: when their boot began, where that is known by now.</param>
internal sealed record Decision(bool IsReleased, string By, string Reason, long? BootedUnixSeconds = null)
{
    /// <summary>Who decides where no person does.</summary>
    public const string ByRule = "rule";
}

/// <summary>Held readings, judged again under a decision. Pure.</summary>
internal sealed class HeldReadings
{
    private readonly HoldRow _hold;
    private readonly Verdict[] _verdicts;
    private readonly Reading[] _readings;
    private readonly string _words;

    private HeldReadings(HoldRow hold, Verdict[] verdicts, Reading[] readings, string words, IReadOnlyList<Segment> segments)
    {
        _hold = hold;
        _verdicts = verdicts;
        _readings = readings;
        _words = words;
        Segments = segments;
    }

    /// <summary>What they earn.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Readings that earn now.</summary>
    public int Released => _verdicts.Count(verdict => verdict.Outcome == Outcome.Credited);

    /// <summary>Readings that earn nothing.</summary>
    public int Refused => _verdicts.Length - Released;

    /// <summary>Judges them.</summary>
    public static HeldReadings Of(
        HoldRow hold, StoredBatch stored, NodeFile node, FirmwareBook firmware, Func<long> previousArrivalUnixMilliseconds, Decision decision, DayCap day, VerificationSettings settings)
    {
        Batch batch = stored.Decode();
        Circumstances circumstances = node.About(stored, firmware);
        IReadOnlyList<(long MilliwattHours, int ServedSeconds)> earnings = hold.Earnings();
        var verdicts = new Verdict[hold.Readings];
        bool isTimed = batch.Clock != ClockState.NeverSet;
        long? began = isTimed ? batch.OpenedUnixSeconds : decision.BootedUnixSeconds + batch.UptimeSeconds;
        long opened = (began ?? 0) + batch.Readings.Take(hold.First).Sum(reading => (long)reading.Seconds);
        for (int i = 0; i < verdicts.Length; i++)
        {
            Reading reading = batch.Readings[hold.First + i];
            long at = began is null ? circumstances.ArrivedUnixSeconds : opened;
            Finding? finding = !decision.IsReleased
                ? new Finding(hold.Name, $"{decision.Reason}")
                : hold.Objection ?? (began is null
                    ? Rejudge.Undated(reading, previousArrivalUnixMilliseconds() / 1000, circumstances, settings)
                    : Rejudge.Dated(reading, opened, hold.CoveredUntilUnixSeconds ?? 0, circumstances, settings));

            // What has a date was held against its day's cap when it came: see the name beneath.
            finding ??= isTimed ? null : day.Against(at, earnings[i].MilliwattHours, began is null ? previousArrivalUnixMilliseconds() / 1000 : at, circumstances.Profile);
            verdicts[i] = finding is null
                ? new Verdict(Outcome.Credited, hold.Name, null, at, earnings[i].MilliwattHours, earnings[i].ServedSeconds)
                : new Verdict(Outcome.Refused, finding.Name, finding.Figures, at, 0, 0);
            opened += reading.Seconds;
        }

        Earning[] earned = [.. verdicts.Select((verdict, i) => (verdict, i)).Where(pair => pair.verdict.Outcome == Outcome.Credited).Select(pair =>
            new Earning(hold.First + pair.i, Terms.At(node.Terms, pair.verdict.AtUnixSeconds)!, pair.verdict.CreditableMilliwattHours, pair.verdict.ServedSeconds, pair.verdict.AtUnixSeconds))];
        string words = $"{(decision.IsReleased ? "released" : "refused")} by {decision.By}: {decision.Reason}";
        return new HeldReadings(hold, verdicts, [.. batch.Readings.Skip(hold.First).Take(hold.Readings)], words, Credit.Of(earned));
    }

    /// <summary>Refused readings by why.</summary>
    public IEnumerable<(VerdictName Name, int Count)> RefusedByName() =>
        _verdicts.Where(verdict => verdict.Outcome == Outcome.Refused).GroupBy(verdict => verdict.Name).Select(group => (group.Key, group.Count()));

    /// <summary>A batch's runs with these readings as they are now.</summary>
    public IReadOnlyList<VerdictRun> Redetailed(IReadOnlyList<VerdictRun> runs, long batchSequence)
    {
        long first = batchSequence + _hold.First;
        var mine = new List<VerdictRun>();
        for (int i = 0; i < _verdicts.Length; i++)
        {
            long sequence = first + i;
            VerdictRun.Add(
                mine, sequence, _verdicts[i], _readings[i].DeliveredMilliwattHours, () => runs.FirstOrDefault(run => run.First <= sequence && sequence < run.First + run.Count)?.Figures, _words);
        }

        return [.. runs.Where(run => run.First + run.Count <= first || run.First >= first + _verdicts.Length).Concat(mine).OrderBy(run => run.First)];
    }
}
