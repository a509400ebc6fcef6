using System.Security.Cryptography;

namespace DePin.Fleet.Storage;

/// <summary>What is encrypted for the database: nonce (12 bytes, random), ciphertext and tag (16 bytes) of AES-GCM (NIST SP 800-38D), one after the other.</summary>
internal static class SealedBytes
{
    /// <summary>Bytes of the tag, which a cipher has to be made for.</summary>
    public const int TagSize = 16;

    private const int NonceSize = 12;

    /// <summary>Encrypts; who opens it has to name the same associated data.</summary>
    public static byte[] Seal(AesGcm cipher, byte[] plain, byte[] associated)
    {
        byte[] content = new byte[NonceSize + plain.Length + TagSize];
        RandomNumberGenerator.Fill(content.AsSpan(0, NonceSize));
        cipher.Encrypt(content.AsSpan(0, NonceSize), plain, content.AsSpan(NonceSize, plain.Length), content.AsSpan(^TagSize), associated);
        return content;
    }

    /// <summary>Decrypts.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It was encrypted under another key or with other associated data, or was changed.</exception>
    public static byte[] Open(AesGcm cipher, byte[] content, byte[] associated)
    {
        byte[] plain = new byte[content.Length - NonceSize - TagSize];
        cipher.Decrypt(content.AsSpan(0, NonceSize), content.AsSpan(NonceSize, plain.Length), content.AsSpan(^TagSize), plain, associated);
        return plain;
    }
}
