using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Verification;

/// <summary>
/// Judges batches by the rules that need only the node's own chain, clock, place and ratings. Pure: same input, same verdicts. Rules are tried in
/// the order of <see cref="VerdictName"/>; the first that speaks decides.
/// </summary>
public static class Judge
{
    private const long SecondsPerDay = 86_400;
    private const long SecondsPerHour = 3600;

    /// <summary>One verdict for every reading, in order, and the state for the next batch.</summary>
    public static (Verdict[] Verdicts, NodeVerdictState State) Of(Batch batch, Circumstances circumstances, NodeVerdictState state, VerificationSettings settings)
    {
        var matter = new Matter(batch, circumstances, settings, Continuity.Mismatch(batch, circumstances, state));
        state = Continuity.AcrossGap(batch, state);
        var verdicts = new Verdict[batch.Readings.Length];
        long opened = batch.OpenedUnixSeconds;
        for (int i = 0; i < verdicts.Length; i++)
        {
            Reading reading = batch.Readings[i];
            (verdicts[i], state) = OfReading(matter, reading, opened, state);
            opened += reading.Seconds;
        }

        return (verdicts, Continuity.Close(batch, state));
    }

    private static (Verdict Verdict, NodeVerdictState State) OfReading(Matter matter, Reading reading, long opened, NodeVerdictState state)
    {
        (long creditable, Finding? part, state) = Creditable(matter, reading, state);
        long at = matter.IsTimed ? opened : matter.Circumstances.ArrivedUnixSeconds;
        Finding? finding = Against(matter, reading, opened, at, state)
            ?? OverDailyCap(matter, creditable, at, state)
            ?? ClockUnknown(matter);
        state = Covered(matter, opened + reading.Seconds, state);
        if (finding is { } found)
        {
            return OutcomeOf(found.Name) == Outcome.Refused
                ? (new Verdict(Outcome.Refused, found.Name, found.Figures, at, 0, 0), state)
                : (new Verdict(Outcome.Held, found.Name, found.Figures, at, creditable, Served(matter, reading)), state);
        }

        long day = Math.Max(at / SecondsPerDay, state.Day);
        state = state with { Day = day, CreditedThatDayMilliwattHours = creditable + (day == state.Day ? state.CreditedThatDayMilliwattHours : 0) };
        return (new Verdict(Outcome.Credited, part?.Name ?? VerdictName.Credited, part?.Figures, at, creditable, Served(matter, reading)), state);
    }

    // Energy that can earn: delivered, without what came from the grid, and nothing below the floor.
    private static (long MilliwattHours, Finding? Part, NodeVerdictState State) Creditable(Matter matter, Reading reading, NodeVerdictState state)
    {
        long delivered = reading.DeliveredMilliwattHours;
        long pool = Math.Min(state.GridPoolMilliwattHours + reading.ImportedMilliwattHours, MeteringLimits.CounterMax);
        long drawn = Math.Min(pool, delivered);
        state = state with { GridPoolMilliwattHours = pool - drawn };
        if (drawn > 0)
        {
            return (IsBelowFloor(matter, reading) ? 0 : delivered - drawn, new Finding(VerdictName.GridPower, $"delivered {delivered} mWh, {drawn} of them from the grid input"), state);
        }

        return delivered > 0 && IsBelowFloor(matter, reading)
            ? (0, new Finding(VerdictName.BelowFloor, $"delivered {delivered} mWh in {reading.Seconds} s; {matter.FloorMilliwatts} mW is the least that counts"), state)
            : (delivered, null, state);
    }

    private static bool IsBelowFloor(Matter matter, Reading reading) =>
        (Int128)reading.DeliveredMilliwattHours * SecondsPerHour < (Int128)matter.FloorMilliwatts * reading.Seconds;

    private static Finding? Against(Matter matter, Reading reading, long opened, long at, NodeVerdictState state)
    {
        Circumstances circumstances = matter.Circumstances;
        if (circumstances.PairedAt(at) is not { } pairing)
        {
            return new Finding(VerdictName.NotPaired, circumstances.Paired.Count == 0 ? "the node was never paired" : $"opened {Time(at)}, {Pairings(circumstances.Paired)}");
        }

        if (circumstances.SuspendedFromUnixMilliseconds is { } from && circumstances.ArrivedUnixMilliseconds >= from)
        {
            return new Finding(VerdictName.Suspended, $"suspended since {Time(from / 1000)}");
        }

        return AgainstTime(matter, opened, opened + reading.Seconds)
            ?? matter.Mismatch
            ?? Overlap(matter, opened, reading.Seconds, state)
            ?? OverRating(reading, circumstances.Profile, matter.Settings)
            ?? (matter.IsTimed ? Sky.Against(reading, matter.Sun, pairing, opened, circumstances.Profile.PanelMilliwatts, matter.Settings) : null);
    }

    private static Finding? AgainstTime(Matter matter, long opened, long closed)
    {
        if (!matter.IsTimed)
        {
            return null;
        }

        long arrived = matter.Circumstances.ArrivedUnixSeconds;
        if (closed - arrived > matter.FutureSeconds)
        {
            return new Finding(VerdictName.FromFuture, $"closes at {Time(closed)}, {closed - arrived} s after it arrived; {matter.FutureSeconds} s are allowed");
        }

        return arrived - opened > matter.Settings.OldestDays * SecondsPerDay
            ? new Finding(VerdictName.TooOld, $"opened {Time(opened)}, {(arrived - opened) / SecondsPerDay} days before it arrived; {matter.Settings.OldestDays} are allowed")
            : null;
    }

    // Clocks are set right now and then, so a little is allowed; for short readings less, or a row of them could cover the same minute for ever.
    private static Finding? Overlap(Matter matter, long opened, int seconds, NodeVerdictState state)
    {
        long common = Math.Min(opened + seconds, state.CoveredUntilUnixSeconds) - opened;
        long allowed = Math.Min(matter.Settings.OverlapSeconds, (long)seconds * matter.Settings.OverlapSeconds / matter.Settings.SlotSeconds);
        return matter.IsTimed && common > allowed
            ? new Finding(VerdictName.Overlap, $"opened {Time(opened)}, readings are known up to {Time(state.CoveredUntilUnixSeconds)}: {common} s in common, {allowed} s are allowed")
            : null;
    }

    // A counter is floored to whole mWh at both ends of a reading, so one mWh more than the limit proves nothing.
    private static Finding? OverRating(Reading reading, Profile profile, VerificationSettings settings)
    {
        long delivered = profile.OutputMilliwatts * settings.DeliveredPermilleOfRating / 1000 * reading.Seconds / SecondsPerHour + 1;
        long harvested = profile.PanelMilliwatts * settings.HarvestedPermilleOfRating / 1000 * reading.Seconds / SecondsPerHour + 1;
        if (reading.DeliveredMilliwattHours > delivered)
        {
            return new Finding(
                VerdictName.OverRating,
                $"delivered {reading.DeliveredMilliwattHours} mWh in {reading.Seconds} s; an output of {profile.OutputMilliwatts} mW gives at most {delivered} mWh");
        }

        return reading.HarvestedMilliwattHours > harvested
            ? new Finding(
                VerdictName.OverRating,
                $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s; a panel of {profile.PanelMilliwatts} mW gives at most {harvested} mWh")
            : null;
    }

    // Without a date there is no day whose cap could count; such energy is held anyway.
    private static Finding? OverDailyCap(Matter matter, long creditable, long at, NodeVerdictState state)
    {
        long cap = matter.Circumstances.Profile.CreditableMilliwattHoursPerDay;
        long today = at / SecondsPerDay <= state.Day ? state.CreditedThatDayMilliwattHours : 0;
        return matter.IsTimed && creditable > 0 && today + creditable > cap
            ? new Finding(VerdictName.OverDailyCap, $"{today} mWh credited on this day, {creditable} more would pass the cap of {cap} mWh")
            : null;
    }

    private static Finding? ClockUnknown(Matter matter) => matter.IsTimed
        ? null
        : new Finding(VerdictName.ClockUnknown, $"the clock was not set in boot {matter.Batch.Boot} up to {matter.Batch.UptimeSeconds} s after its start");

    private static int Served(Matter matter, Reading reading)
    {
        VerificationSettings settings = matter.Settings;
        bool isServed = matter.IsTimed
            && reading.Seconds * 1000L >= (long)settings.SlotSeconds * settings.ServedPermilleOfSlot
            && (reading.Flags & (ReadingFlags.OutputLocked | ReadingFlags.BrownOut)) == 0
            && reading.BatteryPermille >= settings.ServedBatteryPermille;
        return isServed ? reading.Seconds : 0;
    }

    // A time that lies ahead proves nothing about what was covered: counted, it would hold every honest reading after it.
    private static NodeVerdictState Covered(Matter matter, long closed, NodeVerdictState state) =>
        matter.IsTimed && closed > state.CoveredUntilUnixSeconds && closed - matter.Circumstances.ArrivedUnixSeconds <= matter.FutureSeconds
            ? state with { CoveredUntilUnixSeconds = closed }
            : state;

    private static Outcome OutcomeOf(VerdictName name) =>
        name is VerdictName.Suspended or VerdictName.CounterMismatch or VerdictName.Overlap or VerdictName.ClockUnknown ? Outcome.Held : Outcome.Refused;

    private static string Pairings(IReadOnlyList<PairedTime> paired)
    {
        PairedTime last = paired[^1];
        return last.ToUnixSeconds == long.MaxValue ? $"paired from {Time(last.FromUnixSeconds)}" : $"paired from {Time(last.FromUnixSeconds)} to {Time(last.ToUnixSeconds)}";
    }

    // Input may name any second below 2^53, more than a calendar date can show.
    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm:ss'Z'") : $"second {unixSeconds}";

    // What stays the same for all readings of a batch.
    private sealed record Matter(Batch Batch, Circumstances Circumstances, VerificationSettings Settings, Finding? Mismatch)
    {
        public bool IsTimed { get; } = Batch.Clock != ClockState.NeverSet;

        public int FutureSeconds { get; } = Batch.Clock == ClockState.Fresh ? Settings.FutureSecondsFreshClock : Settings.FutureSecondsAgedClock;

        // One for the whole batch, which lasts four hours at most.
        public Sun Sun { get; } = new(Batch.OpenedUnixSeconds + (Batch.Seconds() / 2));

        public long FloorMilliwatts { get; } = Math.Max(Settings.FloorMilliwatts, Circumstances.Profile.OutputMilliwatts * Settings.FloorPermilleOfRating / 1000);
    }
}

/// <summary>A rule that spoke, with the figures that decided.</summary>
internal sealed record Finding(VerdictName Name, string Figures);
