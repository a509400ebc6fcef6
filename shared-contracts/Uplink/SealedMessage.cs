using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;

namespace DePin.Contracts.Uplink
{
    /// <summary>
    /// A message from the backend to one node: payload and the first 16 bytes of HMAC-SHA256(down key, topic || 0x00 || payload).
    /// The topic is the one of <see cref="Topics"/>, without any broker's prefix.
    /// </summary>
    public static class SealedMessage
    {
        /// <summary>Bytes of the MAC.</summary>
        public const int MacSize = 16;

        /// <summary>Bytes of a sealed message, at most.</summary>
        public const int MaxBytes = 2048;

        /// <summary>Seals a payload for a topic.</summary>
        public static byte[] Seal(IDigest digest, byte[] downKey, string topic, byte[] payload)
        {
            byte[] mac = digest.HmacSha256(downKey, MacInput(topic, payload));
            CborWriter writer = new CborWriter(payload.Length + 24);
            writer.WriteArray(2);
            writer.WriteBytes(payload);
            writer.WriteBytes(mac, 0, MacSize);
            return writer.ToArray();
        }

        /// <summary>The payload, or null when the form or the MAC is wrong.</summary>
        public static byte[]? Open(IDigest digest, byte[] downKey, string topic, byte[] message)
        {
            if (message.Length > MaxBytes)
            {
                return null;
            }

            CborReader reader = new CborReader(message, 0, message.Length);
            reader.ReadArray(2, 2);
            byte[] payload = reader.ReadBytes(1, MaxBytes);
            byte[] mac = reader.ReadBytes(MacSize, MacSize);
            if (!reader.Finish())
            {
                return null;
            }

            byte[] expected = digest.HmacSha256(downKey, MacInput(topic, payload));
            int difference = 0;
            for (int i = 0; i < MacSize; i++)
            {
                difference |= mac[i] ^ expected[i];
            }

            return difference == 0 ? payload : null;
        }

        private static byte[] MacInput(string topic, byte[] payload)
        {
            byte[] name = Ascii.Bytes(topic);
            byte[] input = new byte[name.Length + 1 + payload.Length];
            Array.Copy(name, 0, input, 0, name.Length);
            Array.Copy(payload, 0, input, name.Length + 1, payload.Length);
            return input;
        }
    }
}
