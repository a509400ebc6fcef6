using DePin.Tools.Storm;

namespace DePin.Tests.Tools;

/// <summary>A mass outage in simulated time, with the node's own waits.</summary>
public sealed class StormTests
{
    private const int Nodes = 3000;
    private const double LoginsPerSecond = 40;

    private static readonly GatewayRates Rates = new(LoginsPerSecond, 500, MostWaiting: 200);

    [Theory]
    [InlineData(5)]
    [InlineData(900)]
    public void A_fleet_that_lost_the_gateway_at_once_comes_back_no_faster_than_it_is_served(int outageSeconds)
    {
        StormCurve curve = Run(outageSeconds, hasJitter: true, seed: 1);
        Assert.InRange(curve.SecondsToAll!.Value, Nodes / LoginsPerSecond, 900);
        Assert.InRange(curve.PeakLoginsPerSecond, 1, LoginsPerSecond * 1.1);
        Assert.Equal(curve.Attempts, Nodes + curve.FailedWhileAway + curve.Refused);
    }

    [Fact]
    public void Without_jitter_it_comes_in_crowds()
    {
        StormCurve own = Run(900, hasJitter: true, seed: 1), plain = Run(900, hasJitter: false, seed: 1);
        Assert.True(plain.PeakAttemptsPerSecond > 20 * own.PeakAttemptsPerSecond, $"{plain.PeakAttemptsPerSecond} against {own.PeakAttemptsPerSecond} attempts in a second");
        Assert.True(plain.Refused > 10 * own.Refused, $"{plain.Refused} against {own.Refused} refused");
    }

    [Fact]
    public void The_same_seed_gives_the_same_storm() => Assert.Equal(Run(5, true, 7).AttemptsPerSecond, Run(5, true, 7).AttemptsPerSecond);

    [Fact]
    public void Where_more_may_wait_than_log_in_before_their_time_is_over_hardly_any_comes_in()
    {
        StormCurve collapsed = StormSimulation.Run(Nodes, 5, Rates with { MostWaiting = 2000 }, hasJitter: true, seed: 1, TestContext.Current.CancellationToken).Curve;
        Assert.True((collapsed.SecondsTo50 ?? double.MaxValue) > 2 * Run(5, true, 1).SecondsTo50, $"{collapsed.SecondsTo50} s");
    }

    private static StormCurve Run(int outageSeconds, bool hasJitter, int seed) =>
        StormSimulation.Run(Nodes, outageSeconds, Rates, hasJitter, seed, TestContext.Current.CancellationToken).Curve;
}
