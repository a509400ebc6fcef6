using DePin.Contracts.Metering;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node;

/// <summary>Readings to batches to flash to backend, over restarts, lost links and power cuts.</summary>
public sealed class ChainTests
{
    [Fact]
    public void Readings_of_five_minutes_leave_in_batches_of_twelve()
    {
        using var rig = new NodeRig();
        rig.Run(3 * 3600 + 60);
        Assert.Equal([1L, 13L, 25L], rig.Backend.Stored.Select(batch => batch.Sequence));
        Assert.All(rig.Backend.Stored, batch => Assert.Equal(12, batch.Readings.Length));

        // The first sample comes at uptime 1 s: the first slot is a second short.
        Assert.Equal([299, .. Enumerable.Repeat(300, 35)], rig.Backend.Readings.Select(reading => reading.Seconds));
        Assert.All(rig.Backend.Stored, batch => Assert.Equal(ClockState.Fresh, batch.Clock));
        Assert.Equal(NodeRig.StartUnixSeconds + 1, rig.Backend.Stored[0].OpenedUnixSeconds);
        Assert.Equal(NodeRig.StartUnixSeconds + 3600, rig.Backend.Stored[1].OpenedUnixSeconds);
        rig.Finish();
        Assert.Equal((3 * 3600 + 59) * 1000L / 3600, rig.Backend.Closing.DeliveredMilliwattHours);
    }

    [Fact]
    public void A_restart_in_the_middle_of_a_slot_costs_that_slot_and_the_chain_stays_whole()
    {
        using var rig = new NodeRig();
        for (int boot = 1; boot <= 5; boot++)
        {
            rig.Run(3600 + boot * 400);
            rig.Restart();
        }

        rig.Run(1000);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
        Assert.Equal([1L, 2L, 3L, 4L, 5L, 6L], rig.Backend.Stored.Select(batch => batch.Boot).Distinct());
        rig.AssertNoSequenceSignedTwice();
    }

    [Fact]
    public void A_receipt_in_the_middle_of_a_slot_keeps_no_part_of_it_for_the_next_boot()
    {
        using var rig = new NodeRig();
        rig.Link.IsCut = true;
        rig.Run(3600 + 10);
        rig.Link.IsCut = false;
        rig.Run(280);
        Assert.Equal(13, rig.Backend.Next);
        rig.Restart();
        rig.Run(3700);

        // The backend asserts that every batch opens with the counters the one before closed with.
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
    }

    [Fact]
    public void A_week_without_a_link_is_caught_up_in_order_without_a_gap()
    {
        using var rig = new NodeRig();
        rig.Run(7200);
        rig.Link.IsCut = true;
        rig.Run(7 * 86_400);
        Assert.InRange(rig.Core.OutboxBatches, 167, 169);
        rig.Link.IsCut = false;
        rig.Run(900);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
        Assert.Empty(rig.Backend.Evidence);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Late_ticks_lose_no_energy(int secondsPerTick)
    {
        using var rig = new NodeRig();
        rig.Run(4 * 3600, secondsPerTick);
        rig.Finish();
        Assert.Equal(0, rig.Core.Counts.Pauses);
        Assert.Equal((4 * 3600 - secondsPerTick) * 1000L / 3600, rig.Backend.Closing.DeliveredMilliwattHours);
        Assert.Equal(4 * 3600 - secondsPerTick, rig.Backend.Readings.Sum(reading => reading.Seconds));
    }

    [Fact]
    public void Metering_goes_on_while_a_slow_signer_works_longer_than_a_batch_lasts()
    {
        using var rig = new NodeRig();
        rig.Signer.Steps = 4000;
        rig.Run(6 * 3600);
        rig.Core.Stop(rig.Clock);
        rig.Drain(20_000);
        Assert.Equal(6 * 3600 - 1, rig.Backend.Readings.Sum(reading => reading.Seconds));
        Assert.Contains(rig.Backend.Stored, batch => batch.Readings.Length > 12);
    }

    [Fact]
    public void A_stop_without_a_link_keeps_everything_for_the_next_boot()
    {
        using var rig = new NodeRig();
        rig.Link.IsCut = true;
        rig.Run(4000);
        rig.Core.Stop(rig.Clock);
        rig.Restart();
        rig.Link.IsCut = false;
        rig.Run(3600);
        rig.Finish();
        Assert.Equal(3999, rig.Backend.Stored.Where(batch => batch.Boot == 1).Sum(batch => batch.Seconds()));
    }

    [Theory]
    [InlineData(nameof(CutLeaves.OldContent))]
    [InlineData(nameof(CutLeaves.EmptyNewFile))]
    [InlineData(nameof(CutLeaves.NewContent))]
    public void A_power_cut_at_any_change_of_the_flash_repeats_no_sequence_and_breaks_no_chain(string leaves)
    {
        int changes = ChangesOfAQuietRun();
        Assert.InRange(changes, 40, 200);
        for (int cutAt = 2; cutAt <= changes; cutAt++)
        {
            using var rig = new NodeRig();
            rig.Flash.CutLeaves = Enum.Parse<CutLeaves>(leaves);
            rig.Flash.CutAt = cutAt;
            ScriptedRun(rig, out long runSeconds);
            rig.Restart();
            rig.Run(2 * 3600);
            rig.Finish();
            rig.AssertNoSequenceSignedTwice();
            Assert.Empty(rig.Backend.Gaps);
            Assert.Empty(rig.Backend.Evidence);
            long kept = rig.Backend.Stored.Where(batch => batch.Boot == 1).Sum(batch => batch.Seconds());
            Assert.InRange(kept, runSeconds - 600, runSeconds);
        }
    }

    [Fact]
    public void A_node_that_is_cut_again_while_it_starts_still_loses_nothing_it_had_closed()
    {
        for (int cutAt = 1; cutAt <= 6; cutAt++)
        {
            using var rig = new NodeRig();
            rig.Link.IsCut = true;
            rig.Signer.Steps = 5000;
            rig.Run(5000);
            rig.Flash.CutAt = rig.Flash.Changes + cutAt;
            bool wasCut = false;
            try
            {
                rig.Restart();
                rig.Run(1500);
            }
            catch (PowerCutException)
            {
                wasCut = true;
            }

            rig.Flash.CutAt = 0;
            rig.Signer.Steps = 1;
            rig.Restart();
            rig.Link.IsCut = false;
            rig.Run(4000);
            rig.Finish();
            rig.AssertNoSequenceSignedTwice();
            Assert.Equal(4799, rig.Backend.Stored.Where(batch => batch.Boot == 1).Sum(batch => batch.Seconds()));
            Assert.True(wasCut, "the cut was reached");
        }
    }

    [Theory]
    [InlineData("state-0")]
    [InlineData("state-1")]
    public void A_damaged_state_file_costs_no_sequence_number_and_no_counter(string name)
    {
        using var rig = new NodeRig();
        rig.Run(2 * 3600 + 700);
        rig.Flash.Damage(name);
        rig.Restart();
        rig.Run(3700);
        rig.Finish();
        Assert.Equal(1, rig.Core.Counts.FilesDamaged);
        Assert.Empty(rig.Backend.Gaps);
        rig.AssertNoSequenceSignedTwice();
    }

    private static int ChangesOfAQuietRun()
    {
        using var rig = new NodeRig();
        ScriptedRun(rig, out _);
        return rig.Flash.Changes;
    }

    // Three hours with a link that goes and comes, or less where the power is cut.
    private static void ScriptedRun(NodeRig rig, out long seconds)
    {
        long start = rig.TrueUnixSeconds;
        if (!rig.RunsIntoCut(4000))
        {
            rig.Link.IsCut = true;
            bool wasCut = rig.RunsIntoCut(5000);
            rig.Link.IsCut = false;
            _ = wasCut || rig.RunsIntoCut(2000);
        }

        seconds = rig.TrueUnixSeconds - start;
    }
}
