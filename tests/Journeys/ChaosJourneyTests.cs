using DePin.Tests.Support;
using DePin.Tools.Chaos;

namespace DePin.Tests.Journeys;

/// <summary>Every kind of fault once, on a backend as a process of its own.</summary>
public sealed class ChaosJourneyTests
{
    // What takes several instances.
    private static readonly Fault[] OfSeveral = [Fault.Balancer, Fault.Roll];

    [Fact]
    public Task Every_promise_is_kept_after_a_kill_a_freeze_broken_links_a_full_disk_and_a_wrong_clock() => ExpectSoundAsync(7, onPostgres: false, [Fault.Database, Fault.Failover, .. OfSeveral]);

    [Fact]
    public Task Every_promise_is_kept_on_PostgreSQL_too_when_its_primary_is_killed_and_lost_for_good_among_them() => ExpectSoundAsync(8, onPostgres: true, OfSeveral);

    private static async Task ExpectSoundAsync(int seed, bool onPostgres, Fault[] notThere)
    {
        using var folder = new TemporaryFolder();
        ChaosResult result = await ChaosJourney.RunAsync(new ChaosOptions(TimeSpan.FromSeconds(1), seed, Nodes: 3, folder.Path, onPostgres), TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.True(result.IsSound, result.ToString());
        Assert.All(result.Faults, fault => Assert.Equal(1, fault.Times));

        // No small disk where none can be mounted.
        Fault[] leftOut = [.. notThere, .. (Fault[])(result.LeftOut is null ? [] : [Fault.Disk])];
        Assert.Equal(Enum.GetValues<Fault>().Except(leftOut), result.Faults.Select(fault => fault.Fault));
    }
}
