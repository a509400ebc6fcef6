using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Node.Esp32
{
    /// <summary>The managed SHA-256, since the board has none, and the native HMAC.</summary>
    public sealed class DeviceDigest : IDigest
    {
        /// <inheritdoc />
        public byte[] Sha256(byte[] data, int offset, int count)
        {
            return Signing.Sha256.Hash(data, offset, count);
        }

        /// <inheritdoc />
        public byte[] HmacSha256(byte[] key, byte[] data)
        {
            return HMACSHA256.HashData(key, data);
        }
    }
}
