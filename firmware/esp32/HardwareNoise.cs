using System;
using System.Threading;
using DePin.Contracts.Signing;
using DePin.Node.Metering;
using nanoFramework.Hardware.Esp32;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Entropy for the one key of a node's life. Managed code reaches no random-number generator here, so it is gathered from
    /// what nobody can foretell: microseconds at which threads wake, and the lowest bits of two analogue converters,
    /// thousands of times. It is no certified source; flashing adds bytes of its own.
    /// </summary>
    public static class HardwareNoise
    {
        /// <summary>Bytes of the pool.</summary>
        public const int Size = 64;

        /// <summary>The pool, stirred so many times more.</summary>
        public static byte[] Gather(IDigest digest, II2cBus bus, byte[] pool, int rounds)
        {
            byte[] stirred = new byte[Size];
            Array.Copy(pool, stirred, Size);
            byte[] sample = new byte[Size + 16];
            for (int round = 0; round < rounds; round++)
            {
                Array.Copy(stirred, sample, Size);
                ulong ticks = HighResTimer.GetCurrent();
                Array.Copy(BitConverter.GetBytes(ticks), 0, sample, Size, 8);
                sample[72] = (byte)bus.Read(BoardProfile.PanelMeterAddress, Ina219.ShuntRegister);
                sample[73] = (byte)bus.Read(BoardProfile.LoadMeterAddress, Ina219.BusRegister);
                sample[74] = (byte)round;
                byte[] half = digest.HmacSha256(stirred, sample);
                Array.Copy(half, 0, stirred, (round & 1) * 32, 32);
                if ((round & 15) == 0)
                {
                    Thread.Sleep(1);
                }
            }

            return stirred;
        }
    }
}
