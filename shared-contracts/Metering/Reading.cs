using DePin.Contracts.Cbor;

namespace DePin.Contracts.Metering
{
    /// <summary>What a node measured in one slot (5 minutes unless configured otherwise).</summary>
    public sealed class Reading
    {
        /// <summary>Seconds the reading covers, 1 to 3600.</summary>
        public int Seconds { get; set; }

        /// <summary>Energy from the panel, mWh.</summary>
        public long HarvestedMilliwattHours { get; set; }

        /// <summary>Energy to the user, mWh.</summary>
        public long DeliveredMilliwattHours { get; set; }

        /// <summary>Energy from a grid input, mWh.</summary>
        public long ImportedMilliwattHours { get; set; }

        /// <summary>Battery charge when the reading closed, 0 to 1000.</summary>
        public int BatteryPermille { get; set; }

        /// <summary>Battery voltage when the reading closed, mV, 0 to 100,000.</summary>
        public int BatteryMillivolts { get; set; }

        /// <summary>Temperature when the reading closed, degrees Celsius, -100 to 150.</summary>
        public int Celsius { get; set; }

        /// <summary>Bits of <see cref="ReadingFlags"/>.</summary>
        public int Flags { get; set; }

        /// <summary>Wi-Fi service, only from nodes that serve any.</summary>
        public ServiceCounts? Service { get; set; }

        internal static Reading Read(CborReader reader)
        {
            Reading reading = new Reading();
            int items = reader.ReadArray(8, 9);
            reading.Seconds = (int)reader.ReadUInt(1, MeteringLimits.ReadingSeconds);
            reading.HarvestedMilliwattHours = reader.ReadUInt(0, MeteringLimits.CounterMax);
            reading.DeliveredMilliwattHours = reader.ReadUInt(0, MeteringLimits.CounterMax);
            reading.ImportedMilliwattHours = reader.ReadUInt(0, MeteringLimits.CounterMax);
            reading.BatteryPermille = (int)reader.ReadUInt(0, 1000);
            reading.BatteryMillivolts = (int)reader.ReadUInt(0, 100000);
            reading.Celsius = (int)reader.ReadInt(-100, 150);
            reading.Flags = (int)reader.ReadUInt(0, ReadingFlags.All);
            if (items == 9)
            {
                reader.ReadArray(3, 3);
                long sessions = reader.ReadUInt(0, uint.MaxValue);
                long kibDown = reader.ReadUInt(0, uint.MaxValue);
                long kibUp = reader.ReadUInt(0, uint.MaxValue);
                reading.Service = new ServiceCounts(sessions, kibDown, kibUp);
            }

            return reading;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(Service == null ? 8 : 9);
            writer.WriteUInt(Seconds);
            writer.WriteUInt(HarvestedMilliwattHours);
            writer.WriteUInt(DeliveredMilliwattHours);
            writer.WriteUInt(ImportedMilliwattHours);
            writer.WriteUInt(BatteryPermille);
            writer.WriteUInt(BatteryMillivolts);
            writer.WriteInt(Celsius);
            writer.WriteUInt(Flags);
            if (Service != null)
            {
                writer.WriteArray(3);
                writer.WriteUInt(Service.Sessions);
                writer.WriteUInt(Service.KibDown);
                writer.WriteUInt(Service.KibUp);
            }
        }
    }
}
