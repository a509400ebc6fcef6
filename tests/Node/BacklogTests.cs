using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Node;
using DePin.Node.Outbox;

namespace DePin.Tests.Node;

/// <summary>Long times without a link: readings grow coarser, a month fits, and what does not fit is declared.</summary>
public sealed class BacklogTests
{
    private const int Day = 86_400;

    [Fact]
    public void Thirty_days_without_a_link_fit_in_the_smallest_outbox_and_are_all_delivered_in_order()
    {
        using var rig = new NodeRig(Limits.SmallOutboxBytes);
        rig.Run(3700, 5);
        rig.Link.IsCut = true;
        rig.Run(30 * Day, 5);
        Assert.Equal(0, rig.Core.Counts.BatchesDropped);
        int blocks = rig.Flash.Names.Count(name => SegmentName.KeyOf(name) >= 0);
        Assert.InRange(blocks, 30, 40);
        rig.Link.IsCut = false;
        rig.Run(2 * Day, 5);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
        Assert.Empty(rig.Backend.Evidence);
        Assert.Equal(32 * Day + 3700 - 5, rig.Backend.Readings.Sum(reading => (long)reading.Seconds));
        Assert.Equal([300, 600, 900, 1800, 3600], rig.Backend.Readings.Select(reading => reading.Seconds).Where(seconds => seconds % 300 == 0).Distinct().Order());
        Assert.Equal(300, rig.Backend.Readings.Reverse().Skip(1).First().Seconds);
        TestContext.Current.TestOutputHelper!.WriteLine($"{blocks} of 40 segments after 30 days, {rig.Backend.Readings.Count()} readings in {rig.Backend.Stored.Count} batches");
    }

    [Fact]
    public void Sixty_days_without_a_link_drop_the_oldest_and_one_signed_gap_says_so()
    {
        using var rig = new NodeRig(Limits.SmallOutboxBytes);
        rig.Run(3700, 5);
        rig.Link.IsCut = true;
        rig.Run(60 * Day, 5);
        Assert.InRange(rig.Core.Counts.BatchesDropped, 1, 160);
        rig.Restart();
        rig.Link.IsCut = false;
        rig.Run(Day, 5);
        rig.Finish();
        Gap gap = Assert.Single(rig.Backend.Gaps);
        Assert.Equal((13L, GapReason.Dropped), (gap.From, gap.Reason));
        Assert.Empty(rig.Backend.Evidence);
    }

    [Fact]
    public void A_gap_that_a_full_outbox_made_is_still_called_that_after_a_power_cut()
    {
        using var rig = new NodeRig(8 * Segment.BlockBytes);
        rig.Run(60);
        rig.Link.Deliver(Topics.Config, rig.Backend.SealConfig(version: 1, slotSeconds: 60, batchReadings: 1, statusSeconds: 900));
        rig.Run(3600);
        rig.Link.IsCut = true;
        rig.Run(2 * Day, 5);
        Assert.InRange(rig.Core.Counts.BatchesDropped, 8, 500);
        rig.Restart();
        rig.Link.IsCut = false;
        rig.Run(3600);
        rig.Finish();
        Assert.Equal(GapReason.Dropped, Assert.Single(rig.Backend.Gaps).Reason);
    }

    [Theory]
    [InlineData(300, 0, 300)]
    [InlineData(300, 19, 300)]
    [InlineData(300, 20, 600)]
    [InlineData(300, 25, 900)]
    [InlineData(300, 30, 1800)]
    [InlineData(300, 35, 3600)]
    [InlineData(300, 40, 3600)]
    [InlineData(900, 35, 3600)]
    [InlineData(60, 35, 720)]
    public void The_fuller_the_outbox_the_longer_the_readings(int configured, int blocks, int expected) =>
        Assert.Equal(expected, Coarsening.Seconds(configured, blocks, 40));
}
