using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Fleet.Verification;

namespace DePin.Tests.Verification;

/// <summary>What nodes say about each other.</summary>
public sealed class FleetSearchTests
{
    private const long Start = 1_790_002_800;
    private const long Hour = 3600;

    private readonly VerificationSettings _settings = new();

    [Fact]
    public void Two_keys_with_the_same_readings_are_found_and_honest_ones_beside_them_are_not()
    {
        var search = new CloneSearch(11, _settings);
        IReadOnlyList<ClonePair> found = [];
        for (int hour = 0; hour < 30; hour++)
        {
            for (int node = 1; node <= 40; node++)
            {
                search.Add(node, Readings(node == 7 ? 6 : node, hour));
            }

            found = search.Search(Start + ((hour + 1) * Hour));
        }

        ClonePair pair = Assert.Single(found);
        Assert.Equal((6, 7), (Math.Min(pair.First, pair.Second), Math.Max(pair.First, pair.Second)));
        Assert.Equal(pair.Compared, pair.Common);
    }

    [Fact]
    public void A_copy_that_comes_hours_later_is_found_too_and_what_is_older_than_two_days_is_forgotten()
    {
        var search = new CloneSearch(3, _settings);
        for (int hour = 0; hour < 20; hour++)
        {
            search.Add(1, Readings(1, hour));
            search.Search(Start + ((hour + 1) * Hour));
        }

        for (int hour = 0; hour < 20; hour++)
        {
            search.Add(2, Readings(1, hour));
        }

        Assert.Single(search.Search(Start + (21 * Hour)));
        Assert.Empty(search.Search(Start + (80 * Hour)));
        Assert.Equal(0, search.Readings);
    }

    [Fact]
    public void Two_honest_lamps_that_burn_alike_one_evening_are_no_copies()
    {
        // The same light from the same charge: once alike, alike until somebody goes to bed.
        var search = new CloneSearch(2, _settings);
        for (int hour = 0; hour < 30; hour++)
        {
            bool isEvening = hour is >= 8 and < 22;
            for (int node = 1; node <= 2; node++)
            {
                search.Add(node, isEvening ? Make(hour, slot => (0, 247, 900 - ((((hour - 8) * 12) + slot) * 5), 3300)) : Readings(node, hour));
            }
        }

        Assert.Empty(search.Search(Start + (31 * Hour)));
    }

    [Fact]
    public void A_part_of_the_readings_below_the_limit_says_nothing()
    {
        var search = new CloneSearch(5, _settings);
        for (int hour = 0; hour < 40; hour++)
        {
            search.Add(1, Readings(1, hour));
            search.Add(2, Readings(hour % 5 == 0 ? 1 : 2, hour));
        }

        Assert.Empty(search.Search(Start + (41 * Hour)));
    }

    [Fact]
    public void A_node_with_several_times_the_sun_of_its_neighbours_is_found_and_one_in_the_shade_is_not()
    {
        var search = new NeighbourSearch(_settings);
        search.Place([.. Enumerable.Range(1, 8).Select(node => new NodePlace(node, -0.09 + (node * 0.001), 34.77, 5000))]);
        Feed(search, node => node == 3 ? 300 : node == 5 ? 10 : 90);
        NeighbourFinding finding = Assert.Single(search.Search(Start + (6 * Hour)));
        Assert.Equal((3, 7), (finding.Node, finding.Below));
    }

    [Fact]
    public void Nodes_too_far_away_too_few_neighbours_full_batteries_and_dust_say_nothing()
    {
        var far = new NeighbourSearch(_settings);
        far.Place([.. Enumerable.Range(1, 8).Select(node => new NodePlace(node, -0.09 + (node * 0.1), 34.77, 5000))]);
        Feed(far, node => node == 3 ? 300 : 90);
        Assert.Empty(far.Search(Start + (6 * Hour)));

        var few = new NeighbourSearch(_settings);
        few.Place([.. Enumerable.Range(1, 3).Select(node => new NodePlace(node, -0.09, 34.77, 5000))]);
        Feed(few, node => node == 3 ? 300 : 90);
        Assert.Empty(few.Search(Start + (6 * Hour)));

        var full = new NeighbourSearch(_settings);
        full.Place([.. Enumerable.Range(1, 8).Select(node => new NodePlace(node, -0.09, 34.77, 5000))]);
        Feed(full, node => node == 3 ? 300 : 20, permille: 980);
        Assert.Empty(full.Search(Start + (6 * Hour)));

        var dusty = new NeighbourSearch(_settings);
        dusty.Place([.. Enumerable.Range(1, 8).Select(node => new NodePlace(node, -0.09, 34.77, 5000))]);
        Feed(dusty, node => node == 3 ? 300 : 150);
        Assert.Empty(dusty.Search(Start + (6 * Hour)));
    }

    private static void Feed(NeighbourSearch search, Func<int, int> harvested, int permille = 700)
    {
        search.Begin(Start);
        for (int hour = 0; hour < 3; hour++)
        {
            for (int node = 1; node <= 8; node++)
            {
                search.Add(node, Make(hour, _ => (harvested(node), 5, permille, 3280)));
            }
        }
    }

    private static Batch Readings(int node, int hour)
    {
        var random = new Random((node * 7919) + hour);
        return Make(hour, _ => (random.Next(300), random.Next(100), random.Next(300, 900), random.Next(3100, 3400)));
    }

    private static Batch Make(int hour, Func<int, (int Harvested, int Delivered, int Permille, int Millivolts)> figures)
    {
        Batch batch = Batch.Create(NodeId.FromKeyHash(new byte[32]), new byte[8], new byte[32], new Counters(0, 0, 0), [.. Enumerable.Range(0, 12).Select(i =>
        {
            (int harvested, int delivered, int permille, int millivolts) = figures(i);
            return new Reading { Seconds = 300, HarvestedMilliwattHours = harvested, DeliveredMilliwattHours = delivered, BatteryPermille = permille, BatteryMillivolts = millivolts };
        })]);
        batch.OpenedUnixSeconds = Start + (hour * Hour);
        batch.Clock = ClockState.Fresh;
        return batch;
    }
}
