namespace DePin.Contracts.Flashing
{
    /// <summary>
    /// Base64 (RFC 4648, 4) in exactly one form: padded, without line ends, unused bits zero. Written out, since what a platform's
    /// own decoder lets pass differs, and the board's has not been measured.
    /// </summary>
    public static class Base64
    {
        private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        /// <summary>The text's bytes, four for every three bytes begun.</summary>
        public static byte[] Encode(byte[] data)
        {
            byte[] text = new byte[(data.Length + 2) / 3 * 4];
            int to = 0;
            for (int from = 0; from < data.Length; from += 3)
            {
                int left = data.Length - from;
                int bits = data[from] << 16 | (left > 1 ? data[from + 1] << 8 : 0) | (left > 2 ? data[from + 2] : 0);
                text[to++] = (byte)Alphabet[bits >> 18];
                text[to++] = (byte)Alphabet[bits >> 12 & 63];
                text[to++] = left > 1 ? (byte)Alphabet[bits >> 6 & 63] : (byte)'=';
                text[to++] = left > 2 ? (byte)Alphabet[bits & 63] : (byte)'=';
            }

            return text;
        }

        /// <summary>The bytes of a part of a text, or null where it is not in the one form.</summary>
        public static byte[]? Decode(byte[] text, int offset, int count)
        {
            if (count == 0 || count % 4 != 0)
            {
                return null;
            }

            int padding = text[offset + count - 1] != '=' ? 0 : text[offset + count - 2] != '=' ? 1 : 2;
            byte[] data = new byte[count / 4 * 3 - padding];
            int bits = 0;
            for (int i = 0; i < count; i++)
            {
                int value = i >= count - padding ? 0 : Value(text[offset + i]);
                if (value < 0)
                {
                    return null;
                }

                bits = bits << 6 | value;
                if (i % 4 == 3 && !Put(data, i / 4 * 3, bits))
                {
                    return null;
                }

                bits = i % 4 == 3 ? 0 : bits;
            }

            return data;
        }

        // What lies beyond the end must be zero: else two texts would stand for the same bytes.
        private static bool Put(byte[] data, int at, int bits)
        {
            for (int i = 0; i < 3; i++)
            {
                byte part = (byte)(bits >> (16 - 8 * i));
                if (at + i < data.Length)
                {
                    data[at + i] = part;
                }
                else if (part != 0)
                {
                    return false;
                }
            }

            return true;
        }

        private static int Value(byte c)
        {
            if (c >= 'A' && c <= 'Z')
            {
                return c - 'A';
            }

            if (c >= 'a' && c <= 'z')
            {
                return c - 'a' + 26;
            }

            if (c >= '0' && c <= '9')
            {
                return c - '0' + 52;
            }

            return c == '+' ? 62 : c == '/' ? 63 : -1;
        }
    }
}
