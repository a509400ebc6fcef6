using DePin.Fleet.Ingest;
using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Instances;

/// <summary>What must be done once is done by one instance, and goes on elsewhere.</summary>
public sealed class DutiesTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private InstancesRig _rig = null!;

    private RunningBackend One => _rig[0];

    private RunningBackend Other => _rig[1];

    public async ValueTask InitializeAsync()
    {
        _rig = await InstancesRig.StartAsync();
        await One.RegisterAsync(_node);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task The_background_work_is_done_by_one_and_goes_on_elsewhere_when_that_one_stops()
    {
        await Eventually.HoldsAsync(() => Duties(One).AreHere, "the first instance does it");
        Assert.False(Duties(Other).AreHere);
        RunningBackend third = await _rig.AddAsync();
        await _rig.StopAsync(One);
        RunningBackend[] left = [_rig[0], third];
        await Eventually.HoldsAsync(() => left.Count(instance => Duties(instance).AreHere) == 1, "one of the others does it");
        await new CollectingSink(third.Part<IngestPipeline>(), third.Part<NodeDirectory>().Find(_node.Id)!, _node.Session).AskAsync(_node.SignNext());
        await Eventually.HoldsAsync(() => _rig.Number("SELECT count(*) FROM verdict") == 1, "what comes is judged");
    }

    [Fact]
    public async Task An_instance_that_lost_the_lease_books_nothing_more()
    {
        await Eventually.HoldsAsync(() => Duties(One).AreHere, "the first instance does the background work");
        await _rig.TamperAsync("UPDATE shared_lease SET holder = 'somebody else', until_ms = until_ms + 600000");
        await new CollectingSink(One.Part<IngestPipeline>(), One.Part<NodeDirectory>().Find(_node.Id)!, _node.Session).AskAsync(_node.SignNext());
        await Eventually.HoldsAsync(() => !Duties(One).AreHere, "it hears that it has no lease");
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM verdict"));
        await _rig.TamperAsync("UPDATE shared_lease SET until_ms = 0");
        await Eventually.HoldsAsync(() => _rig.Number("SELECT count(*) FROM verdict") == 1, "the lease is taken again, and what waited is judged");
    }

    private static Duties Duties(RunningBackend instance) => instance.Part<Duties>();
}
