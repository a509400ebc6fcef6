using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>The gate reads what the nodes signed: the same hours a day before and after, beside nodes that were not updated.</summary>
public sealed class MeteringContinuityTests
{
    // A day after the update is held against one before the wave, and two days lie between.
    private const int Hours = 51;

    [Theory]
    [InlineData(250, 250, 3, "wave", null)]
    [InlineData(130, 130, 3, "wave", null)]
    [InlineData(300, 250, 3, "paused", "delivered: +20 % ± 0 % in 1 h, 2 of profile 1 against 2; it must be within 10 % of before, against nodes not yet updated")]
    [InlineData(130, 250, 27, "paused", "delivered: -48 % ± 0 % in 24 h")]
    [InlineData(null, 250, 3, "paused", "without readings: 2 of 2 updated nodes")]
    public async Task A_wave_passes_only_while_what_its_nodes_earn_by_goes_on(int? delivers, int othersDeliver, int hours, string state, string? says)
    {
        await using RolloutRig rig = await RolloutRig.StartAsync();
        UpdateNode[] nodes = await NodesAsync(rig, 4);
        await MeterAsync(rig, Hours, [.. nodes.Select(node => (node, 250))]);
        long id = await StartAsync(rig, canary: 2, heldBackPercent: 10);
        UpdateNode[] updated = await UpdateAsync(rig, nodes, 2);
        await rig.CountsAsync(id, 0, "confirmed", 2);

        UpdateNode[] others = [.. nodes.Except(updated)];
        await MeterAsync(rig, hours, [.. delivers is { } own ? updated.Select(node => (node, own)) : [], .. others.Select(node => (node, othersDeliver))]);
        JsonNode rollout = await rig.ReachesAsync(id, state);
        JsonNode metering = rollout["waves"]![0]!["metering"]!;
        Assert.Equal((2L, 2L), ((long)metering["confirmed"]!, (long)metering["updated"]!["nodes"]!));
        Assert.StartsWith(says ?? "", (string?)rollout["reason"] ?? "", StringComparison.Ordinal);
        await DisposeAsync(nodes);
    }

    [Theory]
    [InlineData(250)]
    [InlineData(300)]
    public async Task Some_are_held_back_so_that_the_last_wave_too_has_others_to_be_compared_with(int lastDelivers)
    {
        await using RolloutRig rig = await RolloutRig.StartAsync();
        UpdateNode[] nodes = await NodesAsync(rig, 6);
        await MeterAsync(rig, Hours, [.. nodes.Select(node => (node, 250))]);
        long id = await StartAsync(rig, canary: 2, heldBackPercent: 30);
        Assert.Equal(2, (long)(await rig.RolloutAsync(id))["heldBack"]!);
        UpdateNode[] canary = await UpdateAsync(rig, nodes, 2);
        await MeterAsync(rig, 3, [.. nodes.Select(node => (node, 250))]);
        await rig.ReachesAsync(id, "wave", 1);
        UpdateNode[] wave = await UpdateAsync(rig, [.. nodes.Except(canary)], 2);
        await rig.CountsAsync(id, 1, "confirmed", 2);
        await MeterAsync(rig, 3, [.. nodes.Select(node => (node, wave.Contains(node) ? lastDelivers : 250))]);
        if (lastDelivers > 250)
        {
            JsonNode paused = await rig.ReachesAsync(id, "paused");
            Assert.StartsWith("delivered: +20 % ± 0 % in 1 h, 2 of profile 1 against 2", (string?)paused["reason"], StringComparison.Ordinal);
        }
        else
        {
            JsonNode rest = (await rig.ReachesAsync(id, "wave", 2))["waves"]![2]!;
            Assert.Equal((true, 2L), ((bool)rest["isHeldBack"]!, (long)rest["size"]!));
            await UpdateAsync(rig, [.. nodes.Except(canary).Except(wave)], 2);
            await rig.CountsAsync(id, 2, "confirmed", 2);
            await MeterAsync(rig, 3, [.. nodes.Select(node => (node, 250))]);
            await rig.ReachesAsync(id, "done");
        }

        await DisposeAsync(nodes);
    }

    private static async Task<UpdateNode[]> NodesAsync(RolloutRig rig, int count)
    {
        var nodes = new List<UpdateNode>();
        for (int i = 0; i < count; i++)
        {
            nodes.Add(await rig.NodeAsync());
        }

        return [.. nodes];
    }

    private static async Task<long> StartAsync(RolloutRig rig, int canary, int heldBackPercent) => await rig.StartAsync(await rig.PublishAsync(), new
    {
        canary = new { nodes = canary },
        waves = new[] { new { percent = 100 } },
        gate = new { executedPercent = 100, soakMinutes = 10, metering = new { hours = 1, heldBackPercent } },
    });

    // So many are offered it, and take it.
    private static async Task<UpdateNode[]> UpdateAsync(RolloutRig rig, UpdateNode[] nodes, int count)
    {
        await Eventually.HoldsAsync(() => nodes.Count(node => node.HasHeard(UpdateNotice.Offer)) == count, $"{count} nodes are offered the release", 60);
        UpdateNode[] offered = [.. nodes.Where(node => node.HasHeard(UpdateNotice.Offer))];
        foreach (UpdateNode node in offered)
        {
            await node.UpdateAsync(rig.Bundle);
        }

        return offered;
    }

    private static async Task DisposeAsync(UpdateNode[] nodes)
    {
        foreach (UpdateNode node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    // Hours of batches, each arriving when it closes; the clock goes with them.
    private static async Task MeterAsync(RolloutRig rig, int hours, params (UpdateNode Node, int Delivered)[] nodes)
    {
        for (int hour = 0; hour < hours; hour++)
        {
            rig.Time.Pass(TimeSpan.FromHours(1));
            foreach ((UpdateNode node, int delivered) in nodes)
            {
                var sink = new CollectingSink(rig.Backend.Part<IngestPipeline>(), rig.Backend.Part<NodeDirectory>().Find(node.Id)!, node.Node.Session, rig.Time.UnixMilliseconds);
                await sink.AskAsync(node.Node.SignNext(delivered: delivered));
            }
        }

        await Eventually.HoldsAsync(async () => (long)(await rig.GetAsync("/api/summary"))["verdictBacklog"]! == 0, "every batch has its verdicts", 60);
    }
}
