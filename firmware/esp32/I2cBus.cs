using System;
using System.Collections;
using System.Device.I2c;
using DePin.Node.Metering;

namespace DePin.Node.Esp32
{
    /// <summary>Registers behind one of the ESP32's I2C buses. A transfer that was not full is the answer "no", whatever the cause.</summary>
    public sealed class I2cBus : II2cBus
    {
        private readonly int _bus;
        private readonly Hashtable _devices = new Hashtable();
        private readonly byte[] _register = new byte[1];
        private readonly byte[] _answer = new byte[2];
        private readonly byte[] _order = new byte[3];

        /// <param name="bus">Number of the bus, from 1; its pins are configured before.</param>
        public I2cBus(int bus)
        {
            _bus = bus;
        }

        /// <inheritdoc />
        public int Read(int address, int register)
        {
            _register[0] = (byte)register;
            I2cTransferResult result = Device(address).WriteRead(new SpanByte(_register), new SpanByte(_answer));
            return result.Status == I2cTransferStatus.FullTransfer ? _answer[0] << 8 | _answer[1] : -1;
        }

        /// <inheritdoc />
        public bool Write(int address, int register, int value)
        {
            _order[0] = (byte)register;
            _order[1] = (byte)(value >> 8);
            _order[2] = (byte)value;
            return Device(address).Write(new SpanByte(_order)).Status == I2cTransferStatus.FullTransfer;
        }

        private I2cDevice Device(int address)
        {
            I2cDevice? device = (I2cDevice?)_devices[address];
            if (device == null)
            {
                device = I2cDevice.Create(new I2cConnectionSettings(_bus, address, I2cBusSpeed.FastMode));
                _devices[address] = device;
            }

            return device;
        }
    }
}
