using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Upkeep;

namespace DePin.Tests.Updates;

/// <summary>A small dose of what `tools/depin bench rollout` measures.</summary>
public sealed class RolloutBenchTests
{
    [Fact]
    public void A_wave_needs_a_row_for_each_node_and_no_memory()
    {
        JsonNode figures = JsonSerializer.SerializeToNode(RolloutBench.Run(3000), JsonSerializerOptions.Web)!;
        Assert.Equal((3000L, 3000L), ((long)figures["nodes"]!, (long)figures["offered"]!));
        Assert.InRange((double)figures["databaseBytesPerNode"]!, 1, 1000);

        // Whatever it keeps it would keep for each node; what the runtime itself keeps of 3,000 statements is more than that.
        Assert.True((double)figures["memoryBytesPerNode"]! < 300, figures.ToJsonString());
    }
}
