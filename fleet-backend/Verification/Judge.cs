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
        var matter = new Matter(batch, circumstances, settings)
        {
            Mismatch = Continuity.Mismatch(batch, circumstances, state),
            Firmware = circumstances.Firmware.Against(batch.Firmware, circumstances.ArrivedUnixMilliseconds, settings),
        };

        // The rules below write into this copy; who called keeps the state from before.
        NodeVerdictState after = state with { UndatedBoot = matter.IsTimed ? NodeVerdictState.NoBoot : batch.Boot };
        Continuity.Open(batch, after);
        var verdicts = new Verdict[batch.Readings.Length];
        long opened = batch.OpenedUnixSeconds;
        for (int i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = OfReading(matter, batch.Readings[i], opened, after);
            opened += batch.Readings[i].Seconds;
        }

        after.HasHistory = true;
        return (verdicts, after);
    }

    private static Verdict OfReading(Matter matter, Reading reading, long opened, NodeVerdictState state)
    {
        (long creditable, Finding? part) = Creditable(matter, reading, state);
        long at = matter.IsTimed ? opened : matter.Circumstances.ArrivedUnixSeconds;
        PairedTime? place = matter.Circumstances.PairedAt(at);
        Finding? clock = AgainstClock(matter, reading, opened, state);
        Watch(matter, reading, opened, clock is null ? place : null, state);
        var claim = new Claim(reading, opened, at, creditable, place, clock);
        if (Against(matter, claim, state, VerdictName.Credited) is not { } found)
        {
            Count(creditable, at, matter, state);
            return new Verdict(Outcome.Credited, part?.Name ?? VerdictName.Credited, part?.Figures, at, creditable, Served(matter, reading));
        }

        if (found.Outcome == Outcome.Refused)
        {
            return new Verdict(Outcome.Refused, found.Finding.Name, found.Finding.Figures, at, 0, 0);
        }

        Objection? beneath = Beneath(matter, claim, found.Finding.Name, state);
        if (beneath is null || !Holds.Refuses(beneath.Name))
        {
            // What waits may earn: it takes its place in the day, or a release would pass the cap.
            Count(creditable, at, matter, state);
        }

        return new Verdict(Outcome.Held, found.Finding.Name, found.Finding.Figures, at, creditable, Served(matter, reading)) { Beneath = beneath };
    }

    // The next rule that speaks and that neither time nor who releases overrules.
    private static Objection? Beneath(Matter matter, Claim claim, VerdictName above, NodeVerdictState state)
    {
        while (Against(matter, claim, state, above) is { } next)
        {
            above = next.Finding.Name;
            if (next.Outcome == Outcome.Refused || Holds.AtDeadline(above) != AtDeadline.Released)
            {
                return new Objection(above, next.Finding.Figures);
            }
        }

        return null;
    }

    // What the slow rules remember of a reading whose time and place are believed.
    private static void Watch(Matter matter, Reading reading, long opened, PairedTime? place, NodeVerdictState state)
    {
        bool isWatched = matter.IsTimed && place is not null;
        if (isWatched)
        {
            Balance.Watch(reading, opened, state);
            Sameness.Watch(reading, state);
            Noon.Watch(reading, opened, place!.Value, matter, state);
        }

        Continuity.Count(reading, state);

        // A time that lies ahead proves nothing about what was covered: counted, it would hold every honest reading after it.
        long closed = opened + reading.Seconds;
        if (matter.IsTimed && closed > state.CoveredUntilUnixSeconds && closed - matter.Circumstances.ArrivedUnixSeconds <= matter.FutureSeconds)
        {
            state.CoveredUntilUnixSeconds = closed;
        }
    }

    // The first rule after the one named so that speaks, in the order of the names.
    private static (Finding Finding, Outcome Outcome)? Against(Matter matter, in Claim claim, NodeVerdictState state, VerdictName after)
    {
        Circumstances circumstances = matter.Circumstances;
        if (claim.Place is not { } pairing)
        {
            return (circumstances.Paired.Count == 0 ? new Finding(VerdictName.NotPaired, $"the node was never paired") : NotPairedThen(claim.At, circumstances.Paired[^1]), Outcome.Refused);
        }

        if (after < VerdictName.FirmwareUnknown && matter.Firmware is { } firmware)
        {
            return firmware;
        }

        if (after < VerdictName.Suspended && circumstances.SuspendedFromUnixMilliseconds is { } from)
        {
            return (new Finding(VerdictName.Suspended, $"suspended since {Time(from / 1000)}"), Outcome.Held);
        }

        if (claim.Clock is { Name: not VerdictName.Overlap } clock)
        {
            return (clock, Outcome.Refused);
        }

        if (after < VerdictName.CounterMismatch && matter.Mismatch is { } mismatch)
        {
            return (mismatch, Outcome.Held);
        }

        if (after < VerdictName.Overlap && claim.Clock is { } overlap)
        {
            return (overlap, Outcome.Held);
        }

        if (after < VerdictName.OverRating && AgainstPhysics(matter, claim.Reading, claim.Opened, pairing) is { } impossible)
        {
            return (impossible, Outcome.Refused);
        }

        if (matter.IsTimed && Doubt(matter, claim, pairing, state, after) is { } doubtful)
        {
            return (doubtful, Outcome.Held);
        }

        if (after < VerdictName.OverDailyCap && OverDailyCap(matter, claim.Creditable, claim.At, pairing, state) is { } capped)
        {
            return (capped, Outcome.Refused);
        }

        return (after < VerdictName.Unaudited ? Unaudited(matter, claim.Creditable, state) : null) is { } unaudited ? (unaudited, Outcome.Held)
            : after < VerdictName.ClockUnknown && ClockUnknown(matter) is { } undated ? (undated, Outcome.Held)
            : null;
    }

    private static Finding? Doubt(Matter matter, in Claim claim, PairedTime pairing, NodeVerdictState state, VerdictName after) =>
        (after < VerdictName.Unbalanced ? Balance.Against(matter.Circumstances.Profile.BatteryMilliwattHours, state, matter.Settings) : null)
        ?? (after < VerdictName.StuckSensor ? Sameness.Against(matter.Sun, pairing, claim.Opened, state, matter.Settings) : null)
        ?? (after < VerdictName.WrongPlace ? Noon.Against(state, matter.Settings) : null);

    private static Finding? AgainstPhysics(Matter matter, Reading reading, long opened, PairedTime place) =>
        OverRating(reading, matter.Circumstances.Profile, matter.Settings)
        ?? (matter.IsTimed ? Sky.Against(reading, matter.Sun, place, opened, matter.Circumstances.Profile.PanelMilliwatts, matter.Settings) : null);

    // Energy that can earn: delivered, without what came from the grid, and nothing below the floor.
    private static (long MilliwattHours, Finding? Part) Creditable(Matter matter, Reading reading, NodeVerdictState state)
    {
        long delivered = reading.DeliveredMilliwattHours;
        long pool = Math.Min(state.GridPoolMilliwattHours + reading.ImportedMilliwattHours, MeteringLimits.CounterMax);
        long drawn = Math.Min(pool, delivered);
        state.GridPoolMilliwattHours = pool - drawn;
        if (drawn > 0)
        {
            return (IsBelowFloor(matter, reading) ? 0 : delivered - drawn, new Finding(VerdictName.GridPower, $"delivered {delivered} mWh, {drawn} of them from the grid input"));
        }

        return delivered > 0 && IsBelowFloor(matter, reading)
            ? (0, new Finding(VerdictName.BelowFloor, $"delivered {delivered} mWh in {reading.Seconds} s; {matter.FloorMilliwatts} mW is the least that counts"))
            : (delivered, null);
    }

    private static bool IsBelowFloor(Matter matter, Reading reading) =>
        (Int128)reading.DeliveredMilliwattHours * SecondsPerHour < (Int128)matter.FloorMilliwatts * reading.Seconds;

    private static Finding? AgainstClock(Matter matter, Reading reading, long opened, NodeVerdictState state)
    {
        if (!matter.IsTimed)
        {
            return null;
        }

        long arrived = matter.Circumstances.ArrivedUnixSeconds;
        long closed = opened + reading.Seconds;
        if (closed - arrived > matter.FutureSeconds)
        {
            return new Finding(VerdictName.FromFuture, $"closes at {Time(closed)}, {closed - arrived} s after it arrived; {matter.FutureSeconds} s are allowed");
        }

        return arrived - opened > matter.Settings.OldestDays * SecondsPerDay
            ? new Finding(VerdictName.TooOld, $"opened {Time(opened)}, {(arrived - opened) / SecondsPerDay} days before it arrived; {matter.Settings.OldestDays} are allowed")
            : Overlap(opened, reading.Seconds, state.CoveredUntilUnixSeconds, matter.Settings);
    }

    // Clocks are set right now and then, so a little is allowed; for short readings less, or a row of them could cover the same minute for ever.
    internal static Finding? Overlap(long opened, int seconds, long coveredUntilUnixSeconds, VerificationSettings settings)
    {
        long common = Math.Min(opened + seconds, coveredUntilUnixSeconds) - opened;
        long allowed = Math.Min(settings.OverlapSeconds, (long)seconds * settings.OverlapSeconds / settings.SlotSeconds);
        return common > allowed
            ? new Finding(VerdictName.Overlap, $"opened {Time(opened)}, readings are known up to {Time(coveredUntilUnixSeconds)}: {common} s in common, {allowed} s are allowed")
            : null;
    }

    // A counter is floored to whole mWh at both ends of a reading, so one mWh more than the limit proves nothing.
    internal static Finding? OverRating(Reading reading, Profile profile, VerificationSettings settings)
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
    private static Finding? OverDailyCap(Matter matter, long creditable, long at, PairedTime place, NodeVerdictState state)
    {
        if (!matter.IsTimed || creditable == 0)
        {
            return null;
        }

        long today = (at / SecondsPerDay == state.Day ? state.ClaimedThatDayMilliwattHours : 0) + creditable;
        Profile profile = matter.Circumstances.Profile;
        if (today > profile.CreditableMilliwattHoursPerDay)
        {
            return new Finding(
                VerdictName.OverDailyCap, $"{today - creditable} mWh credited or held on this day, {creditable} more would pass the cap of {profile.CreditableMilliwattHoursPerDay} mWh");
        }

        // A full battery is always possible; only beyond it the day's sky has to give the rest.
        if (today <= profile.BatteryMilliwattHours)
        {
            return null;
        }

        long possible = profile.BatteryMilliwattHours + Sky.DayMilliwattHours(at / SecondsPerDay, place, profile.PanelMilliwatts, matter.Settings);
        return today > possible
            ? new Finding(VerdictName.OverDailyCap, $"{today - creditable} mWh credited or held on this day, {creditable} more would pass the {possible} mWh that a full battery and the day's sky can give")
            : null;
    }

    private static Finding? Unaudited(Matter matter, long creditable, NodeVerdictState state)
    {
        Circumstances circumstances = matter.Circumstances;
        bool isVisited = circumstances.VisitedUnixMilliseconds is { } visited && visited < circumstances.ArrivedUnixMilliseconds;
        long limit = circumstances.Profile.CreditableMilliwattHoursPerDay * matter.Settings.UnauditedDays;
        return !isVisited && creditable > 0 && state.ClaimedMilliwattHours + creditable > limit
            ? new Finding(VerdictName.Unaudited, $"{state.ClaimedMilliwattHours} mWh were credited or held and nobody has visited the node; {limit} mWh are allowed until then")
            : null;
    }

    private static Finding? ClockUnknown(Matter matter) => matter.IsTimed
        ? null
        : new Finding(VerdictName.ClockUnknown, $"the clock was not set in boot {matter.Batch.Boot} up to {matter.Batch.UptimeSeconds} s after its start");

    private static void Count(long creditable, long at, Matter matter, NodeVerdictState state)
    {
        // Without a date it belongs to no day; and an earlier day's must not use up the day on which it is told.
        long day = at / SecondsPerDay;
        if (matter.IsTimed && day >= state.Day)
        {
            state.ClaimedThatDayMilliwattHours = creditable + (day == state.Day ? state.ClaimedThatDayMilliwattHours : 0);
            state.Day = day;
        }

        state.ClaimedMilliwattHours += creditable;
    }

    private static int Served(Matter matter, Reading reading)
    {
        VerificationSettings settings = matter.Settings;
        bool isServed = matter.IsTimed
            && reading.Seconds * 1000L >= (long)settings.SlotSeconds * settings.ServedPermilleOfSlot
            && (reading.Flags & (ReadingFlags.OutputLocked | ReadingFlags.BrownOut)) == 0
            && reading.BatteryPermille >= settings.ServedBatteryPermille;
        return isServed ? reading.Seconds : 0;
    }

    private static Finding NotPairedThen(long at, PairedTime last) => last.ToUnixSeconds == long.MaxValue
        ? new Finding(VerdictName.NotPaired, $"opened {Time(at)}, paired from {Time(last.FromUnixSeconds)}")
        : new Finding(VerdictName.NotPaired, $"opened {Time(at)}, paired from {Time(last.FromUnixSeconds)} to {Time(last.ToUnixSeconds)}");

    // Input may name any second below 2^53, more than a calendar date can show.
    internal static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm:ss'Z'") : $"second {unixSeconds}";
}

/// <summary>A reading under judgement, with when and where it claims to have been measured.</summary>
/// <param name="Reading">What was measured.</param>
/// <param name="Opened">When it opened, by the node.</param>
/// <param name="At">The time whose pairing counts.</param>
/// <param name="Creditable">Energy that would earn, mWh.</param>
/// <param name="Place">The pairing of that time, or null.</param>
/// <param name="Clock">What speaks against its time, or null.</param>
internal readonly record struct Claim(Reading Reading, long Opened, long At, long Creditable, PairedTime? Place, Finding? Clock);
