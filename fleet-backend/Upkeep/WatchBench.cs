using System.Diagnostics;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// What comparing nodes with each other costs for an hour's batches, after 48 hours are in memory; a few copies and one node of a
/// greater sun are among them.
/// </summary>
internal static class WatchBench
{
    private const int Hours = 48;
    private const int ReadingsPerBatch = 12;
    private const long Start = 1_790_002_800;

    public static object Run(int nodes)
    {
        var settings = new VerificationSettings();
        var clones = new CloneSearch(7, settings);
        var neighbours = new NeighbourSearch(settings);
        neighbours.Place([.. Enumerable.Range(1, nodes).Select(node => new NodePlace(node, node / 40 * 0.02 % 60, node % 40 * 0.001 + node / 40 / 3000 * 2, 5000))]);
        var hourly = new List<double>();
        IReadOnlyList<ClonePair> copies = [];
        var greater = new HashSet<int>();
        for (int hour = 0; hour <= Hours; hour++)
        {
            Batch[] batches = [.. Enumerable.Range(1, nodes).Select(node => Batch(node, hour))];
            neighbours.Begin(Start + (hour * 3600L));
            long began = Stopwatch.GetTimestamp();
            for (int node = 1; node <= nodes; node++)
            {
                clones.Add(node, batches[node - 1]);
                neighbours.Add(node, batches[node - 1]);
            }

            long now = Start + ((hour + 1) * 3600L);
            copies = clones.Search(now);
            greater.UnionWith(neighbours.Search(now).Select(finding => finding.Node));
            hourly.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        long memory = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(neighbours);
        return new
        {
            nodes,
            secondsForAnHour = Math.Round(hourly[^1], 2),
            slowestSeconds = Math.Round(hourly.Max(), 2),
            readingsInMemory = clones.Readings,
            memoryMb = memory / 1024 / 1024,
            copiesPlanted = nodes / 1000,
            copiesFound = copies.Count,
            greaterPlanted = nodes >= 100 ? 1 : 0,
            greaterFound = greater.Count,
        };
    }

    // Every thousandth node is a copy of the one before; node 50 has three times the sun of its neighbours and more.
    private static Batch Batch(int node, int hour)
    {
        int original = node % 1000 == 0 ? node - 1 : node;
        var random = new Random((original * 1009) + hour);
        var readings = new Reading[ReadingsPerBatch];
        for (int i = 0; i < readings.Length; i++)
        {
            bool isDay = hour % 24 is >= 6 and < 18;
            int harvested = isDay ? node == 50 ? 380 : 60 + random.Next(40) : 0;
            readings[i] = new Reading
            {
                Seconds = 300,
                HarvestedMilliwattHours = harvested,
                DeliveredMilliwattHours = isDay ? random.Next(4) : 60 + random.Next(8),
                BatteryPermille = 400 + random.Next(500),
                BatteryMillivolts = 3200 + random.Next(100),
            };
        }

        Batch batch = Contracts.Metering.Batch.Create(NodeId.FromKeyHash(new byte[32]), new byte[8], new byte[32], new Counters(0, 0, 0), readings);
        batch.OpenedUnixSeconds = Start + (hour * 3600L);
        batch.Clock = ClockState.Fresh;
        return batch;
    }
}
