// Stand-ins for the board's pins: simulated, and only what the adapters use.
namespace System.Device.Gpio
{
    public enum PinMode
    {
        Input,
        Output,
        InputPullDown,
        InputPullUp,
    }

    public struct PinValue
    {
        private readonly bool _isHigh;

        private PinValue(bool isHigh)
        {
            _isHigh = isHigh;
        }

        public static PinValue High { get { return new PinValue(true); } }

        public static PinValue Low { get { return new PinValue(false); } }

        public static bool operator ==(PinValue one, PinValue other)
        {
            return one._isHigh == other._isHigh;
        }

        public static bool operator !=(PinValue one, PinValue other)
        {
            return one._isHigh != other._isHigh;
        }

        public override bool Equals(object? other)
        {
            return other is PinValue value && value == this;
        }

        public override int GetHashCode()
        {
            return _isHigh ? 1 : 0;
        }
    }

    public class GpioPin
    {
        private PinValue _value;

        public PinValue Read()
        {
            return _value;
        }

        public void Write(PinValue value)
        {
            _value = value;
        }

        public void Toggle()
        {
            _value = _value == PinValue.High ? PinValue.Low : PinValue.High;
        }
    }

    public class GpioController
    {
        public GpioPin OpenPin(int number, PinMode mode)
        {
            return new GpioPin();
        }
    }
}

namespace System.Device.Pwm
{
    public sealed class PwmChannel
    {
        public double DutyCycle { get; set; }

        public static PwmChannel CreateFromPin(int pin, int frequency, double dutyCycle)
        {
            return new PwmChannel { DutyCycle = dutyCycle };
        }

        public void Start()
        {
        }
    }
}

namespace nanoFramework.Hardware.Esp32
{
    public enum DeviceFunction
    {
        I2C1_DATA,
        I2C1_CLOCK,
        PWM1,
    }

    public static class Configuration
    {
        public static void SetPinFunction(int pin, DeviceFunction function)
        {
        }
    }

    public sealed class HighResTimer
    {
        public static ulong GetCurrent()
        {
            return (ulong)System.Diagnostics.Stopwatch.GetTimestamp();
        }
    }
}

namespace nanoFramework.Runtime.Native
{
    public static class GC
    {
        /// <summary>Free heap of the board that the stand-ins are: with PSRAM.</summary>
        public static uint FreeBytes { get; set; } = 3 * 1024 * 1024;

        public static uint Run(bool compactHeap)
        {
            return FreeBytes;
        }
    }

    public enum RebootOption
    {
        NormalReboot,
    }

    public static class Power
    {
        /// <summary>How often a reboot was asked for.</summary>
        public static int Reboots;

        public static void RebootDevice(RebootOption option)
        {
            System.Threading.Interlocked.Increment(ref Reboots);
        }
    }
}
