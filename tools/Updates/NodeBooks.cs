using System.Text.Json.Nodes;
using DePin.Contracts.Metering;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Crash;

namespace DePin.Tools.Updates;

/// <summary>
/// What one node signed, held against what the backend made of it: the chain from its bytes, and for every batch the energy that can earn, worked out
/// here from the readings by the written rule. Read again, it goes on where it stood.
/// </summary>
internal sealed class NodeBooks(VirtualNode node)
{
    private const long SecondsPerHour = 3600;

    // What TrueMeter counts in: the sum of two samples a second apart.
    private const long HalfMicrojoulesPerMilliwattHour = 7_200_000;

    // The rule's floor: 20 mW, or 0.5 % of the output's rating.
    private readonly long _floorMilliwatts = Math.Max(20, Profile.Named(node.Registration.Profile).OutputMilliwatts * 5L / 1000);
    private readonly List<Stored> _stored = [];
    private long _poolMilliwattHours;

    /// <summary>The chain.</summary>
    public StoredChain Chain { get; } = new(node.Registration.NodeId);

    /// <summary>Energy delivered as signed, mWh.</summary>
    public long SignedMilliwattHours { get; private set; }

    /// <summary>Energy delivered as the simulated hardware knows it, mWh.</summary>
    public long TrueMilliwattHours => node.Device.Meter.Totals.Delivered / HalfMicrojoulesPerMilliwattHour;

    /// <summary>Energy that earned, as the backend says, mWh.</summary>
    public long CreditedMilliwattHours { get; private set; }

    /// <summary>The first batch whose credit is not what follows from its readings, in words; null while there is none.</summary>
    public string? Wrong { get; private set; }

    /// <summary>Reads the batches that came since the last time, and every verdict, since what was held may have been decided.</summary>
    public async Task ReadAsync(FleetApi api, CancellationToken cancellationToken)
    {
        await Chain.ReadAsync(api, Take, cancellationToken);
        (CreditedMilliwattHours, Wrong) = (0, null);
        int judged = 0;
        await foreach (JsonNode row in api.ItemsAsync($"api/nodes/{Chain.NodeId}/verdicts", cancellationToken))
        {
            // What came while this was read is compared the next time.
            if (judged < _stored.Count)
            {
                Compare(row, _stored[judged++]);
            }
        }

        Wrong ??= judged < _stored.Count ? $"batch {_stored[judged].Hash} has no verdict" : null;
    }

    private void Take(string hash, Batch batch)
    {
        _stored.Add(new Stored(hash, batch.Sequence, [.. batch.Readings.Select(Creditable)]));
        SignedMilliwattHours += batch.Readings.Sum(reading => reading.DeliveredMilliwattHours);
    }

    private void Compare(JsonNode row, Stored stored)
    {
        HashSet<long> uncredited = [.. row["runs"]!.AsArray()
            .Where(run => !((string)run!["outcome"]!).Equals("credited", StringComparison.OrdinalIgnoreCase))
            .SelectMany(run => Enumerable.Range(0, (int)run!["count"]!).Select(i => (long)run["first"]! + i))];
        long creditable = stored.CreditableMilliwattHours.Where((_, i) => !uncredited.Contains(stored.Sequence + i)).Sum();
        long credited = (long)row["creditableMilliwattHours"]!;
        CreditedMilliwattHours += credited;
        Wrong ??= (string)row["payloadHash"]! != stored.Hash ? $"the verdict over {row["payloadHash"]} stands where batch {stored.Hash} is"
            : credited != creditable ? $"batch {stored.Hash} earned for {credited} mWh, and its readings give {creditable}"
            : null;
    }

    // Delivered, without what came from the grid, and nothing below the floor.
    private long Creditable(Reading reading)
    {
        long delivered = reading.DeliveredMilliwattHours;
        _poolMilliwattHours += reading.ImportedMilliwattHours;
        long drawn = Math.Min(_poolMilliwattHours, delivered);
        _poolMilliwattHours -= drawn;
        return delivered * SecondsPerHour < _floorMilliwatts * reading.Seconds ? 0 : delivered - drawn;
    }

    private sealed record Stored(string Hash, long Sequence, long[] CreditableMilliwattHours);
}
