using DePin.Fleet.Updates;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Updates;

/// <summary>When a wave's gate opens, and which figure breaks it.</summary>
public sealed class GateTests
{
    private const long Minute = 60_000;

    private static readonly GateRules Rules = new(ExecutedPercent: 90, FailedPercent: 10, SilentPercent: 20, SoakMinutes: 60);

    private static readonly MeteringRules Metering = new(Hours: 6, DeliveredBandPercent: 20, AvailabilityBandPoints: 5, QuietPercent: 5);

    [Theory]
    [InlineData(9, 0, 0, 60, GateOutcome.Passes, "executed")]
    [InlineData(9, 0, 0, 59, GateOutcome.Waits, "soaked: 59 min")]
    [InlineData(8, 0, 0, 60, GateOutcome.Waits, "executed: 8 of 10 (80 %); it must be at least 90 %")]
    [InlineData(9, 1, 0, 60, GateOutcome.Passes, "executed")]
    [InlineData(8, 2, 0, 60, GateOutcome.Breaks, "failed: 2 of 10 (20 %); it must be at most 10 %")]
    [InlineData(0, 2, 0, 0, GateOutcome.Breaks, "failed")]
    [InlineData(0, 0, 2, 0, GateOutcome.Waits, "executed")]
    [InlineData(0, 0, 3, 0, GateOutcome.Breaks, "silent: 3 of 10")]
    public void A_gate_says_which_figure_decides(long confirmed, long failed, long silent, long soaked, GateOutcome outcome, string says)
    {
        long? enough = confirmed >= 9 || soaked > 0 ? 0 : null;
        GateView gate = GateView.Of(Rules, new WaveFacts(10, confirmed, failed, silent, enough, null, new Accepted()), soaked * Minute);
        Assert.Equal(outcome, gate.Outcome);
        Assert.StartsWith(says, gate.Sentence.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_person_accepted_counts_no_more_and_what_comes_after_does()
    {
        GateView With(long failed) => GateView.Of(Rules, new WaveFacts(10, 6, failed, 0, null, null, new Accepted(Failed: 3)), 0);
        Assert.Equal(GateOutcome.Waits, With(4).Outcome);
        Assert.Equal(GateOutcome.Breaks, With(5).Outcome);
        Assert.Contains("of them 3 accepted", With(4).Figures[1].Value.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wave_without_nodes_passes_when_it_soaked()
    {
        Assert.Equal(GateOutcome.Passes, GateView.Of(Rules with { SoakMinutes = 0 }, new WaveFacts(0, 0, 0, 0, 0, null, new Accepted()), 0).Outcome);
        Assert.Equal(GateOutcome.Passes, GateView.Of(Rules with { SoakMinutes = 0, Metering = Metering }, new WaveFacts(0, 0, 0, 0, 0, null, new Accepted()), 0).Outcome);
    }

    [Fact]
    public void A_gate_never_passes_over_a_broken_figure_and_a_failure_more_never_mends_one()
    {
        Prop.ForAll<byte, (byte, byte, byte)>((size, counts) =>
        {
            (byte confirmed, byte failed, byte silent) = counts;
            long nodes = 1 + size;
            var facts = new WaveFacts(nodes, confirmed % (nodes + 1), failed % (nodes + 1), silent % (nodes + 1), 0, null, new Accepted());
            GateView gate = GateView.Of(Rules, facts, 600 * Minute);
            bool isBroken = facts.Failed * 100 > 10 * nodes || facts.Silent * 100 > 20 * nodes;
            Assert.Equal(isBroken, gate.Outcome == GateOutcome.Breaks);
            Assert.Equal(!isBroken && facts.Confirmed * 100 >= 90 * nodes, gate.Outcome == GateOutcome.Passes);
            GateView worse = GateView.Of(Rules, facts with { Failed = facts.Failed + 1 }, 600 * Minute);
            Assert.True(gate.Outcome != GateOutcome.Breaks || worse.Outcome == GateOutcome.Breaks);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Metering_is_waited_for_until_the_hours_compared_lie_after_the_update()
    {
        GateRules rules = Rules with { Metering = Metering };
        long needed = Metering.NeedsMinutes * Minute;
        GateView At(long now, MeteringFigures? figures) => GateView.Of(rules, new WaveFacts(10, 10, 0, 0, 0, figures, new Accepted()), now);
        Assert.StartsWith("metering: not known yet", At(needed, null).Sentence.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("soaked: 60 min; it must be 435 min", At(60 * Minute, Same(60 * Minute)).Sentence.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("metering: figures of before", At(needed, Same(needed - 1)).Sentence.ToString(), StringComparison.Ordinal);
        Assert.Equal(GateOutcome.Passes, At(needed, Same(needed)).Outcome);
    }

    [Theory]
    [InlineData(0, 0, 1.0, 1.0, 0, 0, null)]
    [InlineData(1, 0, 1.0, 1.0, 0, 0, "without readings: 1 of 10")]
    [InlineData(0, 1, 1.0, 1.0, 0, 0, "contradicted: 1 updated nodes; it must be none")]
    [InlineData(0, 0, 0.85, 1.0, 0, 0, null)]
    [InlineData(0, 0, 0.75, 1.0, 0, 0, "delivered: -25 % ± 0 % in 24 h, 10 of profile 1 against 10; it must be within 20 % of before, against nodes not yet updated")]
    [InlineData(0, 0, 1.25, 1.0, 0, 0, "delivered: +25 % ± 0 %")]
    [InlineData(0, 0, 0.6, 0.6, 0, 0, null)]
    [InlineData(0, 0, 0.6, 1.0, 0, 0, "delivered: -40 % ± 0 %")]
    [InlineData(0, 0, 1.0, 1.6, 0, 0, "delivered: -37.5 % ± 0 %")]
    [InlineData(0, 0, 1.0, 1.0, 4, 0, null)]
    [InlineData(0, 0, 1.0, 1.0, 6, 0, "availability: -6 points")]
    [InlineData(0, 0, 1.0, 1.0, 40, 38, null)]
    public void Metering_breaks_on_what_the_nodes_not_yet_updated_do_not_share(long quiet, long contradicted, double delivers, double othersDeliver, int fewerPercent, int othersFewerPercent, string? says)
    {
        var figures = new MeteringFigures(
            0, 86_400, 10, quiet, contradicted, Group(delivers, fewerPercent), Group(othersDeliver, othersFewerPercent), [new ProfileChange(1, Change(delivers), Change(othersDeliver))]);
        GateFigure? broken = MeteringFigures.Judge(Metering, figures, new Accepted()).FirstOrDefault(figure => figure.Outcome == GateOutcome.Breaks);
        Assert.Equal(says is not null, broken is not null);
        Assert.StartsWith(says ?? "", broken is null ? "" : $"{broken.Name}: {broken.Value}; it must be {broken.Rule}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 6, GateOutcome.Passes, "no other nodes to compare with")]
    [InlineData(10, 1, 6, GateOutcome.Passes, "too few nodes to compare")]
    [InlineData(10, 10, 6, GateOutcome.Waits, "0 % ±")]
    [InlineData(10, 10, 24, GateOutcome.Passes, "0 % ±")]
    [InlineData(200, 200, 6, GateOutcome.Passes, "0 % ±")]
    public void What_cannot_be_told_from_chance_is_waited_for_until_the_day_is_over(int updated, int others, int hours, GateOutcome outcome, string says)
    {
        ProfileChange[] profiles = [new(1, Scattered(updated), Scattered(others))];
        var figures = new MeteringFigures(0, hours * 3600, 10, 0, 0, Group(1, 0), others == 0 ? MeterGroup.None : Group(1, 0), profiles);
        GateFigure delivered = MeteringFigures.Judge(Metering, figures, new Accepted()).Single(figure => figure.Name.ToString() == "delivered");
        Assert.Equal(outcome, delivered.Outcome);
        Assert.StartsWith(says, delivered.Value.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_resumed_past_a_difference_is_not_stopped_by_it_again()
    {
        var figures = new MeteringFigures(0, 3600, 10, 0, 0, Group(1, 0), Group(1, 0), [new ProfileChange(1, Change(1.5), Change(1))]);
        Assert.Contains(MeteringFigures.Judge(Metering, figures, new Accepted()), figure => figure.Outcome == GateOutcome.Breaks);
        Assert.DoesNotContain(MeteringFigures.Judge(Metering, figures, new Accepted(IsMeteringAccepted: true)), figure => figure.Outcome != GateOutcome.Passes);
    }

    [Theory]
    [InlineData(0.5, 6, GateOutcome.Waits, "-50 %")]
    [InlineData(0.5, 24, GateOutcome.Breaks, "-50 %")]
    [InlineData(1.5, 6, GateOutcome.Breaks, "+50 %")]
    public void A_fall_breaks_when_the_day_is_over_since_nodes_update_while_nobody_uses_them_and_a_rise_at_once(double delivers, int hours, GateOutcome outcome, string says)
    {
        // Another profile that falls hides no rise.
        ProfileChange[] profiles = [new(2, Change(0.5), Change(1)), new(1, Change(delivers), Change(1))];
        var figures = new MeteringFigures(0, hours * 3600, 10, 0, 0, Group(1, 0), Group(1, 0), profiles);
        GateFigure delivered = MeteringFigures.Judge(Metering, figures, new Accepted()).Single(figure => figure.Name.ToString() == "delivered");
        Assert.Equal(outcome, delivered.Outcome);
        Assert.StartsWith(says, delivered.Value.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, GateOutcome.Waits)]
    [InlineData(24, GateOutcome.Breaks)]
    public void A_rise_in_hours_in_which_hardly_anybody_uses_anything_waits_for_the_day(int hours, GateOutcome outcome)
    {
        EnergyChange quiet = Enumerable.Range(0, 100).Aggregate(EnergyChange.None, (change, i) => change.With(i % 10 == 0 ? 100 : 0, i % 10 == 1 ? 100 : 0));
        EnergyChange few = Enumerable.Range(0, 100).Aggregate(EnergyChange.None, (change, i) => change.With(i % 10 == 0 ? 1000 : 0, i % 10 == 1 ? 100 : 0));
        var figures = new MeteringFigures(0, hours * 3600, 10, 0, 0, Group(1, 0), Group(1, 0), [new ProfileChange(1, few, quiet)]);
        Assert.Equal(outcome, MeteringFigures.Judge(Metering, figures, new Accepted()).Single(figure => figure.Name.ToString() == "delivered").Outcome);
    }

    // Ten nodes that deliver the same each day.
    private static EnergyChange Change(double delivers) => Enumerable.Range(0, 10).Aggregate(EnergyChange.None, (change, _) => change.With(1000 * delivers, 1000));

    // Half of them half as much again, half of them half as much: no change in all, and much scatter.
    private static EnergyChange Scattered(int nodes) => Enumerable.Range(0, nodes).Aggregate(EnergyChange.None, (change, i) => change.With(i % 2 == 0 ? 1500 : 500, 1000));

    private static MeteringFigures Same(long at) => new(at, 3600, 10, 0, 0, Group(1, 0), Group(1, 0));

    [Fact]
    public void A_home_that_sat_in_the_dark_for_a_night_is_chance_and_outputs_that_stay_off_are_not()
    {
        static MeterSum Served(long seconds) => new(86_400, seconds, 1000);
        MeterGroup steady = MeterGroup.None.With(Served(86_400), Served(86_400)).With(Served(86_400), Served(86_400));
        GateFigure Judge(MeterGroup updated, MeterGroup others) =>
            MeteringFigures.Judge(Metering, new MeteringFigures(0, 86_400, 10, 0, 0, updated, others), new Accepted()).Single(figure => figure.Name.ToString() == "availability");
        Assert.Equal(GateOutcome.Passes, Judge(MeterGroup.None.With(Served(50_000), Served(86_400)).With(Served(86_400), Served(86_400)), steady).Outcome);
        Assert.Equal(GateOutcome.Breaks, Judge(MeterGroup.None.With(Served(0), Served(86_400)).With(Served(0), Served(86_400)), steady).Outcome);
        Assert.Equal("too few nodes to compare", Judge(steady, MeterGroup.None.With(Served(0), Served(86_400))).Value.ToString());
    }

    // Ten nodes for a day each.
    private static MeterGroup Group(double delivers, int fewerPercent) => Enumerable.Range(0, 10).Aggregate(
        MeterGroup.None, (group, _) => group.With(new MeterSum(86_400, 86_400 - (864 * fewerPercent), (long)(1000 * delivers)), new MeterSum(86_400, 86_400, 1000)));
}
