namespace DePin.Contracts.Signing
{
    /// <summary>Hash and MAC as a port: the device brings managed SHA-256 and its native HMAC, the backend the platform's.</summary>
    public interface IDigest
    {
        /// <summary>SHA-256 (32 bytes) of a part of an array.</summary>
        byte[] Sha256(byte[] data, int offset, int count);

        /// <summary>HMAC-SHA256 (32 bytes).</summary>
        byte[] HmacSha256(byte[] key, byte[] data);
    }
}
