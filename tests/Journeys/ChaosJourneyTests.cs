using DePin.Tests.Support;
using DePin.Tools.Chaos;

namespace DePin.Tests.Journeys;

/// <summary>Every kind of fault once, on a backend as a process of its own.</summary>
public sealed class ChaosJourneyTests
{
    [Fact]
    public async Task Every_promise_is_kept_after_a_kill_a_freeze_broken_links_a_full_disk_and_a_wrong_clock()
    {
        using var folder = new TemporaryFolder();
        ChaosResult result = await ChaosJourney.RunAsync(new ChaosOptions(TimeSpan.FromSeconds(1), Seed: 7, Nodes: 3, folder.Path), TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.True(result.IsSound, result.ToString());
        Assert.All(result.Faults, fault => Assert.Equal(1, fault.Times));

        // What takes another database or several instances is not there, nor a small disk where none can be mounted.
        Fault[] others = [Fault.Database, Fault.Failover, Fault.Balancer, Fault.Roll, .. (Fault[])(result.LeftOut is null ? [] : [Fault.Disk])];
        Assert.Equal(Enum.GetValues<Fault>().Except(others), result.Faults.Select(fault => fault.Fault));
    }

    [Fact]
    public async Task Every_promise_is_kept_on_PostgreSQL_too_when_its_primary_is_killed_and_lost_for_good_among_them()
    {
        using var folder = new TemporaryFolder();
        ChaosResult result = await ChaosJourney.RunAsync(new ChaosOptions(TimeSpan.FromSeconds(1), Seed: 8, Nodes: 3, folder.Path, OnPostgres: true), TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.True(result.IsSound, result.ToString());
        Assert.Equal(Enum.GetValues<Fault>().Except([Fault.Disk, Fault.Balancer, Fault.Roll]), result.Faults.Select(fault => fault.Fault));
        Assert.All(result.Faults, fault => Assert.Equal(1, fault.Times));
    }
}
