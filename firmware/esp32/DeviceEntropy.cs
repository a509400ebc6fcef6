using System;
using DePin.Contracts.Signing;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Sessions and jitter: nobody but this node can foretell them, and none comes twice. The board has no source of randomness
    /// that managed code can reach, so an HMAC-DRBG is seeded with the node's secret and a count of starts on flash.
    /// </summary>
    public sealed class DeviceEntropy : IEntropy
    {
        private const string FileName = "starts";
        private readonly HmacDrbg _bytes;

        /// <param name="digest">MAC.</param>
        /// <param name="secret">The node's secret.</param>
        /// <param name="flash">Where starts are counted.</param>
        /// <param name="ticks">Some fast clock; it adds what it can.</param>
        public DeviceEntropy(IDigest digest, byte[] secret, IFlash flash, long ticks)
        {
            // Two counts in two files: a cut in one write leaves the other, and the larger one counts.
            long starts = 1 + Larger(Count(flash.Read(FileName + "-0")), Count(flash.Read(FileName + "-1")));
            flash.Write(FileName + "-" + (starts & 1), Number(starts));
            byte[] seed = new byte[secret.Length + 16];
            Array.Copy(secret, seed, secret.Length);
            Array.Copy(Number(starts), 0, seed, secret.Length, 8);
            Array.Copy(Number(ticks), 0, seed, secret.Length + 8, 8);
            _bytes = new HmacDrbg(digest, seed);
        }

        /// <inheritdoc />
        public void Fill(byte[] bytes)
        {
            for (int at = 0; at < bytes.Length; at += Sha256.Size)
            {
                byte[] next = _bytes.Next();
                int left = bytes.Length - at;
                Array.Copy(next, 0, bytes, at, left < next.Length ? left : next.Length);
            }
        }

        private static long Count(byte[]? file)
        {
            return file == null || file.Length != 8 ? 0 : BitConverter.ToInt64(file, 0);
        }

        private static byte[] Number(long number)
        {
            return BitConverter.GetBytes(number);
        }

        private static long Larger(long one, long other)
        {
            return one > other ? one : other;
        }
    }
}
