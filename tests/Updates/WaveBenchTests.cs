using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tests.Updates;

/// <summary>A small dose of what `tools/depin bench wave` measures, in a process of its own: only there is its memory nobody else's.</summary>
public sealed class WaveBenchTests
{
    private const long Few = 1000;
    private const long Many = 10_000;

    [Fact]
    public async Task A_wave_needs_a_row_for_each_node_and_no_memory()
    {
        JsonNode few = await RunAsync(Few);
        JsonNode many = await RunAsync(Many);
        Assert.Equal((Few, Many), ((long)few["offered"]!, (long)many["offered"]!));
        Assert.InRange((double)many["databaseBytesPerNode"]!, 1, 1000);

        // Statements and plans are kept once, whatever the number of nodes: some hundred KiB, give or take 300.
        double bytesForEachMore = ((long)many["memoryGrowthKib"]! - (long)few["memoryGrowthKib"]!) * 1024.0 / (Many - Few);
        Assert.True(bytesForEachMore < 100, $"each node more costs {bytesForEachMore:0} bytes of memory: {few.ToJsonString()} {many.ToJsonString()}");
    }

    private static Task<JsonNode> RunAsync(long nodes) => OfflineBackend.RunAsync(["bench", "wave", "--nodes", $"{nodes}"], TextWriter.Null, TestContext.Current.CancellationToken);
}
