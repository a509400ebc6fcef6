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
        /// <param name="gains">Corrections from the bench for panel, output and grid meter; the profile's where null.</param>
        public DeviceSensors(II2cBus bus, int[]? gains)
        {
            Panel = new MeterChannel(BoardProfile.PanelMeterAddress, BoardProfile.PanelShuntMicroohms, gains == null ? BoardProfile.PanelGainPartsPerMillion : gains[0]);
            Load = new MeterChannel(BoardProfile.LoadMeterAddress, BoardProfile.LoadShuntMicroohms, gains == null ? BoardProfile.LoadGainPartsPerMillion : gains[1]);
            MeterChannel grid = new MeterChannel(BoardProfile.GridMeterAddress, BoardProfile.GridShuntMicroohms, gains == null ? BoardProfile.GridGainPartsPerMillion : gains[2]);
            Grid = grid.Address == 0 ? null : grid;
            _powers = new PowerSensors(bus, Panel, Load, Grid, new Switches(this));
        }

        /// <summary>The panel's meter.</summary>
        public MeterChannel Panel { get; }

        /// <summary>The output's meter.</summary>
        public MeterChannel Load { get; }

        /// <summary>The grid input's meter, where there is one.</summary>
        public MeterChannel? Grid { get; }

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
