using DePin.Host.Lives;

namespace DePin.Tests.Host;

/// <summary>A node's life from one seed; `tools/depin simulate --years 1` lives a whole year, and has it judged.</summary>
public sealed class NodeLifeTests
{
    private const int OnePerMille = 1000;

    [Fact]
    public void One_seed_gives_one_life_byte_for_byte_and_another_seed_another()
    {
        string first = Live(seed: 7, days: 4).Sha256;
        Assert.Equal(first, Live(seed: 7, days: 4).Sha256);
        Assert.NotEqual(first, Live(seed: 8, days: 4).Sha256);
    }

    [Theory]
    [InlineData(1, "lamp-small")]
    [InlineData(2, "airnode")]
    [InlineData(3, "ecandle-1")]
    public void Energy_is_right_to_a_thousandth_through_cuts_outages_blindness_and_lying_clocks(int seed, string profile)
    {
        LifeResult life = Live(seed, days: 35, profile);
        Assert.InRange(life.HarvestedErrorPartsPerMillion, -OnePerMille, OnePerMille);
        Assert.InRange(life.DeliveredErrorPartsPerMillion, -OnePerMille, OnePerMille);
        Assert.True(life.Boots > 1 && life.Counts.Outages > 10 && life.DeliveredMilliwattHours > 0);
        Assert.Equal(life.Boots - 1, life.Counts.PowerCuts + life.Counts.Restarts);
        Assert.Empty(life.Breaches);
        Assert.Equal((0, 0, 0), (life.Counts.Gaps, life.Counts.BatchesDropped, life.Counts.FilesDamaged));
    }

    [Fact]
    public void A_month_leaves_the_core_as_small_as_its_first_day()
    {
        LifeResult life = Live(seed: 4, days: 30);
        Assert.InRange(life.LiveBytesFirst, 1024, 24 * 1024);
        Assert.InRange(life.LiveBytesLargest, life.LiveBytesFirst, 32 * 1024);
    }

    private static LifeResult Live(int seed, int days, string profile = "lamp-small") =>
        NodeLife.Run(new LifeOptions { Seed = seed, Days = days, Profile = profile }, progress: null, TestContext.Current.CancellationToken).Result;
}
