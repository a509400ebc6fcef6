using System.Buffers.Binary;
using System.Security.Cryptography;
using DePin.Node.Uplink;

namespace DePin.Host.Platform;

/// <summary>The platform's randomness.</summary>
public sealed class SystemEntropy : IEntropy
{
    /// <inheritdoc />
    public void Fill(byte[] bytes) => RandomNumberGenerator.Fill(bytes);
}

/// <summary>
/// The same bytes in every run: SHA-256 of seed and a rising count. For reproducible simulations only; a node that meets a real
/// backend twice needs <see cref="SystemEntropy"/>, or its sessions would repeat.
/// </summary>
public sealed class SeededEntropy : IEntropy
{
    private readonly byte[] _block = new byte[16];

    /// <summary>Starts at a seed.</summary>
    /// <param name="seed">The start.</param>
    public SeededEntropy(long seed)
    {
        BinaryPrimitives.WriteInt64BigEndian(_block, seed);
    }

    /// <inheritdoc />
    public void Fill(byte[] bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (int at = 0; at < bytes.Length; at += hash.Length)
        {
            SHA256.HashData(_block, hash);
            hash[..Math.Min(hash.Length, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
            BinaryPrimitives.WriteInt64BigEndian(_block.AsSpan(8), BinaryPrimitives.ReadInt64BigEndian(_block.AsSpan(8)) + 1);
        }
    }
}
