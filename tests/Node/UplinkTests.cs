using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;
using DePin.Node;

namespace DePin.Tests.Node;

/// <summary>Login, answers, silence, forgery, configuration.</summary>
public sealed class UplinkTests
{
    [Fact]
    public void A_login_sends_its_status_first_and_batches_only_after_the_receipt()
    {
        using var rig = new NodeRig();
        rig.Link.IsCut = true;
        rig.Run(3700);
        rig.Backend.IsSilent = true;
        rig.Link.IsCut = false;
        while (rig.Link.Published.Count == 0)
        {
            rig.Run(1);
        }

        rig.Run(20);
        Assert.Equal([Topics.Status], rig.Link.Published);
        rig.Backend.IsSilent = false;
        rig.Run(600);
        Assert.Equal([Topics.Status, Topics.Batch], rig.Link.Published);
        Status status = rig.Backend.Statuses[^1];
        Assert.Equal((1L, 1L, ClockState.Fresh), (status.Boot, status.OutboxBatches, status.Clock));
        Assert.InRange(status.Sequence, 13, 16);
    }

    [Fact]
    public void A_status_comes_every_quarter_of_an_hour()
    {
        using var rig = new NodeRig();
        rig.Run(3600);
        Assert.Equal(4, rig.Backend.Statuses.Count);
        Assert.Equal(1, rig.Link.Connects);
    }

    [Fact]
    public void The_last_receipt_tells_whether_credit_is_held()
    {
        using var rig = new NodeRig();
        rig.Backend.IsCreditHeld = true;
        rig.Run(1000);
        Assert.True(rig.Core.IsCreditHeld);
        rig.Backend.IsCreditHeld = false;
        rig.Run(1000);
        Assert.False(rig.Core.IsCreditHeld);
    }

    [Fact]
    public void A_server_that_never_answers_costs_waits_that_grow_and_nothing_else()
    {
        using var rig = new NodeRig();
        rig.Backend.IsSilent = true;
        rig.Run(86_400);
        AssertSlowsDown(rig);
        rig.Backend.IsSilent = false;
        rig.Run(900);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
    }

    [Fact]
    public void A_server_that_never_finishes_the_login_is_left()
    {
        using var rig = new NodeRig();
        rig.Link.HasNoConnack = true;
        rig.Run(86_400);
        AssertSlowsDown(rig);
        rig.Link.HasNoConnack = false;
        rig.Run(900);
        rig.Finish();
    }

    [Fact]
    public void A_backend_that_answers_and_stores_nothing_is_not_flooded()
    {
        using var rig = new NodeRig();
        rig.Backend.IsFull = true;
        rig.Run(86_400);
        Assert.InRange(rig.Backend.Messages, Limits.MaxRepeats, 86_400 / 150 * Limits.MaxRepeats * 2);
        rig.Backend.IsFull = false;
        rig.Run(900);
        rig.Finish();
        Assert.Empty(rig.Backend.Gaps);
    }

    [Fact]
    public void Forged_and_replayed_messages_are_counted_and_change_nothing()
    {
        using var rig = new NodeRig();
        rig.Run(3700);
        byte[] old = rig.Backend.SealReceipt();
        rig.Link.IsCut = true;
        rig.Run(10);
        rig.Link.IsCut = false;
        rig.Run(60);
        long sequence = rig.Core.Sequence;
        int outbox = rig.Core.OutboxBatches;
        byte[] session = rig.Backend.Statuses[^1].Session;
        byte[] forged = rig.Backend.SealReceipt();
        forged[^1] ^= 1;
        Assert.True(rig.Core.IsOnline);

        rig.Link.Deliver(Topics.Receipt, forged);
        rig.Link.Deliver(Topics.Receipt, []);
        rig.Link.Deliver(Topics.Reject, new byte[5000]);
        rig.Link.Deliver(Topics.Config, rig.Backend.SealReceipt());
        rig.Run(1);
        Assert.Equal(4, rig.Core.Counts.Forged);

        rig.Link.Deliver(Topics.Receipt, old);
        rig.Link.Deliver(Topics.Receipt, rig.Backend.SealReceipt(1000, session, counter: 1));
        rig.Link.Deliver(Topics.Receipt, rig.Backend.SealReceipt(1000, [9, 9, 9, 9, 9, 9, 9, 9], counter: 1_000_000));
        rig.Run(1);
        Assert.Equal(3, rig.Core.Counts.Replayed);

        // Written before the backend knew this login: no replay, and not believed after the status.
        rig.Link.Deliver(Topics.Receipt, rig.Backend.SealReceipt(1000, new byte[Session.Size], counter: 1_000_000));
        rig.Run(1);
        Assert.Equal((sequence, outbox), (rig.Core.Sequence, rig.Core.OutboxBatches));
        Assert.Equal(3, rig.Core.Counts.Replayed);
        rig.Run(3600);
        rig.Finish();
    }

    [Fact]
    public void A_config_takes_effect_at_the_next_batch_and_survives_a_restart()
    {
        using var rig = new NodeRig();
        rig.Run(1000);
        rig.Link.Deliver(Topics.Config, rig.Backend.SealConfig(version: 7, slotSeconds: 60, batchReadings: 5, statusSeconds: 3600));
        rig.Link.Deliver(Topics.Config, rig.Backend.SealConfig(version: 6, slotSeconds: 600, batchReadings: 2, statusSeconds: 3600));
        rig.Run(2700);
        Assert.Equal(12, rig.Backend.Stored[0].Readings.Length);
        rig.Run(600);
        Assert.Equal([60, 60, 60, 60, 60], rig.Backend.Stored[1].Readings.Select(reading => reading.Seconds));
        rig.Restart();
        rig.Link.Deliver(Topics.Config, rig.Backend.SealConfig(version: 7, slotSeconds: 600, batchReadings: 5, statusSeconds: 3600));
        rig.Run(1200);
        rig.Finish();
        Assert.All(rig.Backend.Stored.Where(batch => batch.Boot == 2).SelectMany(batch => batch.Readings), reading => Assert.InRange(reading.Seconds, 1, 60));
    }

    [Fact]
    public void Messages_in_flood_are_taken_a_few_at_a_time()
    {
        using var rig = new NodeRig();
        rig.Run(60);
        for (int i = 0; i < 100; i++)
        {
            rig.Link.Deliver(Topics.Receipt, [1]);
        }

        rig.Run(1);
        Assert.InRange(rig.Core.Counts.Forged, 1, Limits.MessagesPerTick);
        rig.Run(100);
        Assert.Equal(100, rig.Core.Counts.Forged);
    }

    // Full jitter up to five minutes: about a connection in 150 s, after those of the first minutes.
    private static void AssertSlowsDown(NodeRig rig)
    {
        Assert.InRange(rig.Link.Connects, 86_400 / 400, 86_400 / 100);
        Assert.Equal(rig.Link.Connects, rig.Core.Counts.LinksLost, 1.0);
        Assert.InRange(rig.Core.OutboxBatches, 23, 24);
    }
}
