// Stand-ins for the UART and the names of the hardware: simulated, and only what the adapters use.
namespace System.IO.Ports
{
    public enum Parity
    {
        None,
        Odd,
        Even,
    }

    public enum StopBits
    {
        One = 1,
        Two = 2,
    }

    /// <summary>A port whose other end is two queues.</summary>
    public sealed class SerialPort
    {
        public static readonly System.Collections.Concurrent.ConcurrentQueue<byte> ToBoard = new System.Collections.Concurrent.ConcurrentQueue<byte>();

        public static readonly System.Collections.Concurrent.ConcurrentQueue<byte> FromBoard = new System.Collections.Concurrent.ConcurrentQueue<byte>();

        public SerialPort(string portName, int baudRate = 9600, Parity parity = Parity.None, int dataBits = 8, StopBits stopBits = StopBits.One)
        {
        }

        /// <summary>What opening throws; null where it works.</summary>
        public static Exception? Refusal { get; set; }

        public int WriteTimeout { get; set; }

        public int BytesToRead { get { return ToBoard.Count; } }

        public void Open()
        {
            if (Refusal != null)
            {
                throw Refusal;
            }
        }

        public int Read(byte[] buffer, int offset, int count)
        {
            int read = 0;
            while (read < count && ToBoard.TryDequeue(out byte next))
            {
                buffer[offset + read++] = next;
            }

            return read;
        }

        public void Write(byte[] buffer, int offset, int count)
        {
            for (int i = 0; i < count; i++)
            {
                FromBoard.Enqueue(buffer[offset + i]);
            }
        }
    }
}

namespace nanoFramework.Runtime.Native
{
    public static class SystemInfo
    {
        public static string TargetName { get { return "ESP32_PSRAM_REV3"; } }
    }

    public static class Rtc
    {
        public static System.DateTime Set { get; private set; }

        public static bool SetSystemTime(System.DateTime time)
        {
            Set = time;
            return true;
        }
    }
}
