using System.Security.Cryptography;
using DePin.Contracts.Signing;

namespace DePin.Host.Platform;

/// <summary>SHA-256 and its HMAC as the platform computes them. Stateless: one serves all nodes.</summary>
public sealed class PlatformDigest : IDigest
{
    /// <inheritdoc />
    public byte[] Sha256(byte[] data, int offset, int count) => SHA256.HashData(data.AsSpan(offset, count));

    /// <inheritdoc />
    public byte[] HmacSha256(byte[] key, byte[] data) => HMACSHA256.HashData(key, data);
}
