using DePin.Fleet.Updates;
using DePin.Host.Simulation;
using HostProfile = DePin.Host.Profile;

namespace DePin.Tests.Updates;

/// <summary>What is told apart from chance, and what chance is: first with numbers made up, then with the hardware of virtual nodes.</summary>
public sealed class EnergyDifferenceTests
{
    private const int Band = 10;

    [Theory]
    [InlineData(4, 10, 0.3)]
    [InlineData(25, 50, 0.3)]
    [InlineData(200, 200, 0.5)]
    public void Chance_alone_hardly_ever_breaks_a_gate(int updated, int others, double spread)
    {
        var random = new Random(1);
        int alarms = Enumerable.Range(0, 2000).Count(_ => EnergyDifference.Of([new ProfileChange(1, Nodes(random, updated, spread, 1), Nodes(random, others, spread, 1))]).Any(one => one.IsBeyond(Band)));
        Assert.True(alarms <= 10, $"{alarms} of 2000 comparisons of like with like break");
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.2)]
    public void A_fifth_more_or_less_is_seen_where_enough_nodes_are_compared(double factor)
    {
        var random = new Random(2);
        int seen = Enumerable.Range(0, 500).Count(_ => EnergyDifference.Of([new ProfileChange(1, Nodes(random, 200, 0.15, factor), Nodes(random, 100, 0.15, 1))]).Any(one => one.IsBeyond(Band)));
        Assert.True(seen >= 490, $"{seen} of 500 are seen");
    }

    [Fact]
    public void A_fault_in_one_profile_is_seen_though_the_others_are_many()
    {
        var random = new Random(3);
        IReadOnlyList<EnergyDifference> differences = EnergyDifference.Of(
        [
            new ProfileChange(1, Nodes(random, 150, 0.1, 1), Nodes(random, 150, 0.1, 1)),
            new ProfileChange(2, Nodes(random, 40, 0.1, 1.25), Nodes(random, 40, 0.1, 1)),
        ]);
        Assert.Equal([1, 2, null], differences.Select(one => one.Profile));
        Assert.Equal([false, true, false], differences.Select(one => one.IsBeyond(Band)));
        Assert.Equal((190L, 190L), (differences[2].Updated, differences[2].Others));
    }

    [Fact]
    public void One_node_says_nothing_of_how_much_nodes_differ()
    {
        EnergyChange two = EnergyChange.None.With(100, 100).With(200, 100);
        Assert.Empty(EnergyDifference.Of([new ProfileChange(1, EnergyChange.None.With(500, 100), two), new ProfileChange(2, two, EnergyChange.None), new ProfileChange(3, EnergyChange.None.With(0, 0).With(0, 0), two)]));
        Assert.Equal(0, EnergyDifference.Of([new ProfileChange(1, two, two)])[0].Difference, 9);
    }

    [Fact]
    public void Virtual_homes_stay_within_the_band_and_a_fifth_more_does_not()
    {
        const int Nodes = 72;
        long[][] days = Days(Nodes, days: 2);
        ProfileChange[] With(double factor) =>
        [
            .. Enumerable.Range(0, Nodes).GroupBy(Kind).Select(nodes => new ProfileChange(
                HostProfile.Named(nodes.Key).Number,
                nodes.Where(node => node % 3 == 1 || node % 12 is 2 or 4).Aggregate(EnergyChange.None, (change, node) => change.With(days[node][1] * factor, days[node][0])),
                nodes.Where(node => node % 3 != 1 && node % 12 is not (2 or 4)).Aggregate(EnergyChange.None, (change, node) => change.With(days[node][1], days[node][0])))),
        ];
        Assert.DoesNotContain(EnergyDifference.Of(With(1)), one => one.IsBeyond(Band));
        Assert.Contains(EnergyDifference.Of(With(1.2)), one => one.IsBeyond(Band));
        Assert.Contains(EnergyDifference.Of(With(0.8)), one => one.IsBeyond(Band));
    }

    private static string Kind(int index) => (index % 6) switch { 2 => "airnode", 4 => "ecandle-1", _ => "lamp-small" };

    // Energy that each delivers on each day, mWs.
    private static long[][] Days(int nodes, int days)
    {
        const long Start = 1_789_948_800;
        var sky = new SeededClouds(1);
        long[][] delivered = new long[nodes][];
        Parallel.For(0, nodes, node =>
        {
            long own = Noise.Child(1, 1000 + node);
            var device = new SimulatedDevice(HostProfile.Named(Kind(node)), own, sky, -0.0917 + (0.05 * Noise.Unit(own, 1)), 34.768 + (0.05 * Noise.Unit(own, 2)));
            device.Boot(Start);
            delivered[node] = new long[days];
            for (long second = 0; second < days * 86_400L; second++)
            {
                device.Advance(Start + second + 1);
                delivered[node][second / 86_400] += device.DeliveredMilliwatts;
            }
        });
        return delivered;
    }

    // Each delivers something else on an average day, and each day something else again.
    private static EnergyChange Nodes(Random random, int count, double spread, double factor)
    {
        EnergyChange change = EnergyChange.None;
        for (int i = 0; i < count; i++)
        {
            double usual = 500 + random.Next(1000);
            change = change.With(usual * factor * Day(random, spread), usual * Day(random, spread));
        }

        return change;
    }

    private static double Day(Random random, double spread) => Math.Max(0.05, 1 + (spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
}
