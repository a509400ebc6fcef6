using DePin.Contracts.Cbor;

namespace DePin.Contracts.Metering
{
    /// <summary>Lifetime energy counters in milliwatt-hours. They never fall.</summary>
    public sealed class Counters
    {
        /// <param name="harvested">mWh from the panel.</param>
        /// <param name="delivered">mWh to the user.</param>
        /// <param name="imported">mWh from a grid input, metered apart.</param>
        public Counters(long harvested, long delivered, long imported)
        {
            HarvestedMilliwattHours = harvested;
            DeliveredMilliwattHours = delivered;
            ImportedMilliwattHours = imported;
        }

        /// <summary>Energy from the panel, mWh.</summary>
        public long HarvestedMilliwattHours { get; }

        /// <summary>Energy to the user, mWh.</summary>
        public long DeliveredMilliwattHours { get; }

        /// <summary>Energy from a grid input, mWh.</summary>
        public long ImportedMilliwattHours { get; }

        /// <summary>The counters after one more reading.</summary>
        public Counters Plus(Reading reading)
        {
            return new Counters(
                HarvestedMilliwattHours + reading.HarvestedMilliwattHours,
                DeliveredMilliwattHours + reading.DeliveredMilliwattHours,
                ImportedMilliwattHours + reading.ImportedMilliwattHours);
        }

        /// <summary>The sums of both.</summary>
        public Counters Plus(Counters other)
        {
            return new Counters(
                HarvestedMilliwattHours + other.HarvestedMilliwattHours,
                DeliveredMilliwattHours + other.DeliveredMilliwattHours,
                ImportedMilliwattHours + other.ImportedMilliwattHours);
        }

        /// <summary>Whether all three are equal.</summary>
        public bool IsSameAs(Counters other)
        {
            return HarvestedMilliwattHours == other.HarvestedMilliwattHours
                && DeliveredMilliwattHours == other.DeliveredMilliwattHours
                && ImportedMilliwattHours == other.ImportedMilliwattHours;
        }

        internal static Counters Read(CborReader reader)
        {
            reader.ReadArray(3, 3);
            long harvested = reader.ReadUInt(0, MeteringLimits.CounterMax);
            long delivered = reader.ReadUInt(0, MeteringLimits.CounterMax);
            long imported = reader.ReadUInt(0, MeteringLimits.CounterMax);
            return new Counters(harvested, delivered, imported);
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(3);
            writer.WriteUInt(HarvestedMilliwattHours);
            writer.WriteUInt(DeliveredMilliwattHours);
            writer.WriteUInt(ImportedMilliwattHours);
        }
    }
}
