namespace DePin.Node.Metering
{
    /// <summary>The node's measuring hardware. A fault is a flag in the sample, never an exception.</summary>
    public interface ISensors
    {
        /// <summary>Measures now and fills every field of <paramref name="sample"/>.</summary>
        void Sample(Sample sample);
    }

    /// <summary>One look at all sensors; the object is used again for the next.</summary>
    public sealed class Sample
    {
        /// <summary>Power from the panel, uW.</summary>
        public int HarvestedMicrowatts;

        /// <summary>Power to the user, uW.</summary>
        public int DeliveredMicrowatts;

        /// <summary>Power from a grid input, uW.</summary>
        public int ImportedMicrowatts;

        /// <summary>Battery charge, 0 to 1000.</summary>
        public int BatteryPermille;

        /// <summary>Battery voltage, mV.</summary>
        public int BatteryMillivolts;

        /// <summary>Temperature, degrees Celsius.</summary>
        public int Celsius;

        /// <summary>Bits of <see cref="DePin.Contracts.Metering.ReadingFlags"/> that are true now.</summary>
        public int Flags;

        /// <summary>Whether this node serves Wi-Fi and the three counters below mean something.</summary>
        public bool HasService;

        /// <summary>Client sessions since boot.</summary>
        public long Sessions;

        /// <summary>KiB sent to clients since boot.</summary>
        public long KibDown;

        /// <summary>KiB received from clients since boot.</summary>
        public long KibUp;
    }
}
