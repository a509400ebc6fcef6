using DePin.Contracts.Metering;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Care;

/// <summary>
/// Tells what a battery still holds: the energy that went out while nothing came in, over the charge that it cost. Only readings under
/// a good load count, since what the board itself uses passes no meter and would make every battery look small.
/// </summary>
internal sealed class BatteryCapacity
{
    // Half a charge, so that a level read from the voltage, which is only good to some percent, does not decide.
    private const int FallPermille = 500;

    // Where makers call a cell worn out (80 %), plus what level and meters may be off by.
    private const int LeastPermille = 600;

    private const int LeastLoadPermille = 300;
    private const int SecondsPerHour = 3600;

    private readonly Dictionary<int, (int FallenPermille, long MilliwattHours)> _nodes = [];

    /// <summary>Takes a batch; a sentence where the battery was seen to hold too little.</summary>
    /// <param name="node">Row of the node.</param>
    /// <param name="profile">Its ratings.</param>
    /// <param name="batch">What it measured.</param>
    public string? Add(int node, Profile profile, Batch batch)
    {
        (int fallen, long given) = _nodes.GetValueOrDefault(node);
        for (int i = 1; i < batch.Readings.Length; i++)
        {
            Reading reading = batch.Readings[i];
            long delivered = Math.Min(reading.DeliveredMilliwattHours, profile.BatteryMilliwattHours);
            bool isCharged = reading.HarvestedMilliwattHours > 0 || reading.ImportedMilliwattHours > 0;
            bool isLoaded = delivered * SecondsPerHour * 1000 >= profile.OutputMilliwatts * reading.Seconds * LeastLoadPermille;
            if (!isCharged && isLoaded && (reading.Flags & ReadingFlags.SensorFault) == 0)
            {
                fallen += batch.Readings[i - 1].BatteryPermille - reading.BatteryPermille;
                given += delivered;
            }
        }

        if (fallen < FallPermille)
        {
            _nodes[node] = (Math.Max(fallen, -FallPermille), given);
            return null;
        }

        _nodes.Remove(node);
        long held = given * 1000 / fallen;
        return held * 1000 < profile.BatteryMilliwattHours * LeastPermille
            ? $"{given / 1000.0:0.0} Wh took {fallen / 10} % of its charge: it holds {held / 1000.0:0.0} Wh of the {profile.BatteryMilliwattHours / 1000.0:0.0} Wh it was built with"
            : null;
    }
}
