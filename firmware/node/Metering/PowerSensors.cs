using DePin.Contracts.Metering;

namespace DePin.Node.Metering
{
    /// <summary>
    /// The powers from INA219 chips, everything else from the board. A chip that fails gives no energy for that second and the
    /// flag of a sensor fault; it never stops the others.
    /// </summary>
    public sealed class PowerSensors : ISensors
    {
        private readonly ISensors _board;
        private readonly Ina219 _panel;
        private readonly Ina219 _load;
        private readonly Ina219? _grid;

        /// <param name="bus">Where the chips are.</param>
        /// <param name="panel">Chip of the panel.</param>
        /// <param name="load">Chip of the output; its voltage is the battery's.</param>
        /// <param name="grid">Chip of the grid input, where there is one.</param>
        /// <param name="board">Battery charge, temperature, switches and service; the powers it gives are not used.</param>
        public PowerSensors(II2cBus bus, MeterChannel panel, MeterChannel load, MeterChannel? grid, ISensors board)
        {
            _board = board;
            _panel = new Ina219(bus, panel);
            _load = new Ina219(bus, load);
            _grid = grid == null ? null : new Ina219(bus, grid);
        }

        /// <inheritdoc />
        public void Sample(Sample sample)
        {
            _board.Sample(sample);
            bool isWhole = _panel.Measure();
            isWhole &= _load.Measure();
            isWhole &= _grid == null || _grid.Measure();
            sample.HarvestedMicrowatts = _panel.Microwatts;
            sample.DeliveredMicrowatts = _load.Microwatts;
            sample.ImportedMicrowatts = _grid == null ? 0 : _grid.Microwatts;
            sample.BatteryMillivolts = _load.Millivolts > 0 ? _load.Millivolts : sample.BatteryMillivolts;
            sample.Flags |= isWhole ? 0 : ReadingFlags.SensorFault;
        }
    }
}
