using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;
using DePin.Node;

namespace DePin.Tests.Node;

/// <summary>Refusals, forks, lost state, lost batches: whatever happens, what comes later is stored.</summary>
public sealed class DisputeTests
{
    [Theory]
    [InlineData(RejectReason.Malformed)]
    [InlineData(RejectReason.BadSignature)]
    public void A_batch_that_is_refused_never_blocks_those_behind_it(RejectReason reason)
    {
        using var rig = new NodeRig();
        rig.Backend.Refuses = batch => batch.Sequence == 13 ? reason : null;
        rig.Run(5 * 3600);
        rig.Finish();
        Assert.DoesNotContain(rig.Backend.Stored, batch => batch.Sequence == 13);
        Gap gap = Assert.Single(rig.Backend.Gaps);
        Assert.Equal((13L, 24L, GapReason.Rejected), (gap.From, gap.To, gap.Reason));
        Assert.Equal(1, rig.Core.Counts.BatchesSetAside);
    }

    [Fact]
    public void A_backend_that_refuses_everything_gets_every_batch_once()
    {
        using var rig = new NodeRig();
        rig.Backend.Refuses = _ => RejectReason.Malformed;
        rig.Run(24 * 3600);
        Assert.InRange(rig.Core.Counts.Rejects, 23, 24);
        Assert.InRange(rig.Backend.Messages, 40, 100);
        rig.Backend.Refuses = _ => null;
        rig.Run(3700);
        rig.Finish();
        Assert.Single(rig.Backend.Gaps);
    }

    [Fact]
    public void A_refused_gap_is_asked_again_with_growing_waits()
    {
        using var rig = new NodeRig();
        rig.Run(3 * 3600 + 10);
        rig.LoseBatch(1);
        rig.Backend.RestoreTo(0);
        rig.Backend.RefusesGaps = true;
        rig.Restart();
        rig.Run(24 * 3600);
        Assert.InRange(rig.Backend.Messages, 10, 86_400 / 100);
        rig.Backend.RefusesGaps = false;
        rig.Run(900);
        rig.Finish();
        Assert.Equal((1L, 12L, GapReason.Lost), (rig.Backend.Gaps[0].From, rig.Backend.Gaps[0].To, rig.Backend.Gaps[0].Reason));
    }

    [Fact]
    public void Two_copies_of_one_node_show_both_their_pasts_and_both_go_on()
    {
        using var rig = new NodeRig();
        rig.Run(2 * 3600 + 100);
        using NodeRig copy = rig.Copy();
        copy.Link.IsCut = true;
        copy.Sensors.Measure = (_, sample) => sample.DeliveredMicrowatts = 5_000;
        rig.Run(2 * 3600);
        copy.Run(2 * 3600);
        rig.Link.IsCut = true;
        copy.Link.IsCut = false;
        copy.Run(3 * 3600);

        Assert.NotEmpty(rig.Backend.Evidence);
        Assert.Contains(rig.Backend.Gaps, gap => gap.Reason == GapReason.Fork);
        int evidence = rig.Backend.Evidence.Count;
        copy.Link.IsCut = true;
        rig.Run(2 * 3600);
        rig.Link.IsCut = false;
        rig.Run(3 * 3600);
        Assert.True(rig.Backend.Evidence.Count > evidence, "the other one was found too");
        Assert.True(rig.Backend.Messages < 60, "nobody argues for ever");
        rig.Finish();
    }

    [Fact]
    public void A_fork_with_the_same_boundaries_sends_its_version_and_joins_again_behind_a_gap()
    {
        using var rig = new NodeRig();
        using NodeRig copy = rig.Copy();
        copy.Link.IsCut = true;
        copy.Run(3700);
        rig.Run(3700);
        rig.Link.IsCut = true;
        copy.Link.IsCut = false;
        copy.Run(2 * 3600);
        copy.Finish();
        Assert.Single(rig.Backend.Evidence);
        Gap gap = Assert.Single(rig.Backend.Gaps);
        Assert.Equal((13L, 13L, GapReason.Fork), (gap.From, gap.To, gap.Reason));
    }

    [Fact]
    public void A_node_that_lost_all_state_goes_on_where_the_backend_stands()
    {
        using var rig = new NodeRig();
        rig.Run(5 * 3600 + 100);
        Counters before = rig.Backend.Closing;
        rig.Flash.Wipe();
        rig.Restart();
        rig.Run(2 * 3600);
        rig.Finish();
        Assert.Equal(61, rig.Backend.Stored[5].Sequence);
        Assert.Empty(rig.Backend.Gaps);
        Assert.Empty(rig.Backend.Evidence);
        Assert.True(rig.Backend.Closing.DeliveredMilliwattHours > before.DeliveredMilliwattHours);
    }

    [Fact]
    public void A_node_that_lost_all_state_and_measured_without_a_link_still_joins()
    {
        using var rig = new NodeRig();
        rig.Run(5 * 3600 + 100);
        rig.Flash.Wipe();
        rig.Link.IsCut = true;
        rig.Signer.Steps = 5000;
        rig.Restart();
        rig.Run(2 * 3600);
        rig.Signer.Steps = 2;
        rig.Link.IsCut = false;
        rig.Run(2 * 3600);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
    }

    [Fact]
    public void A_backend_restored_from_a_backup_gets_everything_again()
    {
        using var rig = new NodeRig();
        rig.Run(8 * 3600 + 100);
        rig.Backend.RestoreTo(3);
        rig.Link.IsCut = true;
        rig.Run(30);
        rig.Link.IsCut = false;
        rig.Run(900);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
        Assert.Equal(8, rig.Backend.Stored.Count(batch => batch.Readings.Length == 12));
    }

    [Fact]
    public void A_batch_that_flash_lost_becomes_a_gap()
    {
        using var rig = new NodeRig();
        rig.Link.IsCut = true;
        rig.Run(5 * 3600 + 100);
        rig.LoseBatch(13);
        rig.Restart();
        rig.Link.IsCut = false;
        rig.Run(1000);
        rig.Finish();
        Gap gap = Assert.Single(rig.Backend.Gaps);
        Assert.Equal((13L, 24L, GapReason.Lost), (gap.From, gap.To, gap.Reason));
    }
}
