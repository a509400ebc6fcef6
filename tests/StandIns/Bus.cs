// Stand-ins for System.Device.I2c and SpanByte, so that the board's adapters run on the host: simulated, and only what they use.
namespace System
{
    public struct SpanByte
    {
        private readonly byte[] _array;

        public SpanByte(byte[] array)
        {
            _array = array;
        }

        public int Length { get { return _array.Length; } }

        public byte this[int index]
        {
            get { return _array[index]; }
            set { _array[index] = value; }
        }
    }

    public static class DeviceTime
    {
        public static long ToUnixTimeSeconds(this DateTime time)
        {
            return new DateTimeOffset(time).ToUnixTimeSeconds();
        }
    }
}

namespace System.Device.I2c
{
    public enum I2cBusSpeed
    {
        StandardMode,
        FastMode,
        FastModePlus,
    }

    public enum I2cTransferStatus
    {
        UnknownError,
        FullTransfer,
        ClockStretchTimeout,
        PartialTransfer,
        SlaveAddressNotAcknowledged,
    }

    public struct I2cTransferResult
    {
        public I2cTransferResult(I2cTransferStatus status)
        {
            Status = status;
        }

        public I2cTransferStatus Status { get; }
    }

    public sealed class I2cConnectionSettings
    {
        public I2cConnectionSettings(int busId, int deviceAddress, I2cBusSpeed busSpeed)
        {
            BusId = busId;
            DeviceAddress = deviceAddress;
        }

        public int BusId { get; }

        public int DeviceAddress { get; }
    }

    /// <summary>A chip on a wire: its answers, by bus and address.</summary>
    public interface IWire
    {
        I2cTransferStatus Transfer(int address, SpanByte written, SpanByte? read);
    }

    public class I2cDevice
    {
        private readonly I2cConnectionSettings _settings;

        private I2cDevice(I2cConnectionSettings settings)
        {
            _settings = settings;
        }

        /// <summary>What hangs on each bus.</summary>
        public static System.Collections.Concurrent.ConcurrentDictionary<int, IWire> Wires { get; } = new System.Collections.Concurrent.ConcurrentDictionary<int, IWire>();

        public static I2cDevice Create(I2cConnectionSettings settings)
        {
            return new I2cDevice(settings);
        }

        public I2cTransferResult Write(SpanByte written)
        {
            return new I2cTransferResult(Wires[_settings.BusId].Transfer(_settings.DeviceAddress, written, null));
        }

        public I2cTransferResult WriteRead(SpanByte written, SpanByte read)
        {
            return new I2cTransferResult(Wires[_settings.BusId].Transfer(_settings.DeviceAddress, written, read));
        }
    }
}
