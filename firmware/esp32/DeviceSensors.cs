using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Node.Esp32
{
    /// <summary>Everything a board measures: powers by the chips, charge from the battery's voltage, switches.</summary>
    public sealed class DeviceSensors : ISensors
    {
        // Below this the output is cut, and comes back above the other.
        private const int CutPermille = 20;
        private const int ReturnPermille = 80;
        private readonly PowerSensors _powers;
        private readonly int[] _millivolts = BoardProfile.ChargeMillivolts();
        private readonly int[] _permille = BoardProfile.ChargePermille();

        /// <param name="bus">Where the chips are.</param>
        public DeviceSensors(II2cBus bus)
        {
            MeterChannel panel = new MeterChannel(BoardProfile.PanelMeterAddress, BoardProfile.PanelShuntMicroohms, BoardProfile.PanelGainPartsPerMillion);
            MeterChannel load = new MeterChannel(BoardProfile.LoadMeterAddress, BoardProfile.LoadShuntMicroohms, BoardProfile.LoadGainPartsPerMillion);
            MeterChannel grid = new MeterChannel(BoardProfile.GridMeterAddress, BoardProfile.GridShuntMicroohms, BoardProfile.GridGainPartsPerMillion);
            _powers = new PowerSensors(bus, panel, load, grid.Address == 0 ? null : grid, new Switches(this));
        }

        /// <summary>Whether the case stands open; set by whoever reads the pin.</summary>
        public bool IsCaseOpen { get; set; }

        /// <summary>Power from the panel at the last sample.</summary>
        public int HarvestedMicrowatts { get; private set; }

        /// <summary>Whether the chips answered at the last sample.</summary>
        public bool AreWell { get; private set; }

        /// <summary>Whether the battery is too empty for the output.</summary>
        public bool IsCut { get; private set; }

        /// <inheritdoc />
        public void Sample(Sample sample)
        {
            _powers.Sample(sample);
            HarvestedMicrowatts = sample.HarvestedMicrowatts;
            AreWell = (sample.Flags & ReadingFlags.SensorFault) == 0;
            if (sample.BatteryMillivolts > 0)
            {
                sample.BatteryPermille = BatteryCharge.Permille(sample.BatteryMillivolts, _millivolts, _permille);
                IsCut = sample.BatteryPermille < (IsCut ? ReturnPermille : CutPermille);
            }

            sample.Flags |= IsCut ? ReadingFlags.BrownOut : 0;
        }

        // The temperature is not measured on this board and stands as 0.
        private sealed class Switches : ISensors
        {
            private readonly DeviceSensors _board;

            public Switches(DeviceSensors board)
            {
                _board = board;
            }

            public void Sample(Sample sample)
            {
                sample.BatteryPermille = 0;
                sample.BatteryMillivolts = 0;
                sample.Celsius = 0;
                sample.HasService = false;
                sample.Flags = _board.IsCaseOpen ? ReadingFlags.CaseOpened : 0;
            }
        }
    }
}
