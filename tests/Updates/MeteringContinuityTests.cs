using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>The gate reads what the nodes signed: the same hours a day before and after, beside a node that was not updated.</summary>
public sealed class MeteringContinuityTests
{
    private const int Hours = 24;

    [Theory]
    [InlineData(250, 250, "wave", null)]
    [InlineData(130, 130, "wave", null)]
    [InlineData(130, 250, "paused", "delivered: 1560 mW after 3000 mW (-48 %); it must be within 20 % of before, against the nodes not yet updated")]
    [InlineData(null, 250, "paused", "without readings: 1 of 1 updated nodes")]
    public async Task A_wave_passes_only_while_what_its_nodes_earn_by_goes_on(int? delivers, int othersDeliver, string state, string? says)
    {
        await using RolloutRig rig = await RolloutRig.StartAsync();
        await using UpdateNode first = await rig.NodeAsync();
        await using UpdateNode second = await rig.NodeAsync();
        await MeterAsync(rig, Hours, (first, 250), (second, 250));
        string release = await rig.PublishAsync();
        long id = await rig.StartAsync(release, new
        {
            canary = new { nodes = 1 },
            waves = new[] { new { percent = 100 } },
            gate = new { executedPercent = 100, soakMinutes = 10, metering = new { hours = 1 } },
        });
        await Eventually.HoldsAsync(() => first.HasHeard(UpdateNotice.Offer) || second.HasHeard(UpdateNotice.Offer), "one is offered the release", 60);
        (UpdateNode updated, UpdateNode other) = first.HasHeard(UpdateNotice.Offer) ? (first, second) : (second, first);
        await updated.UpdateAsync(rig.Bundle);
        await rig.CountsAsync(id, 0, "confirmed", 1);

        await MeterAsync(rig, 3, delivers is { } own ? [(updated, own), (other, othersDeliver)] : [(other, othersDeliver)]);
        JsonNode rollout = await rig.ReachesAsync(id, state);
        JsonNode metering = rollout["waves"]![0]!["metering"]!;
        Assert.Equal((1L, 1L), ((long)metering["confirmed"]!, (long)metering["updated"]!["nodes"]!));
        Assert.StartsWith(says ?? "", (string?)rollout["reason"] ?? "", StringComparison.Ordinal);
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
