using System;
using DePin.Contracts.Signing;
using DePin.Node.Metering;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Entropy for the bench. What a key may come of is gathered anew for every key, a second or more; shorter fills, which no secret
    /// follows from, come from a little noise of the start.
    /// </summary>
    public sealed class BenchEntropy : IEntropy
    {
        private const int Gatherings = 8;
        private readonly IDigest _digest;
        private readonly II2cBus _bus;
        private readonly Pins _pins;
        private readonly HmacDrbg _numbers;

        /// <param name="digest">MAC.</param>
        /// <param name="bus">Its converters' lowest bits are noise.</param>
        /// <param name="pins">The watchdog is fed in between.</param>
        public BenchEntropy(IDigest digest, II2cBus bus, Pins pins)
        {
            _digest = digest;
            _bus = bus;
            _pins = pins;
            _numbers = new HmacDrbg(digest, HardwareNoise.Gather(digest, bus, new byte[HardwareNoise.Size], 64));
        }

        /// <inheritdoc />
        public void Fill(byte[] bytes)
        {
            if (bytes.Length != HardwareNoise.Size)
            {
                Array.Copy(_numbers.Next(), bytes, bytes.Length);
                return;
            }

            byte[] pool = new byte[HardwareNoise.Size];
            for (int i = 0; i < Gatherings; i++)
            {
                _pins.FeedWatchdog();
                pool = HardwareNoise.Gather(_digest, _bus, pool, 512);
            }

            Array.Copy(pool, bytes, pool.Length);
        }
    }
}
