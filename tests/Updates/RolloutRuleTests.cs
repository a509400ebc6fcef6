using DePin.Contracts.Updates;
using DePin.Fleet;
using DePin.Fleet.Updates;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Updates;

/// <summary>What may happen to a rollout and to a node in it, and what never does.</summary>
public sealed class RolloutRuleTests
{
    private static readonly byte[] Digest = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly byte[] OldFirmware = new byte[8];

    private static readonly GateView Passes = new(GateOutcome.Passes, Sentence.Of($"executed: all"), []);
    private static readonly GateView Breaks = new(GateOutcome.Breaks, Sentence.Of($"failed: 3 of 10"), []);

    [Theory]
    [InlineData(RolloutAct.Edit, "Draft Signed Approved")]
    [InlineData(RolloutAct.Approve, "Signed")]
    [InlineData(RolloutAct.Start, "Approved")]
    [InlineData(RolloutAct.Pause, "Canary Wave")]
    [InlineData(RolloutAct.Resume, "Paused")]
    [InlineData(RolloutAct.Retry, "Canary Wave Done Paused")]
    [InlineData(RolloutAct.Stop, "Draft Signed Approved Canary Wave Done Paused")]
    public void A_person_may_do_this_in_these_states_only(RolloutAct act, string states)
    {
        IEnumerable<RolloutState> allowed = Enum.GetValues<RolloutState>().Where(state => RolloutRules.Problem(state, act) is null);
        Assert.Equal(states, string.Join(' ', allowed));
    }

    [Fact]
    public void A_gate_moves_a_running_rollout_and_no_other()
    {
        foreach (RolloutState state in Enum.GetValues<RolloutState>())
        {
            bool isRunning = state is RolloutState.Canary or RolloutState.Wave;
            Assert.Equal(isRunning ? RolloutState.Wave : null, Next(state, 0, Passes).State);
            Assert.Equal(isRunning ? RolloutState.Paused : null, Next(state, 0, Breaks).State);
            Assert.Equal(isRunning ? RolloutState.Done : null, Next(state, 2, Passes).State);
        }

        Assert.Equal((1L, 2L), (Next(RolloutState.Canary, 0, Passes).OpenWave, Next(RolloutState.Wave, 1, Passes).OpenWave));
        Assert.Equal("failed: 3 of 10", Next(RolloutState.Wave, 1, Breaks).Reason!.ToString());
        Assert.Equal(RolloutState.Paused, RolloutRules.Next(new RolloutFacts(RolloutState.Wave, 1, 2, Passes, false, IsExpired: true)).State);
    }

    [Fact]
    public void A_recall_stops_whatever_was_started()
    {
        foreach (RolloutState state in Enum.GetValues<RolloutState>())
        {
            RolloutMove move = RolloutRules.Next(new RolloutFacts(state, 1, 2, Passes, IsRecalled: true, false));
            Assert.Equal(state is RolloutState.Canary or RolloutState.Wave or RolloutState.Paused or RolloutState.Done ? RolloutState.Stopped : null, move.State);
        }
    }

    [Theory]
    [InlineData(null, 10, 0, 7, 1)]
    [InlineData(null, 10, 0, 1000, 100)]
    [InlineData(null, 50, 100, 900, 400)]
    [InlineData(null, 100, 500, 500, 500)]
    [InlineData(null, 10, 500, 500, 0)]
    [InlineData(5, null, 500, 500, 5)]
    [InlineData(5, null, 0, 3, 3)]
    public void A_wave_takes_nodes_or_fills_up_to_percent(int? nodes, int? percent, long members, long candidates, long take) => Assert.Equal(take, new WavePlan(nodes, percent).Take(members, candidates));

    [Fact]
    public void After_three_failures_in_a_row_there_is_no_fourth_attempt_by_itself()
    {
        NodeStep first = NodeProgress.After(NodeState.Trial, 0, Report(UpdateState.WentBack, UpdateReason.Crashed), Digest)!;
        NodeStep second = NodeProgress.After(NodeState.Offered, first.Failures, Report(UpdateState.Rejected, UpdateReason.NoRoom), Digest)!;
        NodeStep third = NodeProgress.After(NodeState.Downloading, second.Failures, Report(UpdateState.WentBack, UpdateReason.Hung), Digest)!;
        Assert.Equal((NodeState.WentBack, 3_600_000), (first.State, first.RetryMilliseconds));
        Assert.Equal((NodeState.Rejected, 7_200_000), (second.State, second.RetryMilliseconds));
        Assert.Equal((NodeState.NeedsAttention, (long?)null), (third.State, third.RetryMilliseconds));
        Assert.Equal(NodeState.NeedsAttention, NodeProgress.After(NodeState.Offered, 0, Report(UpdateState.Rejected, UpdateReason.NoPsram), Digest)!.State);
        Assert.Equal(0, NodeProgress.After(NodeState.Offered, 0, Report(UpdateState.Rejected, UpdateReason.InTrial), Digest)!.Failures);
        Assert.Equal(0, NodeProgress.After(NodeState.Trial, 2, Report(UpdateState.Confirmed, UpdateReason.None, Digest), Digest)!.Failures);
    }

    [Fact]
    public void The_end_of_an_attempt_never_changes_whatever_is_reported()
    {
        UpdateState[] said = Enum.GetValues<UpdateState>();
        Prop.ForAll<byte[]>(reports =>
        {
            NodeState state = NodeState.Offered;
            int failures = 0;
            bool isOver = false;
            foreach (byte one in reports)
            {
                UpdateState report = said[one % said.Length];
                UpdateReason reason = report is UpdateState.WentBack ? UpdateReason.TimedOut : report is UpdateState.Rejected ? UpdateReason.NoRoom : report is UpdateState.Waiting ? UpdateReason.Night : UpdateReason.None;
                NodeStep? step = NodeProgress.After(state, failures, Report(report, reason, one % 2 == 0 ? Digest : OldFirmware), Digest);
                Assert.Equal(isOver, step is null);
                if (step is not null)
                {
                    Assert.Equal(step.IsEnd, !NodeProgress.IsUnderWay(step.State));
                    Assert.True(step.State != NodeState.Confirmed || (report == UpdateState.Confirmed && one % 2 == 0));
                    (state, failures, isOver) = (step.State, step.Failures, step.IsEnd);
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void A_withdrawn_attempt_may_only_end()
    {
        Assert.Null(NodeProgress.After(NodeState.Withdrawn, 0, Report(UpdateState.Downloading, UpdateReason.None), Digest));
        Assert.Equal((NodeState.Withdrawn, true), (NodeProgress.After(NodeState.Withdrawn, 0, Report(UpdateState.WentBack, UpdateReason.Withdrawn), Digest)!.State, NodeProgress.After(NodeState.Withdrawn, 0, Report(UpdateState.WentBack, UpdateReason.Withdrawn), Digest)!.IsEnd));
        Assert.Equal(NodeState.Confirmed, NodeProgress.After(NodeState.Withdrawn, 0, Report(UpdateState.Confirmed, UpdateReason.None, Digest), Digest)!.State);
        Assert.Equal(NodeState.Withdrawn, NodeProgress.After(NodeState.Trial, 1, Report(UpdateState.WentBack, UpdateReason.Withdrawn), Digest)!.State);
    }

    [Fact]
    public void In_no_minute_are_more_offers_made_than_the_rate()
    {
        Prop.ForAll<ushort, ushort[]>((rate, waits) =>
        {
            int perMinute = 1 + (rate % 10_000);
            OfferRate earned = OfferRate.Begin(0, perMinute);
            long now = 0;
            var made = new List<(long At, long Offers)>();
            foreach (ushort wait in waits)
            {
                now += wait % 5000;
                earned = earned.At(now, perMinute);
                made.Add((now, earned.Whole));
                earned = earned.Less(earned.Whole);
                Assert.True(made.Where(one => one.At > now - 60_000).Sum(one => one.Offers) <= perMinute, $"too many up to {now} ms at {perMinute} a minute: {string.Join(' ', made)}");
            }

            Assert.Equal(earned, earned.At(now - 5000, perMinute));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [InlineData(7, 61)]
    [InlineData(600, 5730)]
    public void At_a_steady_pace_nearly_every_offer_of_the_rate_is_made(int perMinute, long inTenMinutes)
    {
        OfferRate earned = OfferRate.Begin(0, perMinute);
        long made = 0;
        for (long now = 0; now <= 600_000; now += 1000)
        {
            earned = earned.At(now, perMinute);
            made += earned.Whole;
            earned = earned.Less(earned.Whole);
        }

        Assert.Equal(inTenMinutes, made);
    }

    [Theory]
    [InlineData(100, 100, 60, 5000, 400, 900, 1500, 300, 400, 900, 1500, false)]
    [InlineData(1000, 500, 60, 500, null, null, null, 300, 800, 1200, 1290, true)]
    [InlineData(1000, 500, 60, 1000, 900, null, null, 300, 900, 2100, 2280, true)]
    [InlineData(1000, 5, 60, 10, null, null, null, null, null, null, null, false)]
    public void A_forecast_is_measured_where_that_is_reached_and_says_what_it_rests_on(
        long size, long offered, int rate, long open, int? to50, int? to90, int? to99, int? slow, int? says50, int? says90, int? says99, bool isForecast)
    {
        var forecast = Forecast.Of(size, offered, rate, open, (to50, to90, to99), slow);
        Assert.Equal(((long?)says50, (long?)says90, (long?)says99, isForecast), (forecast.SecondsTo50, forecast.SecondsTo90, forecast.SecondsTo99, forecast.IsForecast));
    }

    private static RolloutMove Next(RolloutState state, long wave, GateView gate) => RolloutRules.Next(new RolloutFacts(state, wave, 2, gate, false, false));

    private static UpdateReport Report(UpdateState state, UpdateReason reason, byte[]? firmware = null)
    {
        UpdateReport report = UpdateReport.Create(DePin.Contracts.Identity.NodeId.FromBytes(new byte[DePin.Contracts.Identity.NodeId.Size], 0), new byte[8], new byte[32], firmware ?? OldFirmware);
        (report.State, report.Reason, report.Attempt, report.Counter, report.Sequence) = (state, reason, 1, 1, 1);
        return report;
    }
}
