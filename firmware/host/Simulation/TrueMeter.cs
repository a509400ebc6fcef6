using System.Runtime.InteropServices;
using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Host.Simulation;

/// <summary>
/// What a simulated node truly did, kept beside the node core and without its code, so that what the backend credits can be
/// checked against something that neither of the two computed. Slots follow the same agreement as readings: they are cut at
/// whole multiples of the slot's length since boot, energy is the trapezoid between samples one second apart, and whole
/// milliwatt-hours are the differences of the rounded-down totals over the node's life. A node whose clock jumps cuts its
/// readings elsewhere; then only the sums agree.
/// </summary>
public sealed class TrueMeter
{
    /// <summary>Slots kept; the oldest are dropped beyond it (69 days of 5 minutes).</summary>
    public const int KeptSlots = 20_000;

    // Sums of two samples: one half microjoule each.
    private const long HalfMicrojoulesPerMilliwattHour = 7_200_000;

    private readonly Queue<TrueSlot> _slots = new();
    private readonly int _slotSeconds;
    private long _boot;
    private long _uptimeSeconds;
    private long _slotOpenedUnixSeconds;
    private TrueTotals _before;
    private TrueTotals _total;
    private TrueTotals _totalAtOpening;
    private int _flags;

    /// <summary>A meter that goes on from earlier totals.</summary>
    /// <param name="slotSeconds">Length of a slot.</param>
    /// <param name="totals">What <see cref="Totals"/> was when an earlier process kept it; null at first.</param>
    public TrueMeter(int slotSeconds, TrueTotals? totals = null)
    {
        _slotSeconds = slotSeconds;
        _totalAtOpening = totals ?? new TrueTotals(0, 0, 0);
    }

    /// <summary>Energy over the node's life up to the last closed slot.</summary>
    public TrueTotals Totals => _totalAtOpening;

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
        _total = _totalAtOpening;
        _before = new TrueTotals(first.HarvestedMicrowatts, first.DeliveredMicrowatts, first.ImportedMicrowatts);
        _flags = first.Flags;
    }

    /// <summary>One more second, with the sample at its end.</summary>
    public void Take(Sample sample)
    {
        var now = new TrueTotals(sample.HarvestedMicrowatts, sample.DeliveredMicrowatts, sample.ImportedMicrowatts);
        _total = new TrueTotals(
            _total.Harvested + _before.Harvested + now.Harvested,
            _total.Delivered + _before.Delivered + now.Delivered,
            _total.Imported + _before.Imported + now.Imported);
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

        // The sample on the border belongs to both slots, as it does in the trapezoid.
        _flags = last.Flags;
    }

    private static long Whole(long halfMicrojoules) => halfMicrojoules / HalfMicrojoulesPerMilliwattHour;
}

/// <summary>Energy over a node's life in half microjoules, as the trapezoid of whole microwatts and seconds adds up without rounding.</summary>
/// <param name="Harvested">From the panel.</param>
/// <param name="Delivered">To the user.</param>
/// <param name="Imported">From the grid.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TrueTotals(long Harvested, long Delivered, long Imported);

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
