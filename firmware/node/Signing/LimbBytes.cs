namespace DePin.Node.Signing
{
    /// <summary>Numbers of nine limbs of 29 bits as bytes, and the last reduction below a modulus; no branch depends on a value.</summary>
    public static class LimbBytes
    {
        private const int Mask = 0x1FFFFFFF;

        /// <summary>Reads 32 bytes, big-endian.</summary>
        public static void Read(int[] r, byte[] bytes, int offset)
        {
            long held = 0;
            int bits = 0;
            int limb = 0;
            for (int i = 31; i >= 0; i--)
            {
                held |= (long)bytes[offset + i] << bits;
                bits += 8;
                if (bits >= 29)
                {
                    r[limb] = (int)(held & Mask);
                    limb++;
                    held >>= 29;
                    bits -= 29;
                }
            }

            r[limb] = (int)held;
        }

        /// <summary>Writes a number between 0 and 2^256 - 1 with carried limbs as 32 bytes, big-endian.</summary>
        public static void Write(int[] a, byte[] bytes, int offset)
        {
            long held = 0;
            int bits = 0;
            int limb = 0;
            for (int i = 31; i >= 0; i--)
            {
                if (bits < 8)
                {
                    held |= (long)a[limb] << bits;
                    limb++;
                    bits += 29;
                }

                bytes[offset + i] = (byte)held;
                held >>= 8;
                bits -= 8;
            }
        }

        /// <summary>Brings limbs 0 to 7 into [0, 2^29).</summary>
        public static void Carry(int[] a)
        {
            for (int i = 0; i < 8; i++)
            {
                a[i + 1] += a[i] >> 29;
                a[i] &= Mask;
            }
        }

        /// <summary>Takes the modulus away once where the number, carried and not negative, is not below it.</summary>
        public static void SubtractIfNotLess(int[] a, int[] modulus)
        {
            int[] less = new int[FieldP.Limbs];
            for (int i = 0; i < FieldP.Limbs; i++)
            {
                less[i] = a[i] - modulus[i];
            }

            Carry(less);
            int keep = less[8] >> 31;
            for (int i = 0; i < FieldP.Limbs; i++)
            {
                a[i] = (a[i] & keep) | (less[i] & ~keep);
            }
        }
    }
}
