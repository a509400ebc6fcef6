namespace DePin.Node.Metering
{
    /// <summary>
    /// One INA219 (Texas Instruments SBOS448): bus and shunt voltage read as registers, power worked out here in integers, so
    /// that nothing depends on the chip's calibration register, which a dip of its supply clears. The chip's configuration is
    /// looked at every minute and after every fault, and written again where it is not ours.
    /// </summary>
    public sealed class Ina219
    {
        /// <summary>Configuration: 32 V, shunt +-320 mV, both averaged over 128 samples (68 ms each), continuously.</summary>
        public const int Configuration = 0x3FFF;

        /// <summary>Configuration after power-on: 32 V, +-320 mV, single samples, continuously.</summary>
        public const int PowerOnConfiguration = 0x399F;

        /// <summary>Register of the configuration.</summary>
        public const int ConfigurationRegister = 0;

        /// <summary>Register of the shunt voltage: signed, 10 microvolts a count.</summary>
        public const int ShuntRegister = 1;

        /// <summary>Register of the bus voltage: counts of 4 mV from bit 3 on; bit 0 says that the chip's own reckoning overflowed.</summary>
        public const int BusRegister = 2;

        /// <summary>A count of the bus voltage.</summary>
        public const int MillivoltsPerCount = 4;

        // 320 mV and 32 V: at the rail the true value is unknown.
        private const int ShuntRail = 32000;
        private const int BusRail = 8000;
        private const int SamplesBetweenLooks = 60;

        // An honest supply is never the same to the last count of both voltages for half an hour.
        private const int StuckSamples = 1800;

        private readonly II2cBus _bus;
        private readonly MeterChannel _channel;
        private int _untilLook;
        private int _lastBus = -1;
        private int _lastShunt;
        private int _same;

        /// <param name="bus">Where the chip is.</param>
        /// <param name="channel">Address, shunt and correction.</param>
        public Ina219(II2cBus bus, MeterChannel channel)
        {
            _bus = bus;
            _channel = channel;
        }

        /// <summary>Power of the last measurement; 0 where it failed or flowed the other way.</summary>
        public int Microwatts { get; private set; }

        /// <summary>Voltage behind the shunt at the last measurement; 0 where it failed.</summary>
        public int Millivolts { get; private set; }

        /// <summary>Current of the last measurement, below zero where it flows back; 0 where it failed.</summary>
        public int Microamps { get; private set; }

        /// <summary>Measures; false where the chip did not answer, stood at a rail, or is stuck.</summary>
        public bool Measure()
        {
            Microwatts = 0;
            Millivolts = 0;
            Microamps = 0;
            if (!IsConfigured())
            {
                return false;
            }

            int busRegister = _bus.Read(_channel.Address, BusRegister);
            int shuntRegister = _bus.Read(_channel.Address, ShuntRegister);
            if (busRegister < 0 || shuntRegister < 0)
            {
                _untilLook = 0;
                return false;
            }

            int bus = busRegister >> 3;
            int shunt = (short)shuntRegister;
            if (bus >= BusRail || shunt >= ShuntRail || shunt <= -ShuntRail)
            {
                return false;
            }

            Millivolts = bus * MillivoltsPerCount;
            Microwatts = Power(bus, shunt, _channel);
            Microamps = (int)((long)shunt * 10000000 / _channel.ShuntMicroohms * _channel.GainPartsPerMillion / 1000000);
            return !IsStuck(bus, shunt);
        }

        /// <summary>Power in microwatts from the counts of the two registers, rounded down; 0 for a current that flows back.</summary>
        public static int Power(int bus, int shunt, MeterChannel channel)
        {
            if (shunt <= 0)
            {
                return 0;
            }

            // mV x (10 uV x count) / microohm, in microwatts.
            long microwatts = (long)bus * MillivoltsPerCount * shunt * 10000 / channel.ShuntMicroohms;
            microwatts = microwatts * channel.GainPartsPerMillion / 1000000;
            return microwatts > int.MaxValue ? int.MaxValue : (int)microwatts;
        }

        private bool IsConfigured()
        {
            if (_untilLook > 0)
            {
                _untilLook--;
                return true;
            }

            int configuration = _bus.Read(_channel.Address, ConfigurationRegister);
            if (configuration < 0)
            {
                return false;
            }

            _untilLook = SamplesBetweenLooks - 1;
            if (configuration == Configuration)
            {
                return true;
            }

            // As after power-on it measures in the same units, only less quietly; anything else is nobody's choice.
            bool isWritten = _bus.Write(_channel.Address, ConfigurationRegister, Configuration);
            _untilLook = isWritten ? _untilLook : 0;
            return isWritten && configuration == PowerOnConfiguration;
        }

        private bool IsStuck(int bus, int shunt)
        {
            bool isSame = bus == _lastBus && shunt == _lastShunt && shunt != 0;
            _same = isSame ? _same + 1 : 0;
            _lastBus = bus;
            _lastShunt = shunt;
            return _same >= StuckSamples;
        }
    }
}
