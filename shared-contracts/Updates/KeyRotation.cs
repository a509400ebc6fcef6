using DePin.Contracts.Cbor;

namespace DePin.Contracts.Updates
{
    /// <summary>The keys that may sign releases from now on, signed by two of the root keys.</summary>
    public sealed class KeyRotation
    {
        /// <summary>External data of the signatures over a rotation.</summary>
        public const string Context = "depin/1/keys";

        /// <summary>Bytes of a compressed P-256 key.</summary>
        public const int KeySize = 33;

        /// <summary>Fewest keys: a release needs signatures by two.</summary>
        public const int KeysMin = 2;

        /// <summary>Most keys.</summary>
        public const int KeysMax = 5;

        /// <param name="version">Higher than that of the keys which a node has, 1 to 2^32 - 1; flashing is version 0.</param>
        /// <param name="keys">2 to 5 compressed public keys, each once.</param>
        public KeyRotation(long version, byte[][] keys)
        {
            Version = version;
            Keys = keys;
        }

        /// <summary>Higher than that of the keys which a node has; flashing is version 0.</summary>
        public long Version { get; }

        /// <summary>Compressed public keys (33 bytes), 2 to 5.</summary>
        public byte[][] Keys { get; }

        /// <summary>Reads a rotation; null with the reason when it is not exactly in the form.</summary>
        public static KeyRotation? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(3, 3);
            if (reader.ReadUInt(0, uint.MaxValue) != UpdateLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            long version = reader.ReadUInt(1, uint.MaxValue);
            byte[][] keys = new byte[reader.ReadArray(KeysMin, KeysMax)][];
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = reader.ReadBytes(KeySize, KeySize);
                if (reader.Error == DecodeError.None && keys[i][0] != 2 && keys[i][0] != 3)
                {
                    reader.Fail(DecodeError.Inconsistent);
                }
            }

            if (reader.Finish() && HasTwice(keys))
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            return error == DecodeError.None ? new KeyRotation(version, keys) : null;
        }

        /// <summary>The rotation's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(192);
            writer.WriteArray(3);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteUInt(Version);
            writer.WriteArray(Keys.Length);
            for (int i = 0; i < Keys.Length; i++)
            {
                writer.WriteBytes(Keys[i]);
            }

            return writer.ToArray();
        }

        private static bool HasTwice(byte[][] keys)
        {
            for (int i = 0; i < keys.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    if (AreEqual(keys[i], keys[j]))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private static bool AreEqual(byte[] one, byte[] other)
        {
            for (int i = 0; i < KeySize; i++)
            {
                if (one[i] != other[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
