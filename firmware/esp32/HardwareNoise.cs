using System;
using System.Threading;
using DePin.Contracts.Signing;
using DePin.Node.Metering;
using nanoFramework.Hardware.Esp32;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Entropy for the one key of a node's life. Managed code reaches no random-number generator here, so it is gathered from
    /// what nobody can foretell: microseconds at which threads wake, and the lowest bits of two analogue converters, 4,096 times.
    /// It is no certified source; flashing adds bytes of its own.
    /// </summary>
    public static class HardwareNoise
    {
        private const int Rounds = 4096;

        /// <summary>64 bytes.</summary>
        public static byte[] Gather(IDigest digest, II2cBus bus)
        {
            byte[] pool = new byte[64];
            byte[] sample = new byte[64 + 16];
            for (int round = 0; round < Rounds; round++)
            {
                Array.Copy(pool, sample, 64);
                ulong ticks = HighResTimer.GetCurrent();
                Array.Copy(BitConverter.GetBytes(ticks), 0, sample, 64, 8);
                sample[72] = (byte)bus.Read(BoardProfile.PanelMeterAddress, Ina219.ShuntRegister);
                sample[73] = (byte)bus.Read(BoardProfile.LoadMeterAddress, Ina219.BusRegister);
                sample[74] = (byte)round;
                byte[] half = digest.HmacSha256(pool, sample);
                Array.Copy(half, 0, pool, (round & 1) * 32, 32);
                if ((round & 15) == 0)
                {
                    Thread.Sleep(1);
                }
            }

            return pool;
        }
    }
}
