using DePin.Tests.Support;
using DePin.Tools.Seasons;

namespace DePin.Tests.Tools;

/// <summary>A short season: every cheat that leaves a trace leaves it, and honest nodes pass.</summary>
public sealed class SeasonTests
{
    [Fact]
    public async Task Cheats_that_leave_a_trace_are_caught_and_no_honest_reading_is_refused()
    {
        using var folder = new TemporaryFolder();
        var season = new Season(60, 6, seed: 5, folder.Path, TextWriter.Null);
        SeasonReport report = await season.RunAsync(TestContext.Current.CancellationToken);
        Assert.True(report.Kinds.Count >= 12);
        Assert.Empty(report.Missed);
        Assert.Equal(("0", 0L, 0L), (report.LedgerSum, report.RebuildDifferences, report.HonestRefused));
        Assert.All(report.Kinds, kind => Assert.InRange(kind.SlippedOfCap, 0, 1));
        Assert.Equal(5, report.Kinds.Single(kind => kind.Kind == "edited database row").Caught);
        Assert.True(report.HonestReadings > 40_000);
    }
}
