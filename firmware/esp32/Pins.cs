using System.Device.Gpio;
using System.Device.Pwm;
using nanoFramework.Hardware.Esp32;

namespace DePin.Node.Esp32
{
    /// <summary>The board's pins, by the profile.</summary>
    public sealed class Pins
    {
        private const int OutputHertz = 1000;
        private readonly GpioPin _button;
        private readonly GpioPin _caseSwitch;
        private readonly GpioPin _light;
        private readonly GpioPin _watchdog;
        private readonly PwmChannel _output;
        private int _permille = -1;

        /// <summary>Takes the pins.</summary>
        public Pins()
        {
            Configuration.SetPinFunction(BoardProfile.SdaPin, DeviceFunction.I2C1_DATA);
            Configuration.SetPinFunction(BoardProfile.SclPin, DeviceFunction.I2C1_CLOCK);
            Configuration.SetPinFunction(BoardProfile.OutputPin, DeviceFunction.PWM1);
            GpioController controller = new GpioController();
            _button = controller.OpenPin(BoardProfile.ButtonPin, PinMode.InputPullUp);
            _caseSwitch = controller.OpenPin(BoardProfile.CaseSwitchPin, PinMode.InputPullUp);
            _light = controller.OpenPin(BoardProfile.StatusLightPin, PinMode.Output);
            _watchdog = controller.OpenPin(BoardProfile.WatchdogPin, PinMode.Output);
            _output = PwmChannel.CreateFromPin(BoardProfile.OutputPin, OutputHertz, 0);
            _output.Start();
        }

        /// <summary>Whether the button is pressed.</summary>
        public bool IsButtonDown { get { return _button.Read() == PinValue.Low; } }

        /// <summary>Whether the case stands open.</summary>
        public bool IsCaseOpen { get { return _caseSwitch.Read() == PinValue.High; } }

        /// <summary>Switches the status light.</summary>
        public void Light(bool isOn)
        {
            _light.Write(isOn ? PinValue.High : PinValue.Low);
        }

        /// <summary>Brightness of the output, 0 to 1000.</summary>
        public void Output(int permille)
        {
            if (permille != _permille)
            {
                _permille = permille;
                _output.DutyCycle = permille / 1000.0;
            }
        }

        /// <summary>Tells the external watchdog that managed code runs: an edge at least every 1.6 s.</summary>
        public void FeedWatchdog()
        {
            _watchdog.Toggle();
        }
    }
}
