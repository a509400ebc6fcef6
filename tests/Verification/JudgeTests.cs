using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;
using DePin.Tests.Support;

namespace DePin.Tests.Verification;

/// <summary>Every name of a verdict, planted once, and what honest nodes do that must pass.</summary>
public sealed class JudgeTests : IDisposable
{
    // 2026-09-21 14:20:00 UTC.
    private const long Opens = 1_790_000_400;
    private const long Hour = 3600;

    private readonly TestNode _node = new() { OpensUnixSeconds = Opens };

    // The slow rules have tests of their own; here they must not speak.
    private readonly VerificationSettings _settings = new() { BalanceBatteryPermille = 1_000_000, StuckReadings = 10_000 };
    private NodeVerdictState _state = new();
    private string _profile = "lamp-small";

    public void Dispose() => _node.Dispose();

    [Fact]
    public void An_honest_batch_is_credited_reading_by_reading_without_a_word()
    {
        Verdict[] verdicts = JudgeNext(Next(12));

        Assert.All(verdicts, verdict => Assert.Equal((Outcome.Credited, VerdictName.Credited, null), (verdict.Outcome, verdict.Name, verdict.Figures)));
        Assert.Equal(12 * 250, verdicts.Sum(verdict => verdict.CreditableMilliwattHours));
        Assert.Equal(Hour, verdicts.Sum(verdict => verdict.ServedSeconds));
        Assert.Equal(Opens + 11 * 300, verdicts[^1].AtUnixSeconds);
        Assert.Equal(Opens + Hour, _state.CoveredUntilUnixSeconds);
    }

    [Fact]
    public void Readings_before_the_pairing_are_refused_as_NotPaired()
    {
        Verdict[] verdicts = JudgeNext(Next(12), paired: [new PairedTime(Opens + 600, long.MaxValue, 0, 0)]);

        Assert.All(verdicts[..2], verdict => AssertRefused(verdict, VerdictName.NotPaired, "opened 2026-09-21 14", "paired from 2026-09-21 14:30:00Z"));
        Assert.All(verdicts[2..], verdict => Assert.Equal(VerdictName.Credited, verdict.Name));
        AssertRefused(JudgeNext(Next(1), paired: [])[0], VerdictName.NotPaired, "never paired");
    }

    [Fact]
    public void What_a_suspension_holds_says_since_when()
    {
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1), arrived: Opens + 400)[0].Outcome);
        AssertHeld(JudgeNext(Next(1), arrived: Opens + 700, suspendedFrom: Opens + 700)[0], VerdictName.Suspended, "suspended since 2026-09-21 14:31:40Z");
    }

    [Theory]
    [InlineData(ClockState.Fresh, 78)]
    [InlineData(ClockState.Aged, 300)]
    public void A_reading_that_closes_after_its_arrival_is_refused_as_FromFuture(int clock, int allowedSeconds)
    {
        Batch batch = Next(1);
        batch.Clock = clock;
        AssertRefused(JudgeNext(batch, arrived: Opens + 300 - allowedSeconds - 1)[0], VerdictName.FromFuture, $"{allowedSeconds + 1} s after it arrived; {allowedSeconds} s are allowed");

        _state = new NodeVerdictState();
        Assert.Equal(Outcome.Credited, JudgeNext(batch, arrived: Opens + 300 - allowedSeconds)[0].Outcome);
    }

    [Fact]
    public void A_reading_from_the_future_does_not_spoil_the_honest_ones_after_it()
    {
        _node.OpensUnixSeconds = Opens + 400 * 86_400;
        AssertRefused(JudgeNext(Next(12), arrived: Opens)[0], VerdictName.FromFuture, "34560");

        _node.OpensUnixSeconds = Opens;
        Assert.All(JudgeNext(Next(12)), verdict => Assert.Equal(Outcome.Credited, verdict.Outcome));
    }

    [Fact]
    public void A_reading_older_than_any_flash_is_refused_as_TooOld_and_one_that_waited_for_months_is_not()
    {
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1), arrived: Opens + 200 * 86_400)[0].Outcome);
        AssertRefused(JudgeNext(Next(1), arrived: Opens + 300 + 201 * 86_400)[0], VerdictName.TooOld, "201 days before it arrived; 200 are allowed");
    }

    [Fact]
    public void Counters_that_do_not_continue_are_held_as_CounterMismatch_until_the_chain_has_its_new_base()
    {
        JudgeNext(Next(12));
        _node.Counters = new Counters(9000, 9000, 0);
        AssertHeld(JudgeNext(Next(1))[0], VerdictName.CounterMismatch, "open at 9000, 9000, 0 mWh", "closed at 3240, 3000, 0 mWh");
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1))[0].Outcome);
    }

    [Fact]
    public void A_declared_gap_explains_other_counters()
    {
        JudgeNext(Next(12));
        _node.Counters = new Counters(9000, 9000, 0);
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1), followsGap: true)[0].Outcome);
    }

    [Fact]
    public void Readings_of_time_that_is_covered_already_are_held_as_Overlap_and_only_those()
    {
        JudgeNext(Next(12));
        _node.OpensUnixSeconds -= 361;
        Verdict[] verdicts = JudgeNext(Next(4));

        AssertHeld(verdicts[0], VerdictName.Overlap, "300 s in common, 60 s are allowed");
        AssertHeld(verdicts[1], VerdictName.Overlap, "61 s in common");
        Assert.Equal(Outcome.Credited, verdicts[2].Outcome);
    }

    [Fact]
    public void A_clock_that_was_set_back_by_a_minute_costs_nothing()
    {
        JudgeNext(Next(12));
        _node.OpensUnixSeconds -= 60;
        Assert.All(JudgeNext(Next(12)), verdict => Assert.Equal(Outcome.Credited, verdict.Outcome));
    }

    [Fact]
    public void Short_readings_cannot_claim_the_same_minute_again_and_again()
    {
        for (int i = 0; i < 5; i++)
        {
            _node.OpensUnixSeconds = Opens;
            Verdict verdict = JudgeNext(Next(1, delivered: 100, harvested: 50, seconds: 60))[0];
            Assert.Equal(i == 0 ? VerdictName.Credited : VerdictName.Overlap, verdict.Name);
        }
    }

    [Fact]
    public void More_than_the_rating_is_refused_as_OverRating()
    {
        // 8 W give 666 mWh in a slot; a tenth more, and one for rounding, is measuring error.
        AssertRefused(JudgeNext(Next(1, delivered: 735))[0], VerdictName.OverRating, "delivered 735 mWh in 300 s; an output of 8000 mW gives at most 734 mWh");
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1, delivered: 734, harvested: 563))[0].Outcome);
        AssertRefused(JudgeNext(Next(1, harvested: 564))[0], VerdictName.OverRating, "harvested 564 mWh in 300 s; a panel of 5000 mW gives at most 563 mWh");
    }

    [Fact]
    public void The_largest_claims_that_the_format_allows_are_refused_and_break_nothing()
    {
        _node.Counters = new Counters(0, 0, 0);
        Batch batch = Next(1, delivered: MeteringLimits.CounterMax, harvested: MeteringLimits.CounterMax, imported: MeteringLimits.CounterMax);
        for (int i = 0; i < 2000; i++)
        {
            _state = _state with { HasHistory = false, CoveredUntilUnixSeconds = 0 };
            Verdict verdict = JudgeNext(batch)[0];
            Assert.Equal((Outcome.Refused, VerdictName.OverRating, 0L), (verdict.Outcome, verdict.Name, verdict.CreditableMilliwattHours));
            Assert.InRange(_state.GridPoolMilliwattHours, 0, MeteringLimits.CounterMax);
        }
    }

    [Fact]
    public void Energy_beyond_the_day_s_cap_is_refused_as_OverDailyCap_and_the_next_day_earns_again()
    {
        // 30,000 mWh a day at 600 mWh a slot: 50 slots. The day ends 116 slots after the batch opened.
        Verdict[] first = JudgeNext(Next(60, delivered: 600, harvested: 20));
        Assert.All(first[..50], verdict => Assert.Equal(Outcome.Credited, verdict.Outcome));
        Assert.All(first[50..], verdict => AssertRefused(verdict, VerdictName.OverDailyCap, "30000 mWh credited or held on this day, 600 more would pass the cap of 30000 mWh"));

        Verdict[] dark = JudgeNext(Next(56, delivered: 0, harvested: 0));
        Assert.All(dark, verdict => Assert.Equal((Outcome.Credited, 300), (verdict.Outcome, verdict.ServedSeconds)));
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1, delivered: 600, harvested: 20))[0].Outcome);
    }

    [Fact]
    public void Without_a_clock_energy_is_held_as_ClockUnknown_and_no_service_is_paid()
    {
        Batch batch = Untimed(Next(2));
        Verdict verdict = JudgeNext(batch)[0];

        AssertHeld(verdict, VerdictName.ClockUnknown, "not set in boot 1");
        Assert.Equal((250L, 0), (verdict.CreditableMilliwattHours, verdict.ServedSeconds));
        Assert.Equal(0, _state.CoveredUntilUnixSeconds);
    }

    [Fact]
    public void Months_without_a_clock_that_come_in_one_day_are_held_and_not_refused_by_the_cap()
    {
        for (int i = 0; i < 30; i++)
        {
            Assert.All(JudgeNext(Untimed(Next(96, delivered: 600, harvested: 400))), verdict => Assert.Equal(VerdictName.ClockUnknown, verdict.Name));
        }
    }

    [Fact]
    public void Grid_power_is_delivered_first_and_earns_nothing_as_GridPower()
    {
        _profile = "ecandle-1";
        Verdict[] verdicts = JudgeNext(Next(3, delivered: 500, imported: 700));
        Assert.Equal([0L, 0L, 0L], verdicts.Select(verdict => verdict.CreditableMilliwattHours));
        Assert.Equal(600, _state.GridPoolMilliwattHours);

        verdicts = JudgeNext(Next(3, delivered: 500, imported: 0));
        Assert.Equal([0L, 400L, 500L], verdicts.Select(verdict => verdict.CreditableMilliwattHours));
        Assert.Equal((Outcome.Credited, VerdictName.GridPower, "delivered 500 mWh, 100 of them from the grid input"), (verdicts[1].Outcome, verdicts[1].Name, verdicts[1].Figures));
        Assert.Equal((VerdictName.Credited, 300), (verdicts[2].Name, verdicts[2].ServedSeconds));
    }

    [Fact]
    public void Grid_power_that_was_taken_in_during_a_gap_earns_nothing_after_it()
    {
        _profile = "ecandle-1";
        JudgeNext(Next(1, delivered: 500));
        _node.Counters = new Counters(1000, 700, 1200);
        Verdict[] verdicts = JudgeNext(Next(3, delivered: 500), followsGap: true);
        Assert.Equal([0L, 0L, 500L], verdicts.Select(verdict => verdict.CreditableMilliwattHours));
    }

    [Fact]
    public void Power_too_little_to_serve_anybody_counts_as_zero_as_BelowFloor()
    {
        // Half a percent of 8 W is 40 mW: 3.3 mWh in a slot.
        Verdict verdict = JudgeNext(Next(1, delivered: 3))[0];
        Assert.Equal((Outcome.Credited, VerdictName.BelowFloor, 0L, 300), (verdict.Outcome, verdict.Name, verdict.CreditableMilliwattHours, verdict.ServedSeconds));
        Assert.Equal("delivered 3 mWh in 300 s; 40 mW is the least that counts", verdict.Figures);
        Assert.Equal(4, JudgeNext(Next(1, delivered: 4))[0].CreditableMilliwattHours);
        Assert.Equal(VerdictName.Credited, JudgeNext(Next(1, delivered: 0))[0].Name);
    }

    [Theory]
    [InlineData(300, 0, 700, 300)]
    [InlineData(270, 0, 100, 270)]
    [InlineData(269, 0, 700, 0)]
    [InlineData(300, ReadingFlags.OutputLocked, 700, 0)]
    [InlineData(300, ReadingFlags.BrownOut, 700, 0)]
    [InlineData(300, ReadingFlags.CaseOpened | ReadingFlags.SensorFault | ReadingFlags.ClockSet, 700, 300)]
    [InlineData(300, 0, 99, 0)]
    public void A_slot_is_served_when_it_was_covered_and_the_output_was_available(int seconds, int flags, int batteryPermille, int served)
    {
        Batch batch = Next(1, seconds: seconds);
        batch.Readings[0].Flags = flags;
        batch.Readings[0].BatteryPermille = batteryPermille;
        Assert.Equal((Outcome.Credited, served), JudgeNext(batch)[0] is var verdict ? (verdict.Outcome, verdict.ServedSeconds) : default);
    }

    [Theory]
    [InlineData(0, 26, true)]
    [InlineData(0, 27, false)]
    [InlineData(-7, 400, false)]
    public void Harvest_in_the_dark_is_refused_as_NightHarvest_beyond_what_a_street_light_gives(int degreesWest, long harvested, bool passes)
    {
        // Midnight at 145 degrees east, and the sun not yet up seven degrees further west.
        Verdict verdict = JudgeNext(Next(1, harvested: harvested), paired: [new PairedTime(0, long.MaxValue, 0, 145 + degreesWest)])[0];
        if (passes)
        {
            Assert.Equal(Outcome.Credited, verdict.Outcome);
        }
        else
        {
            AssertRefused(verdict, VerdictName.NightHarvest, $"harvested {harvested} mWh in 300 s", "degrees or lower; 26 mWh are allowed");
        }
    }

    [Fact]
    public void More_than_any_sky_gives_at_that_height_of_the_sun_is_refused_as_AboveSky()
    {
        // An hour after sunrise: 6 W are within the rating of a 5 W panel on a cold mountain at noon, and not here.
        IReadOnlyList<PairedTime> early = [new PairedTime(0, long.MaxValue, 0, -120)];
        AssertRefused(JudgeNext(Next(1, harvested: 540), paired: early)[0], VerdictName.AboveSky, "harvested 540 mWh", "a panel of 5000 mW gives at most");
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1, harvested: 300), paired: early)[0].Outcome);
        Assert.Equal(Outcome.Credited, JudgeNext(Next(1, harvested: 540), paired: [new PairedTime(0, long.MaxValue, 0, -35)])[0].Outcome);
    }

    [Fact]
    public void Without_a_time_no_sky_speaks_against_a_harvest()
    {
        Verdict verdict = JudgeNext(Untimed(Next(1, harvested: 400)), paired: [new PairedTime(0, long.MaxValue, 0, 145)])[0];
        Assert.Equal(VerdictName.ClockUnknown, verdict.Name);
    }

    [Fact]
    public void Rules_are_tried_in_the_order_of_their_names()
    {
        JudgeNext(Next(1));
        _node.OpensUnixSeconds = Opens;
        _node.Counters = new Counters(1, 1, 0);
        Batch wrong = Next(1, delivered: 5000);
        Assert.Equal(VerdictName.NotPaired, Peek(wrong, paired: [], suspendedFrom: Opens));
        Assert.Equal(VerdictName.Suspended, Peek(wrong, suspendedFrom: Opens - Hour, arrived: Opens - Hour));
        Assert.Equal(VerdictName.FromFuture, Peek(wrong, arrived: Opens - Hour));
        Assert.Equal(VerdictName.CounterMismatch, Peek(wrong));
        Assert.Equal(VerdictName.Overlap, Peek(wrong, followsGap: true));
        _state = _state with { CoveredUntilUnixSeconds = 0 };
        Assert.Equal(VerdictName.OverRating, Peek(wrong, followsGap: true));
    }

    [Fact]
    public void Every_name_has_a_cure_in_plain_words() =>
        Assert.All(Enum.GetValues<VerdictName>(), name => Assert.EndsWith(".", Cure.Of(name), StringComparison.Ordinal));

    private static Batch Untimed(Batch batch)
    {
        batch.Clock = ClockState.NeverSet;
        batch.OpenedUnixSeconds = 0;
        return batch;
    }

    private static void AssertRefused(Verdict verdict, VerdictName name, params string[] figures)
    {
        Assert.Equal((Outcome.Refused, name, 0L, 0), (verdict.Outcome, verdict.Name, verdict.CreditableMilliwattHours, verdict.ServedSeconds));
        Assert.All(figures, part => Assert.Contains(part, verdict.Figures, StringComparison.Ordinal));
    }

    private static void AssertHeld(Verdict verdict, VerdictName name, params string[] figures)
    {
        Assert.Equal((Outcome.Held, name), (verdict.Outcome, verdict.Name));
        Assert.All(figures, part => Assert.Contains(part, verdict.Figures, StringComparison.Ordinal));
    }

    private Batch Next(int readings, long delivered = 250, long harvested = 270, long imported = 0, int seconds = 300) =>
        _node.BuildNext(content: [.. Enumerable.Range(0, readings).Select(_ => new Reading
        {
            Seconds = seconds,
            DeliveredMilliwattHours = delivered,
            HarvestedMilliwattHours = harvested,
            ImportedMilliwattHours = imported,
            BatteryPermille = 700,
            BatteryMillivolts = 3280,
            Celsius = 27,
        })]);

    private Verdict[] JudgeNext(Batch batch, long? arrived = null, IReadOnlyList<PairedTime>? paired = null, long? suspendedFrom = null, bool followsGap = false)
    {
        (Verdict[] verdicts, _state) = Judge.Of(batch, About(batch, arrived, paired, suspendedFrom, followsGap), _state, _settings);
        Assert.Equal(batch.Readings.Length, verdicts.Length);
        _node.Counters = batch.Closing();
        _node.OpensUnixSeconds += batch.Seconds();
        _node.Next = batch.NextSequence;
        return verdicts;
    }

    private VerdictName Peek(Batch batch, long? arrived = null, IReadOnlyList<PairedTime>? paired = null, long? suspendedFrom = null, bool followsGap = false) =>
        Judge.Of(batch, About(batch, arrived, paired, suspendedFrom, followsGap), _state, _settings).Verdicts[0].Name;

    private Circumstances About(Batch batch, long? arrived, IReadOnlyList<PairedTime>? paired, long? suspendedFrom, bool followsGap) => new(
        Profile.ByName[_profile],
        paired ?? [new PairedTime(0, long.MaxValue, 0, -35)],
        suspendedFrom * 1000,
        followsGap,
        1000 * (arrived ?? Math.Max(batch.OpenedUnixSeconds, Opens) + batch.Seconds() + 2));
}
