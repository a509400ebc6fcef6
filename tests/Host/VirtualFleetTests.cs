using DePin.Host;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>A fleet as it is opened from options.</summary>
public sealed class VirtualFleetTests
{
    [Fact]
    public async Task A_fleet_opened_again_has_the_same_nodes_and_may_grow()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<Registration> first;
        await using (VirtualFleet fleet = VirtualFleet.Open(Options(folder) with { Nodes = 6 }))
        {
            first = fleet.Registrations;
        }

        await using VirtualFleet again = VirtualFleet.Open(Options(folder) with { Nodes = 12 });
        Assert.Equal(first, again.Registrations.Take(6));
        Assert.Equal(12, again.Registrations.Select(registration => registration.NodeId).Distinct().Count());
        Assert.Equal(8, again.Registrations.Count(registration => registration.Profile == "lamp-small"));
        Assert.Equal(2, again.Registrations.Count(registration => registration.Profile == "airnode"));
        Assert.Equal(2, again.Registrations.Count(registration => registration.Profile == "ecandle-1"));
        Assert.Equal("Kisumu 3", again.Registrations[2].Place);
    }

    [Fact]
    public async Task Nodes_stand_within_the_spread()
    {
        using var folder = new TemporaryFolder();
        await using VirtualFleet fleet = VirtualFleet.Open(Options(folder) with { Nodes = 30, SpreadKilometres = 10 });
        Assert.All(fleet.Registrations, registration =>
        {
            double north = (registration.Latitude + 0.0917) * 111.2;
            double east = (registration.Longitude - 34.768) * 111.2;
            Assert.InRange(Math.Sqrt(north * north + east * east), 0, 10.1);
        });
    }

    [Fact]
    public async Task Two_fleets_without_a_seed_are_strangers_and_a_folder_keeps_its_own()
    {
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        await using VirtualFleet here = VirtualFleet.Open(Options(one) with { Nodes = 1, Seed = 5 });
        await using VirtualFleet there = VirtualFleet.Open(Options(other) with { Nodes = 1 });
        Assert.NotEqual(here.Registrations[0].NodeId, there.Registrations[0].NodeId);
        var problem = Assert.Throws<InvalidDataException>(() => VirtualFleet.Open(Options(one) with { Seed = 6 }));
        Assert.Contains("seed 5, not 6", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, 0, 1883)]
    [InlineData(10_001, 0, 0, 1883)]
    [InlineData(1, 91, 0, 1883)]
    [InlineData(1, 0, -181, 1883)]
    [InlineData(1, double.NaN, 0, 1883)]
    [InlineData(1, 0, 0, 0)]
    public void Options_out_of_bounds_are_refused_before_anything_is_written(int nodes, double latitude, double longitude, int port)
    {
        using var folder = new TemporaryFolder();
        FleetOptions options = Options(folder) with { Nodes = nodes, Latitude = latitude, Longitude = longitude, GatewayPort = port };
        Assert.Throws<ArgumentException>(() => VirtualFleet.Open(options));
        Assert.False(Directory.Exists(options.Folder));
    }

    [Fact]
    public void A_missing_irradiance_file_is_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        FleetOptions options = Options(folder) with { IrradianceFile = folder.File("no-such.csv") };
        Assert.Throws<InvalidDataException>(() => VirtualFleet.Open(options));
        Assert.False(Directory.Exists(options.Folder));
    }

    [Fact]
    public async Task A_fleet_that_cannot_drain_says_so_and_keeps_what_is_left()
    {
        using var folder = new TemporaryFolder();
        using var nobody = HandSpokenGateway.Plain();
        await using VirtualFleet fleet = VirtualFleet.Open(Options(folder) with { Nodes = 3, GatewayPort = nobody.Port });
        using var stop = new CancellationTokenSource();
        Task run = fleet.RunAsync(new FastClock(), stop.Token);
        await Eventually.HoldsAsync(() => fleet.Look().All(node => node.Sequence > 4), "readings close");
        await stop.CancelAsync();
        await run;
        Assert.False(await fleet.DrainAsync(TimeSpan.FromMilliseconds(100)));
        FleetTotals totals = fleet.Totals();
        Assert.Equal((3, 0, 0L), (totals.Nodes, totals.NodesOnline, totals.AcknowledgedBatches));
        Assert.True(totals.OutboxBatches >= 3, "every node keeps a batch");
    }

    private static FleetOptions Options(TemporaryFolder folder) => new() { Folder = folder.File("fleet"), GatewayPort = 1883 };

    // Five simulated minutes in a tenth of a second.
    private sealed class FastClock : TimeProvider
    {
        private readonly DateTimeOffset _start = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _start + 3000 * (System.GetUtcNow() - _start);
    }
}
