using System;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Pairing
{
    /// <summary>
    /// What proves that somebody holds the label of a node: 80 random bits that the backend makes for one unit, written as 16 characters of
    /// Crockford base32 like a node id. It counts once, and is stored only as SHA-256 of its 10 bytes. Whoever has it may pair the node,
    /// so it belongs on the label and nowhere else.
    /// </summary>
    public sealed class Claim
    {
        /// <summary>Bytes of a claim.</summary>
        public const int Size = Base32.Size;

        /// <summary>Characters of a claim in the label's address.</summary>
        public const int TextLength = Base32.TextLength;

        private readonly byte[] _bytes;

        private Claim(byte[] bytes)
        {
            _bytes = bytes;
        }

        /// <summary>The claim in the 10 bytes at <paramref name="offset"/>.</summary>
        public static Claim FromBytes(byte[] bytes, int offset)
        {
            byte[] copy = new byte[Size];
            Array.Copy(bytes, offset, copy, 0, Size);
            return new Claim(copy);
        }

        /// <summary>Reads what a person typed from a label, as <see cref="NodeId.Parse"/> does; null when it is no claim.</summary>
        public static Claim? Parse(string text)
        {
            byte[]? bytes = Base32.Read(text);
            return bytes == null ? null : new Claim(bytes);
        }

        /// <summary>A copy of the 10 bytes.</summary>
        public byte[] ToBytes()
        {
            byte[] copy = new byte[Size];
            Array.Copy(_bytes, 0, copy, 0, Size);
            return copy;
        }

        /// <summary>The 16 characters, without separators.</summary>
        public string ToText()
        {
            return Base32.Write(_bytes);
        }

        /// <summary>The 16 characters in groups of four, as people read them.</summary>
        public string ToReadable()
        {
            return Base32.WriteReadable(_bytes);
        }

        /// <summary>Nothing of the claim: what strays into a log must not pair a node. <see cref="ToText"/> writes it.</summary>
        public override string ToString()
        {
            return "(claim)";
        }
    }
}
