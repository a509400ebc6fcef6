using DePin.Contracts.Metering;

namespace DePin.Tests.Node;

/// <summary>What the node says about time.</summary>
public sealed class ClockTests
{
    [Fact]
    public void What_was_measured_before_the_clock_was_set_stands_in_a_batch_of_its_own_without_a_time()
    {
        using var rig = new NodeRig { HasNetworkTime = false };
        rig.Link.IsCut = true;
        rig.Run(1000);
        rig.HasNetworkTime = true;
        rig.Run(3600);
        rig.Link.IsCut = false;
        rig.Run(100);
        rig.Finish();
        Batch before = rig.Backend.Stored[0];
        Batch after = rig.Backend.Stored[1];
        Assert.Equal((ClockState.NeverSet, 0L, 1L), (before.Clock, before.OpenedUnixSeconds, before.UptimeSeconds));
        Assert.Equal([299, 300, 300, 100], before.Readings.Select(reading => reading.Seconds));
        Assert.Equal([0, 0, 0, ReadingFlags.ClockSet], before.Readings.Select(reading => reading.Flags));
        Assert.Equal((ClockState.Fresh, NodeRig.StartUnixSeconds + 1000, 1000L), (after.Clock, after.OpenedUnixSeconds, after.UptimeSeconds));
        Assert.Equal(0, after.Readings[0].Flags);
    }

    [Fact]
    public void A_receipt_sets_the_clock_where_the_network_has_no_time()
    {
        using var rig = new NodeRig { HasNetworkTime = false };
        rig.Run(3700);
        rig.Finish();
        Batch batch = rig.Backend.Stored[^1];
        Assert.Equal(ClockState.Fresh, batch.Clock);
        Assert.InRange(batch.OpenedUnixSeconds - batch.UptimeSeconds - NodeRig.StartUnixSeconds, -1, 1);
    }

    [Fact]
    public void A_receipt_outranks_network_time_that_lies()
    {
        using var rig = new NodeRig { NetworkTimeLiesSeconds = 5 * 86_400 };
        rig.Run(3700);
        rig.Finish();
        Batch batch = rig.Backend.Stored[^1];
        Assert.InRange(batch.OpenedUnixSeconds - batch.UptimeSeconds - NodeRig.StartUnixSeconds, -1, 1);
    }

    [Fact]
    public void A_clock_that_was_not_set_for_a_day_says_so()
    {
        using var rig = new NodeRig();
        rig.Run(60);
        rig.HasNetworkTime = false;
        rig.Link.IsCut = true;
        rig.Run(26 * 3600);
        rig.Link.IsCut = false;
        rig.Run(120);
        rig.Finish();
        Assert.Equal(ClockState.Fresh, rig.Backend.Stored[0].Clock);
        Assert.Equal(ClockState.Aged, rig.Backend.Stored[25].Clock);
    }
}
