using DePin.Fleet.Updates;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>A wave of more nodes than one transaction takes in.</summary>
public sealed class WaveFillTests
{
    [Fact]
    public async Task A_large_wave_is_taken_in_by_parts_each_node_once_and_a_restart_goes_on_where_it_stood()
    {
        const int Nodes = (2 * RolloutWaves.NodesAtOnce) + 100;
        using var folder = new TemporaryFolder();
        using (var first = await WaveRig.StartAsync(folder.Path, Nodes))
        {
            await first.OpenAsync();
            Assert.Equal((RolloutWaves.NodesAtOnce, RolloutWaves.NodesAtOnce + 100L), await first.WaveAsync());
        }

        // Nothing but the database is left.
        using var second = await WaveRig.StartAsync(folder.Path, nodes: 0);
        await second.StepAsync();
        Assert.Equal((2L * RolloutWaves.NodesAtOnce, 100L), await second.WaveAsync());
        await second.StepAsync();
        Assert.Equal((Nodes, 0L), await second.WaveAsync());
        await second.StepAsync();
        Assert.Equal((Nodes, 0L), await second.WaveAsync());
        Assert.Equal(Nodes, await second.MembersAsync());
    }

    [Fact]
    public async Task A_stopped_rollout_takes_in_no_more()
    {
        using var folder = new TemporaryFolder();
        using var rig = await WaveRig.StartAsync(folder.Path, RolloutWaves.NodesAtOnce + 10);
        await rig.OpenAsync();
        await rig.MoveAsync(RolloutState.Stopped);
        await rig.StepAsync();
        Assert.Equal((RolloutWaves.NodesAtOnce, 10L), await rig.WaveAsync());
    }
}
