using DePin.Contracts.Metering;

namespace DePin.Node.Metering
{
    /// <summary>
    /// Samples once a second, integrates by the trapezoid rule, and closes a reading at every multiple of the slot's length.
    /// A late call is bridged up to <see cref="Limits.BridgedMilliseconds"/>; beyond that the energy of the pause is unknown,
    /// so none is counted and the reading carries the sensor-fault flag.
    /// </summary>
    public sealed class Meter
    {
        // In a microjoule.
        private const int HalfNanojoules = 2000;

        private readonly ISensors _sensors;
        private readonly NodeCounts _counts;
        private Sample _last = new Sample();
        private Sample _current = new Sample();
        private long _sampledAt = -1;
        private long _openedAt;
        private Counters _atOpening;
        private int _flags;
        private long _sessions;
        private long _kibDown;
        private long _kibUp;
        private long _halfHarvested;
        private long _halfDelivered;
        private long _halfImported;

        /// <param name="sensors">Measuring hardware.</param>
        /// <param name="totals">Energy over the node's life so far; copied.</param>
        /// <param name="counts">Where pauses are counted.</param>
        public Meter(ISensors sensors, EnergyTotals totals, NodeCounts counts)
        {
            _sensors = sensors;
            _counts = counts;
            Totals = totals.Copy();
            _atOpening = totals.ToCounters();
        }

        /// <summary>Energy over the node's life.</summary>
        public EnergyTotals Totals { get; }

        /// <summary>The newest sample.</summary>
        public Sample Last { get { return _last; } }

        /// <summary>Lifetime counters when the open reading opened, mWh.</summary>
        public Counters OpeningCounters { get { return _atOpening; } }

        /// <summary>Uptime when the open reading opened, ms.</summary>
        public long OpenedAtMilliseconds { get { return _openedAt; } }

        /// <summary>Whether a sample is due.</summary>
        public bool IsDue(long uptimeMilliseconds)
        {
            return _sampledAt < 0 || uptimeMilliseconds - _sampledAt >= Limits.SampleMilliseconds;
        }

        /// <summary>Takes a sample and adds the energy since the one before.</summary>
        public void Sample(long uptimeMilliseconds)
        {
            Sample before = _last;
            Sample now = _current;
            _sensors.Sample(now);
            if (_sampledAt < 0)
            {
                _openedAt = uptimeMilliseconds;
                RememberService(now);
            }
            else
            {
                Integrate(before, now, uptimeMilliseconds - _sampledAt);
            }

            _flags |= now.Flags & ReadingFlags.All;
            _sampledAt = uptimeMilliseconds;
            _last = now;
            _current = before;
        }

        /// <summary>Whether the open reading has reached the end of its slot.</summary>
        public bool IsSlotOver(int slotSeconds)
        {
            long slot = slotSeconds * 1000L;
            return _sampledAt >= 0 && _sampledAt >= (_openedAt / slot + 1) * slot;
        }

        /// <summary>Adds a flag to the open reading.</summary>
        public void Flag(int flag)
        {
            _flags |= flag;
        }

        /// <summary>Closes the open reading at the last sample and opens the next; null when it is shorter than a second.</summary>
        public Reading? Close()
        {
            long seconds = _sampledAt < 0 ? 0 : (_sampledAt - _openedAt) / 1000;
            if (seconds < 1)
            {
                return null;
            }

            // A pause longer than a reading can last is told in several readings; the last one takes what is left.
            bool isPartOfPause = seconds > MeteringLimits.ReadingSeconds;
            seconds = isPartOfPause ? MeteringLimits.ReadingSeconds : seconds;
            Counters closing = Totals.ToCounters();
            Reading reading = new Reading();
            reading.Seconds = (int)seconds;
            reading.HarvestedMilliwattHours = closing.HarvestedMilliwattHours - _atOpening.HarvestedMilliwattHours;
            reading.DeliveredMilliwattHours = closing.DeliveredMilliwattHours - _atOpening.DeliveredMilliwattHours;
            reading.ImportedMilliwattHours = closing.ImportedMilliwattHours - _atOpening.ImportedMilliwattHours;
            reading.BatteryPermille = Between(_last.BatteryPermille, 0, 1000);
            reading.BatteryMillivolts = Between(_last.BatteryMillivolts, 0, 100000);
            reading.Celsius = Between(_last.Celsius, -100, 150);
            reading.Flags = _flags;
            if (_last.HasService)
            {
                reading.Service = new ServiceCounts(Rise(_last.Sessions, _sessions), Rise(_last.KibDown, _kibDown), Rise(_last.KibUp, _kibUp));
                RememberService(_last);
            }

            _openedAt += seconds * 1000;
            _atOpening = closing;
            _flags = isPartOfPause ? _flags : _last.Flags & ReadingFlags.All;
            return reading;
        }

        /// <summary>Adds what a receipt knows and this node lost; the open reading is not changed by it.</summary>
        public void Lift(Counters lost)
        {
            Totals.Lift(lost);
            _atOpening = _atOpening.Plus(lost);
        }

        private void Integrate(Sample before, Sample now, long milliseconds)
        {
            if (milliseconds > Limits.BridgedMilliseconds)
            {
                _counts.Pauses++;
                _flags |= ReadingFlags.SensorFault;
                return;
            }

            // Twice the trapezoid's area in nanojoules; what is below a microjoule is carried to the next second.
            _halfHarvested += ((long)before.HarvestedMicrowatts + now.HarvestedMicrowatts) * milliseconds;
            _halfDelivered += ((long)before.DeliveredMicrowatts + now.DeliveredMicrowatts) * milliseconds;
            _halfImported += ((long)before.ImportedMicrowatts + now.ImportedMicrowatts) * milliseconds;
            Totals.Add(_halfHarvested / HalfNanojoules, _halfDelivered / HalfNanojoules, _halfImported / HalfNanojoules);
            _halfHarvested %= HalfNanojoules;
            _halfDelivered %= HalfNanojoules;
            _halfImported %= HalfNanojoules;
        }

        private void RememberService(Sample sample)
        {
            _sessions = sample.Sessions;
            _kibDown = sample.KibDown;
            _kibUp = sample.KibUp;
        }

        private static long Rise(long now, long before)
        {
            return now <= before ? 0 : now - before > uint.MaxValue ? uint.MaxValue : now - before;
        }

        private static int Between(int value, int min, int max)
        {
            return value < min ? min : value > max ? max : value;
        }
    }
}
