using System;

namespace DePin.Contracts.Identity
{
    /// <summary>
    /// The name of a node: the first 10 bytes of SHA-256 over its 33-byte compressed P-256 public key, written as 16 characters of
    /// Crockford base32 in upper case. Nobody assigns it, so nobody can mistype it into somebody else's lamp unnoticed.
    /// </summary>
    public sealed class NodeId
    {
        /// <summary>Bytes of a node id.</summary>
        public const int Size = 10;

        /// <summary>Characters of a node id in topics, user names and QR codes.</summary>
        public const int TextLength = 16;

        private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

        private readonly byte[] _bytes;

        private NodeId(byte[] bytes)
        {
            _bytes = bytes;
        }

        /// <summary>The id for the SHA-256 of a compressed public key (32 bytes).</summary>
        public static NodeId FromKeyHash(byte[] sha256)
        {
            return FromBytes(sha256, 0);
        }

        /// <summary>The id in the 10 bytes at <paramref name="offset"/>.</summary>
        public static NodeId FromBytes(byte[] bytes, int offset)
        {
            byte[] copy = new byte[Size];
            Array.Copy(bytes, offset, copy, 0, Size);
            return new NodeId(copy);
        }

        /// <summary>
        /// Reads what a person or a topic wrote: upper or lower case, with spaces or hyphens anywhere, O for 0, I and L for 1.
        /// Null when it is not 16 characters of the alphabet.
        /// </summary>
        public static NodeId? Parse(string text)
        {
            byte[] bytes = new byte[Size];
            int symbols = 0;
            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                if (c == '-' || c == ' ')
                {
                    continue;
                }

                int value = Value(c);
                if (value < 0 || symbols == TextLength)
                {
                    return null;
                }

                int bit = symbols * 5;
                int shifted = value << (11 - bit % 8);
                bytes[bit / 8] |= (byte)(shifted >> 8);
                if (bit / 8 + 1 < Size)
                {
                    bytes[bit / 8 + 1] |= (byte)shifted;
                }

                symbols++;
            }

            return symbols == TextLength ? new NodeId(bytes) : null;
        }

        /// <summary>A copy of the 10 bytes.</summary>
        public byte[] ToBytes()
        {
            byte[] copy = new byte[Size];
            Array.Copy(_bytes, 0, copy, 0, Size);
            return copy;
        }

        /// <summary>Whether the 10 bytes at <paramref name="offset"/> are this id.</summary>
        public bool Matches(byte[] bytes, int offset)
        {
            for (int i = 0; i < Size; i++)
            {
                if (_bytes[i] != bytes[offset + i])
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>The 16 characters, without separators.</summary>
        public override string ToString()
        {
            char[] text = new char[TextLength];
            for (int i = 0; i < TextLength; i++)
            {
                int bit = i * 5;
                int pair = _bytes[bit / 8] << 8 | (bit / 8 + 1 < Size ? _bytes[bit / 8 + 1] : 0);
                text[i] = Alphabet[(pair >> (11 - bit % 8)) & 0x1F];
            }

            return new string(text);
        }

        /// <summary>The 16 characters in groups of four, as people read them.</summary>
        public string ToReadable()
        {
            string text = ToString();
            return text.Substring(0, 4) + "-" + text.Substring(4, 4) + "-" + text.Substring(8, 4) + "-" + text.Substring(12, 4);
        }

        /// <inheritdoc />
        public override bool Equals(object? obj)
        {
            NodeId? other = obj as NodeId;
            return other != null && Matches(other._bytes, 0);
        }

        /// <inheritdoc />
        public override int GetHashCode()
        {
            // The bytes are a hash already.
            return _bytes[0] | _bytes[1] << 8 | _bytes[2] << 16 | _bytes[3] << 24;
        }

        private static int Value(char c)
        {
            if (c >= 'a' && c <= 'z')
            {
                c = (char)(c - 'a' + 'A');
            }

            if (c == 'O')
            {
                return 0;
            }

            return c == 'I' || c == 'L' ? 1 : Alphabet.IndexOf(c);
        }
    }
}
