using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Tools.Bench;

/// <summary>
/// What a lamp near the equator could have measured: sun from 9 to 15 h, light from 18 to 23 h, a battery that follows. Honest
/// figures, so that the backend verifies and credits them as it would a real lamp's.
/// </summary>
internal sealed class LampHistory
{
    public const string ProfileName = "lamp-small";
    public const double Latitude = 0.5;
    public const double Longitude = 9.5;

    /// <summary>Readings of 5 minutes in a batch.</summary>
    public const int ReadingsPerBatch = 12;

    private const int ProfileNumber = 1;
    private const int SlotSeconds = 300;
    private const int BatchSeconds = ReadingsPerBatch * SlotSeconds;
    private const int SecondsPerDay = 86_400;
    private const int BatteryMilliwattHours = 19_200;

    private readonly NodeId _node;
    private readonly int _noise;
    private readonly long _began;
    private readonly byte[] _firmware = [0xBE, 0x9C, 0, 0, 0, 0, 0, 1];
    private long _opened;
    private long _sequence = 1;
    private byte[] _previous = new byte[Batch.HashSize];
    private Counters _counters = new(0, 0, 0);
    private int _charge = BatteryMilliwattHours / 2;

    public LampHistory(NodeId node, int index, long fromUnixSeconds)
    {
        _node = node;
        _noise = index;
        _began = _opened = fromUnixSeconds;
    }

    /// <summary>A morning early enough that so many batches, an hour each, end a good while before a moment.</summary>
    public static long MorningBefore(long unixSeconds, int batches)
    {
        const int Morning = 6 * 3600;
        long latest = unixSeconds - (long)batches * BatchSeconds - SecondsPerDay;
        return latest / SecondsPerDay * SecondsPerDay + Morning;
    }

    /// <summary>The next hour. Tell <see cref="Follow"/> its payload's hash before the one after.</summary>
    public Batch Next()
    {
        var readings = new Reading[ReadingsPerBatch];
        for (int i = 0; i < readings.Length; i++)
        {
            readings[i] = Measure(_opened + (long)i * SlotSeconds);
        }

        Batch batch = Batch.Create(_node, _firmware, _previous, _counters, readings);
        batch.Boot = 1;
        batch.Sequence = _sequence;
        batch.OpenedUnixSeconds = _opened;
        batch.UptimeSeconds = _opened - _began;
        batch.Clock = ClockState.Fresh;
        batch.Profile = ProfileNumber;
        return batch;
    }

    /// <summary>The chain goes on behind this batch.</summary>
    public void Follow(Batch batch, byte[] payloadHash)
    {
        _previous = payloadHash;
        _counters = batch.Closing();
        _sequence = batch.NextSequence;
        _opened += BatchSeconds;
    }

    private Reading Measure(long unixSeconds)
    {
        int hour = (int)(unixSeconds % SecondsPerDay / 3600);
        int noise = (int)((unixSeconds / SlotSeconds * 7919 + _noise * 104_729L) % 20);
        int harvested = hour is >= 9 and < 15 ? 150 + noise : 0;
        int delivered = hour is >= 18 and < 23 ? 135 + noise : 0;
        _charge = Math.Clamp(_charge + harvested * 95 / 100 - delivered, BatteryMilliwattHours / 5, BatteryMilliwattHours);
        int permille = (int)(_charge * 1000L / BatteryMilliwattHours);
        return new Reading
        {
            Seconds = SlotSeconds,
            HarvestedMilliwattHours = harvested,
            DeliveredMilliwattHours = delivered,
            BatteryPermille = permille,
            BatteryMillivolts = 3000 + permille / 3,
            Celsius = 24 + hour / 4,
        };
    }
}
