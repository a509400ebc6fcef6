using System.Text.Json;
using DePin.Host;
using DePin.Tests.Support;
using DePin.Tools.Commands;
using DePin.Tools.Demo;

namespace DePin.Tests.Journeys;

/// <summary>The demonstration as people start it, with a backend in a process of its own.</summary>
public sealed class DemonstrationTests
{
    [Fact]
    public async Task A_demonstration_ends_with_every_reading_judged_and_the_next_goes_on_where_it_stood()
    {
        using var folder = new TemporaryFolder();
        JsonElement first = await RunAsync(folder);
        Assert.Equal(3, first.GetProperty("nodes").GetInt64());
        Assert.True(first.GetProperty("creditedMicro").GetInt64() > 0, first.ToString());
        Assert.Equal(0, first.GetProperty("ledgerSum").GetInt64());
        Assert.Equal(0, first.GetProperty("readingsWithoutVerdict").GetInt64());
        Assert.True(first.GetProperty("readings").GetInt64() == first.GetProperty("readingsCredited").GetInt64(), first.ToString());
        Assert.True(first.GetProperty("receiptsSent").GetInt64() >= first.GetProperty("batchesStored").GetInt64(), first.ToString());
        Assert.False(File.Exists(folder.File("demo/addresses.json")), "the backend stopped cleanly");
        long stoodAt = ScaledClock.Join(folder.File("demo/clock.json")).UnixMilliseconds;

        JsonElement second = await RunAsync(folder);
        Assert.True(second.GetProperty("readings").GetInt64() > first.GetProperty("readings").GetInt64(), second.ToString());
        Assert.True(second.GetProperty("readings").GetInt64() == second.GetProperty("readingsCredited").GetInt64(), second.ToString());
        Assert.Equal(0, second.GetProperty("ledgerSum").GetInt64());
        Assert.True(ScaledClock.Join(folder.File("demo/clock.json")).UnixMilliseconds >= stoodAt, "the clock never goes back");
    }

    private static async Task<JsonElement> RunAsync(TemporaryFolder folder)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var options = new DemonstrationOptions
        {
            Nodes = 3,
            Seconds = 6,
            IsJson = true,
            // At this pace an answer that is 100 ms late is 60 s late by the fleet's clock, as in a slow village.
            Scale = 600,
            DataFolder = folder.File("demo"),
            HttpPort = 0,
            MqttTlsPort = 0,
            MqttPlainPort = 0,
        };
        int code = await RunCommand.RunAsync(options, output, errors, TestContext.Current.CancellationToken);
        Assert.True(code == 0, errors.ToString());
        return JsonDocument.Parse(Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
    }
}
