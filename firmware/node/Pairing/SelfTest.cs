using DePin.Contracts.Flashing;
using DePin.Node.Metering;

namespace DePin.Node.Pairing
{
    /// <summary>Measures with the output off, then on, in steps: the chips average over 68 ms, so each state is given time to settle.</summary>
    public sealed class SelfTest
    {
        private const int SettleMilliseconds = 300;
        private readonly IBoard _board;
        private readonly II2cBus _bus;
        private readonly MeterChannel?[] _channels;
        private BoardSelfTest? _result;
        private long _startedAt;
        private bool _isOn;

        /// <param name="board">Switches the output.</param>
        /// <param name="bus">Where the chips are.</param>
        /// <param name="panel">Chip of the panel.</param>
        /// <param name="load">Chip of the output.</param>
        /// <param name="grid">Chip of the grid input, where there is one.</param>
        public SelfTest(IBoard board, II2cBus bus, MeterChannel panel, MeterChannel load, MeterChannel? grid)
        {
            _board = board;
            _bus = bus;
            _channels = new MeterChannel?[] { Raw(panel), Raw(load), grid == null ? null : Raw(grid) };
        }

        /// <summary>Begins, on a clock of milliseconds.</summary>
        public void Start(long milliseconds)
        {
            _board.SwitchOutput(false);
            _isOn = false;
            _startedAt = milliseconds;
        }

        /// <summary>Does what is due; the result when it is there, else null.</summary>
        public BoardSelfTest? Step(long milliseconds)
        {
            if (milliseconds - _startedAt < SettleMilliseconds)
            {
                return null;
            }

            if (!_isOn)
            {
                MeterTest idle = Measure(MeterTest.Output);
                _result = new BoardSelfTest();
                _result.IdleMicroamps = idle.Microamps;
                _result.BatteryMillivolts = idle.Millivolts;
                _board.SwitchOutput(true);
                _isOn = true;
                _startedAt = milliseconds;
                return null;
            }

            int meters = _channels[MeterTest.Grid] == null ? 2 : 3;
            _result!.Meters = new MeterTest[meters];
            for (int i = 0; i < meters; i++)
            {
                _result.Meters[i] = Measure(i);
            }

            _board.SwitchOutput(false);
            return _result;
        }

        private MeterTest Measure(int meter)
        {
            // A chip object of its own: what the meter remembers of its chip is not touched.
            Ina219 chip = new Ina219(_bus, _channels[meter]!);
            MeterTest test = new MeterTest();
            test.Meter = meter;
            test.IsWell = chip.Measure() || chip.Measure();
            test.Millivolts = chip.Millivolts;
            test.Microamps = chip.Microamps;
            return test;
        }

        // The bench wants what the chip says; the correction is what comes out of it.
        private static MeterChannel Raw(MeterChannel channel)
        {
            return new MeterChannel(channel.Address, channel.ShuntMicroohms, FlashRequest.NoCorrection);
        }
    }
}
