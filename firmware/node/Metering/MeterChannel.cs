namespace DePin.Node.Metering
{
    /// <summary>Where one INA219 is and what it measures across; from the profile.</summary>
    public sealed class MeterChannel
    {
        /// <param name="address">I2C address, 0x40 to 0x4F.</param>
        /// <param name="shuntMicroohms">Resistance of the shunt.</param>
        /// <param name="gainPartsPerMillion">Correction found with a known load; 1,000,000 is none.</param>
        public MeterChannel(int address, int shuntMicroohms, int gainPartsPerMillion)
        {
            Address = address;
            ShuntMicroohms = shuntMicroohms;
            GainPartsPerMillion = gainPartsPerMillion;
        }

        /// <summary>I2C address.</summary>
        public int Address { get; }

        /// <summary>Resistance of the shunt.</summary>
        public int ShuntMicroohms { get; }

        /// <summary>Correction found with a known load.</summary>
        public int GainPartsPerMillion { get; }
    }
}
