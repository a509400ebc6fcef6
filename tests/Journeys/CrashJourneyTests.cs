using DePin.Tests.Support;
using DePin.Tools.Crash;

namespace DePin.Tests.Journeys;

/// <summary>The backend as a process of its own, killed with SIGKILL under load.</summary>
public sealed class CrashJourneyTests
{
    [Fact]
    public async Task What_was_acknowledged_is_there_once_after_three_kills()
    {
        using var folder = new TemporaryFolder();
        CrashResult result = await CrashJourney.RunAsync(new CrashOptions(Kills: 3, Lamps: 40, Nodes: 2, folder.Path), TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.True(result.IsSound, result.ToString());
        Assert.True(result.LeastUnderWay >= 20, result.ToString());
        Assert.True(result.Promises.Acknowledged >= 40 * 40, result.ToString());
    }
}
