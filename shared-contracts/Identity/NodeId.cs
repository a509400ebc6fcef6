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
        public const int Size = Base32.Size;

        /// <summary>Characters of a node id in topics, user names and QR codes.</summary>
        public const int TextLength = Base32.TextLength;

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
            byte[]? bytes = Base32.Read(text);
            return bytes == null ? null : new NodeId(bytes);
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
            return Base32.Write(_bytes);
        }

        /// <summary>The 16 characters in groups of four, as people read them.</summary>
        public string ToReadable()
        {
            return Base32.WriteReadable(_bytes);
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
    }
}
