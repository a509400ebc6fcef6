using System;
using System.IO.Ports;
using DePin.Node.Pairing;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// The wire to the bench on the UART behind the USB socket. Where the CLR keeps that UART to itself, opening it fails: then
    /// the board meters as ever and only the bench is deaf.
    /// </summary>
    public sealed class BenchPort : ISerialPort
    {
        private const int Baud = 115200;
        private const int WriteMilliseconds = 1000;
        private readonly SerialPort _port = new SerialPort("COM1", Baud, Parity.None, 8, StopBits.One);
        private readonly byte[] _bytes = new byte[256];
        private bool _isOpen;
        private int _count;
        private int _at;

        /// <summary>Opens the port.</summary>
        public BenchPort()
        {
            try
            {
                _port.WriteTimeout = WriteMilliseconds;
                _port.Open();
                _isOpen = true;
            }
            catch (Exception problem)
            {
                Console.WriteLine("The bench's port does not open: " + problem.Message);
            }
        }

        /// <inheritdoc />
        public int Read()
        {
            if (_at == _count)
            {
                _at = 0;
                _count = _isOpen ? Fill() : 0;
            }

            return _at < _count ? _bytes[_at++] : -1;
        }

        /// <inheritdoc />
        public void Write(byte[] bytes)
        {
            if (!_isOpen)
            {
                return;
            }

            try
            {
                _port.Write(bytes, 0, bytes.Length);
            }
            catch (Exception problem)
            {
                // Nobody reads: what is lost is asked for again.
                Console.WriteLine("The bench does not listen: " + problem.Message);
            }
        }

        private int Fill()
        {
            int waiting = _port.BytesToRead;
            return waiting == 0 ? 0 : _port.Read(_bytes, 0, waiting < _bytes.Length ? waiting : _bytes.Length);
        }
    }
}
