namespace DePin.Contracts.Signing
{
    /// <summary>
    /// The form every P-256 signature must have before anyone spends time on verifying it: 64 bytes r || s, both between 1 and
    /// n - 1, and s at most n / 2. The last rule takes away the second signature (r, n - s) that anyone could make of a first.
    /// </summary>
    public static class SignatureForm
    {
        /// <summary>Bytes of a signature, r || s.</summary>
        public const int Size = 64;

        /// <summary>Whether the signature at <paramref name="offset"/> has the form.</summary>
        public static bool IsAcceptable(byte[] signature, int offset)
        {
            byte[] order = Order();
            return !IsZero(signature, offset) && !IsZero(signature, offset + 32)
                && Compare(signature, offset, order) < 0 && Compare(signature, offset + 32, HalfOrder()) <= 0;
        }

        /// <summary>Replaces s by n - s where s is above half the order, as a signer must before it hands a signature out.</summary>
        public static void MakeLow(byte[] signature)
        {
            if (Compare(signature, 32, HalfOrder()) <= 0)
            {
                return;
            }

            byte[] order = Order();
            int borrow = 0;
            for (int i = 31; i >= 0; i--)
            {
                int difference = order[i] - signature[32 + i] - borrow;
                borrow = difference < 0 ? 1 : 0;
                signature[32 + i] = (byte)difference;
            }
        }

        /// <summary>The order n of P-256 (SEC 2, 2.4.2), big-endian; a new array, since the device shares no static ones.</summary>
        public static byte[] Order()
        {
            return new byte[]
            {
                0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
            };
        }

        private static byte[] HalfOrder()
        {
            byte[] half = Order();
            for (int i = 31; i > 0; i--)
            {
                half[i] = (byte)(half[i] >> 1 | half[i - 1] << 7);
            }

            half[0] >>= 1;
            return half;
        }

        /// <summary>Whether the 32 bytes at <paramref name="offset"/> are all zero.</summary>
        public static bool IsZero(byte[] number, int offset)
        {
            int bits = 0;
            for (int i = 0; i < 32; i++)
            {
                bits |= number[offset + i];
            }

            return bits == 0;
        }

        private static int Compare(byte[] number, int offset, byte[] other)
        {
            for (int i = 0; i < 32; i++)
            {
                int difference = number[offset + i] - other[i];
                if (difference != 0)
                {
                    return difference;
                }
            }

            return 0;
        }
    }
}
