using System.Security.Cryptography;
using DePin.Contracts.Signing;
using ManagedSha256 = DePin.Node.Signing.Sha256;

namespace DePin.Host.Platform;

/// <summary>As a board does it: SHA-256 in managed code, and the HMAC, which a board has built in, from the platform.</summary>
public sealed class DeviceDigest : IDigest
{
    /// <inheritdoc />
    public byte[] Sha256(byte[] data, int offset, int count) => ManagedSha256.Hash(data, offset, count);

    /// <inheritdoc />
    public byte[] HmacSha256(byte[] key, byte[] data) => HMACSHA256.HashData(key, data);
}
