namespace DePin.Contracts.Identity
{
    /// <summary>
    /// Crockford base32 of exactly 10 bytes: 16 characters in upper case, most significant bits first. Node ids and claims are written so,
    /// since people read them aloud and type them, and a QR code takes them in its alphanumeric mode.
    /// </summary>
    public static class Base32
    {
        /// <summary>Bytes that are written.</summary>
        public const int Size = 10;

        /// <summary>Characters they take.</summary>
        public const int TextLength = 16;

        private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

        /// <summary>The 16 characters of 10 bytes, without separators.</summary>
        public static string Write(byte[] bytes)
        {
            char[] text = new char[TextLength];
            for (int i = 0; i < TextLength; i++)
            {
                int bit = i * 5;
                int pair = bytes[bit / 8] << 8 | (bit / 8 + 1 < Size ? bytes[bit / 8 + 1] : 0);
                text[i] = Alphabet[(pair >> (11 - bit % 8)) & 0x1F];
            }

            return new string(text);
        }

        /// <summary>The 16 characters in groups of four joined by hyphens, as people read them.</summary>
        public static string WriteReadable(byte[] bytes)
        {
            string text = Write(bytes);
            return text.Substring(0, 4) + "-" + text.Substring(4, 4) + "-" + text.Substring(8, 4) + "-" + text.Substring(12, 4);
        }

        /// <summary>
        /// Reads what a person or a topic wrote: upper or lower case, with spaces or hyphens anywhere, O for 0, I and L for 1.
        /// Null when it is not 16 characters of the alphabet.
        /// </summary>
        public static byte[]? Read(string text)
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

            return symbols == TextLength ? bytes : null;
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
