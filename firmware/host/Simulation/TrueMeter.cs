using System.Runtime.InteropServices;
using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Host.Simulation;

/// <summary>
/// What a simulated node truly did, kept beside the node core and without its code, so that what the backend credits can be
/// checked against something that neither of the two computed. Slots follow the same agreement as readings: they are cut at
/// whole multiples of the slot's length since boot, energy is the trapezoid between samples one second apart, and whole
/// milliwatt-hours are the differences of the rounded-down totals of one boot.
/// </summary>
public sealed class TrueMeter
{
    /// <summary>Slots kept; the oldest are dropped beyond it (69 days of 5 minutes).</summary>
    public const int KeptSlots = 20_000;

    // Sums of two samples: one half millijoule each.
    private const long HalfMillijoulesPerMilliwattHour = 7200;

    private readonly Queue<TrueSlot> _slots = new();
    private readonly int _slotSeconds;
    private long _boot;
    private long _uptimeSeconds;
    private long _slotOpenedUnixSeconds;
    private Powers _before;
    private Powers _total;
    private Powers _totalAtOpening;
    private int _flags;

    /// <param name="slotSeconds">Length of a slot.</param>
    public TrueMeter(int slotSeconds)
    {
        _slotSeconds = slotSeconds;
    }

    /// <summary>The slots that are closed, oldest first, while nobody advances the node.</summary>
    public IReadOnlyCollection<TrueSlot> Slots => _slots;

    /// <summary>Slots that were dropped because there were too many.</summary>
    public long DroppedSlots { get; private set; }

    /// <summary>A boot begins; what was open is lost, as it is for the node.</summary>
    public void Boot(long unixSeconds, Sample first)
    {
        _boot++;
        _uptimeSeconds = 0;
        _slotOpenedUnixSeconds = unixSeconds;
        _total = _totalAtOpening = default;
        _before = new Powers(first.HarvestedMilliwatts, first.DeliveredMilliwatts, first.ImportedMilliwatts);
        _flags = first.Flags;
    }

    /// <summary>One more second, with the sample at its end.</summary>
    public void Take(Sample sample)
    {
        var now = new Powers(sample.HarvestedMilliwatts, sample.DeliveredMilliwatts, sample.ImportedMilliwatts);
        _total = _total.Plus(_before).Plus(now);
        _before = now;
        _flags |= sample.Flags;
        _uptimeSeconds++;
        if (_uptimeSeconds % _slotSeconds == 0)
        {
            Close(sample);
        }
    }

    /// <summary>An announced stop: the open slot closes early.</summary>
    public void Stop(Sample last)
    {
        if (_uptimeSeconds % _slotSeconds != 0)
        {
            Close(last);
        }
    }

    private void Close(Sample last)
    {
        long openedAfter = (_uptimeSeconds - 1) / _slotSeconds * _slotSeconds;
        int seconds = (int)(_uptimeSeconds - openedAfter);
        _slots.Enqueue(new TrueSlot(
            _boot,
            _slotOpenedUnixSeconds,
            seconds,
            Whole(_total.Harvested) - Whole(_totalAtOpening.Harvested),
            Whole(_total.Delivered) - Whole(_totalAtOpening.Delivered),
            Whole(_total.Imported) - Whole(_totalAtOpening.Imported),
            last.BatteryPermille,
            _flags & (ReadingFlags.CaseOpened | ReadingFlags.SensorFault | ReadingFlags.OutputLocked | ReadingFlags.BrownOut)));
        if (_slots.Count > KeptSlots)
        {
            _slots.Dequeue();
            DroppedSlots++;
        }

        _totalAtOpening = _total;
        _slotOpenedUnixSeconds += seconds;
        _flags = 0;
    }

    private static long Whole(long halfMillijoules) => halfMillijoules / HalfMillijoulesPerMilliwattHour;

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Powers(long Harvested, long Delivered, long Imported)
    {
        public Powers Plus(Powers other) => new(Harvested + other.Harvested, Delivered + other.Delivered, Imported + other.Imported);
    }
}

/// <summary>What truly happened in one slot.</summary>
/// <param name="Boot">Count of the node's boots in this process, from 1.</param>
/// <param name="OpenedUnixSeconds">When it opened.</param>
/// <param name="Seconds">How long it was.</param>
/// <param name="HarvestedMilliwattHours">From the panel.</param>
/// <param name="DeliveredMilliwattHours">To the user.</param>
/// <param name="ImportedMilliwattHours">From the grid.</param>
/// <param name="BatteryPermille">Charge at its end.</param>
/// <param name="Flags">All <see cref="ReadingFlags"/> that were raised by the device during it.</param>
public sealed record TrueSlot(
    long Boot,
    long OpenedUnixSeconds,
    int Seconds,
    long HarvestedMilliwattHours,
    long DeliveredMilliwattHours,
    long ImportedMilliwattHours,
    int BatteryPermille,
    int Flags);
