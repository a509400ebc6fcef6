using DePin.Contracts.Signing;

namespace DePin.Contracts.Identity
{
    /// <summary>What is derived from the node's 32-byte secret. The secret itself never leaves the node.</summary>
    public static class NodeSecret
    {
        /// <summary>Bytes of the secret, and of each key derived from it.</summary>
        public const int Size = 32;

        /// <summary>The MQTT password: 64 lower-case hex digits of HMAC-SHA256(secret, "depin/1/login").</summary>
        public static string LoginPassword(IDigest digest, byte[] secret)
        {
            return Hex.Lower(LoginKey(digest, secret));
        }

        /// <summary>The 32 bytes that the MQTT password writes out: HMAC-SHA256(secret, "depin/1/login").</summary>
        public static byte[] LoginKey(IDigest digest, byte[] secret)
        {
            return digest.HmacSha256(secret, Ascii.Bytes("depin/1/login"));
        }

        /// <summary>The key under which the backend seals messages to the node: HMAC-SHA256(secret, "depin/1/down").</summary>
        public static byte[] DownKey(IDigest digest, byte[] secret)
        {
            return digest.HmacSha256(secret, Ascii.Bytes("depin/1/down"));
        }
    }
}
