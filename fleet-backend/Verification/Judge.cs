using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Verification;

/// <summary>What judging a batch needs to know beside it.</summary>
/// <param name="Profile">The ratings, or null where the registered profile is none of this release.</param>
/// <param name="PairedFromUnix">Unix seconds from which the node is paired, or null.</param>
/// <param name="PairedToUnix">Unix seconds up to which it is, or null for still.</param>
/// <param name="SuspendedFromUnixMilliseconds">Arrivals from here on are held, or null.</param>
/// <param name="FollowsGap">Whether a declared gap lies before the batch: its counters are the new base.</param>
/// <param name="ArrivedUnixMilliseconds">When the batch came, by the backend's clock.</param>
public sealed record Circumstances(
    Profile Profile, long? PairedFromUnix, long? PairedToUnix, long? SuspendedFromUnixMilliseconds, bool FollowsGap, long ArrivedUnixMilliseconds);

/// <summary>Judges batches by the rules that need only the node's own chain, clock and ratings. Pure: same input, same verdicts.</summary>
public static class Judge
{
    private const long SecondsPerDay = 86_400;
    private const long SecondsPerHour = 3600;

    /// <summary>One verdict for every reading, in order, and the state for the next batch.</summary>
    public static (Verdict[] Verdicts, NodeVerdictState State) Of(Batch batch, Circumstances circumstances, NodeVerdictState state, VerificationSettings settings)
    {
        var verdicts = new Verdict[batch.Readings.Length];
        VerdictName? whole = WholeBatch(batch, circumstances, state, settings, out string? wholeFigures);
        long opened = batch.OpenedUnixSeconds;
        for (int i = 0; i < verdicts.Length; i++)
        {
            Reading reading = batch.Readings[i];
            (verdicts[i], state) = OfReading(batch, reading, opened, whole, wholeFigures, circumstances, state, settings);
            opened += reading.Seconds;
        }

        Counters closing = batch.Closing();
        return (verdicts, state with
        {
            HasHistory = true,
            Harvested = closing.HarvestedMilliwattHours,
            Delivered = closing.DeliveredMilliwattHours,
            Imported = closing.ImportedMilliwattHours,
            CoveredUntil = batch.Clock == ClockState.NeverSet ? state.CoveredUntil : Math.Max(state.CoveredUntil, opened),
        });
    }

    // Rules over the batch as a whole; a reading's own rules are tried in between by precedence.
    private static VerdictName? WholeBatch(Batch batch, Circumstances circumstances, NodeVerdictState state, VerificationSettings settings, out string? figures)
    {
        figures = null;
        if (circumstances.SuspendedFromUnixMilliseconds is { } from && circumstances.ArrivedUnixMilliseconds >= from)
        {
            figures = $"suspended since {Time(from / 1000)}";
            return VerdictName.Suspended;
        }

        Counters opening = batch.Opening;
        bool continues = !state.HasHistory || circumstances.FollowsGap || (opening.HarvestedMilliwattHours == state.Harvested
            && opening.DeliveredMilliwattHours == state.Delivered && opening.ImportedMilliwattHours == state.Imported);
        if (!continues)
        {
            figures = $"counters open at {opening.HarvestedMilliwattHours}/{opening.DeliveredMilliwattHours}/{opening.ImportedMilliwattHours} mWh, "
                + $"the last batch closed at {state.Harvested}/{state.Delivered}/{state.Imported} mWh";
            return VerdictName.CounterMismatch;
        }

        long common = state.CoveredUntil - batch.OpenedUnixSeconds;
        if (batch.Clock != ClockState.NeverSet && state.CoveredUntil > 0 && common > settings.OverlapSeconds)
        {
            figures = $"opens at {Time(batch.OpenedUnixSeconds)}, readings are known up to {Time(state.CoveredUntil)}: {common} s in common";
            return VerdictName.Overlap;
        }

        return null;
    }

    private static (Verdict Verdict, NodeVerdictState State) OfReading(
        Batch batch, Reading reading, long opened, VerdictName? whole, string? wholeFigures, Circumstances circumstances, NodeVerdictState state, VerificationSettings settings)
    {
        Profile profile = circumstances.Profile;
        long pool = state.GridPool + reading.ImportedMilliwattHours;
        long drawn = Math.Min(pool, reading.DeliveredMilliwattHours);
        state = state with { GridPool = pool - drawn };
        long floor = Math.Max(settings.FloorMilliwatts, profile.OutputMilliwatts * settings.FloorPermilleOfRating / 1000);
        bool isBelowFloor = reading.DeliveredMilliwattHours * SecondsPerHour < floor * reading.Seconds;
        long creditable = isBelowFloor ? 0 : reading.DeliveredMilliwattHours - drawn;
        bool isTimed = batch.Clock != ClockState.NeverSet;
        int served = isTimed && IsServed(reading, settings) ? reading.Seconds : 0;

        VerdictName name = NameOf(batch, reading, opened, whole, wholeFigures, circumstances, settings, out string? figures);
        long day = (isTimed ? opened : circumstances.ArrivedUnixMilliseconds / 1000) / SecondsPerDay;
        long today = day == state.Day ? state.CreditableToday : 0;
        if (name == VerdictName.Credited && today + creditable > profile.CreditableMilliwattHoursPerDay)
        {
            figures = $"{today} mWh earned on this day, {creditable} more would pass the cap of {profile.CreditableMilliwattHoursPerDay} mWh";
            name = VerdictName.OverDailyCap;
        }

        if (name == VerdictName.Credited && !isTimed)
        {
            figures = $"the clock was not set in boot {batch.Boot}; uptime {batch.UptimeSeconds} s";
            name = VerdictName.ClockUnknown;
        }

        if (name == VerdictName.Credited)
        {
            state = state with { Day = day, CreditableToday = today + creditable };
        }

        Outcome outcome = OutcomeOf(name);
        return (outcome == Outcome.Refused ? new Verdict(outcome, name, figures, 0, 0) : new Verdict(outcome, name, figures, creditable, served), state);
    }

    private static VerdictName NameOf(
        Batch batch, Reading reading, long opened, VerdictName? whole, string? wholeFigures, Circumstances circumstances, VerificationSettings settings, out string? figures)
    {
        bool isTimed = batch.Clock != ClockState.NeverSet;
        long arrived = circumstances.ArrivedUnixMilliseconds / 1000;
        long closed = opened + reading.Seconds;
        long at = isTimed ? opened : arrived;
        if (circumstances.PairedFromUnix is not { } from || at < from || at >= (circumstances.PairedToUnix ?? long.MaxValue))
        {
            figures = circumstances.PairedFromUnix is { } start ? $"opened {Time(at)}, paired from {Time(start)}" : "the node was never paired";
            return VerdictName.NotPaired;
        }

        if (whole == VerdictName.Suspended)
        {
            figures = wholeFigures;
            return VerdictName.Suspended;
        }

        int allowance = batch.Clock == ClockState.Fresh ? settings.FutureSecondsFreshClock : settings.FutureSecondsAgedClock;
        if (isTimed && closed - arrived > allowance)
        {
            figures = $"closes at {Time(closed)}, {closed - arrived} s after it arrived; {allowance} s are allowed";
            return VerdictName.FromFuture;
        }

        if (isTimed && arrived - opened > settings.OldestDays * SecondsPerDay)
        {
            figures = $"opened {Time(opened)}, {(arrived - opened) / SecondsPerDay} days before it arrived; {settings.OldestDays} are allowed";
            return VerdictName.TooOld;
        }

        if (whole is { } name)
        {
            figures = wholeFigures;
            return name;
        }

        figures = OverRating(reading, circumstances.Profile, settings);
        return figures is null ? VerdictName.Credited : VerdictName.OverRating;
    }

    // A counter is floored to whole mWh at both ends of a reading, so one mWh more than the limit proves nothing.
    private static string? OverRating(Reading reading, Profile profile, VerificationSettings settings)
    {
        long delivered = profile.OutputMilliwatts * settings.DeliveredPermilleOfRating / 1000 * reading.Seconds / SecondsPerHour + 1;
        long harvested = profile.PanelMilliwatts * settings.HarvestedPermilleOfRating / 1000 * reading.Seconds / SecondsPerHour + 1;
        if (reading.DeliveredMilliwattHours > delivered)
        {
            return $"delivered {reading.DeliveredMilliwattHours} mWh in {reading.Seconds} s; an output of {profile.OutputMilliwatts} mW gives at most {delivered} mWh";
        }

        return reading.HarvestedMilliwattHours > harvested
            ? $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s; a panel of {profile.PanelMilliwatts} mW gives at most {harvested} mWh"
            : null;
    }

    private static bool IsServed(Reading reading, VerificationSettings settings) =>
        reading.Seconds * 1000L >= (long)settings.SlotSeconds * settings.ServedPermilleOfSlot
        && (reading.Flags & (ReadingFlags.OutputLocked | ReadingFlags.BrownOut)) == 0
        && reading.BatteryPermille >= settings.ServedBatteryPermille;

    private static Outcome OutcomeOf(VerdictName name) => name switch
    {
        VerdictName.Credited => Outcome.Credited,
        VerdictName.Suspended or VerdictName.CounterMismatch or VerdictName.Overlap or VerdictName.ClockUnknown or VerdictName.Unfunded => Outcome.Held,
        _ => Outcome.Refused,
    };

    // Input may name any second below 2^53, more than a calendar date can show.
    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm:ss'Z'") : $"second {unixSeconds}";
}
