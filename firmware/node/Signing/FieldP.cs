namespace DePin.Node.Signing
{
    /// <summary>
    /// Numbers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, the field of P-256 (SEC 2, 2.4.2), as nine signed limbs of 29 bits,
    /// lowest first, in Montgomery form (a number x is kept as x * 2^261 mod p).
    /// A product leaves limbs 0 to 7 in [0, 2^29) and a value between -p and 3p. Sums and differences are made limb by limb
    /// without carrying; a product is right as long as the largest limbs of its factors multiply to less than 3 * 2^58.
    /// No branch and no index depends on a value. Product and square both end with the same reduction, written out twice: handing
    /// seventeen columns to a method would cost the interpreter a third more.
    /// </summary>
    public static class FieldP
    {
        /// <summary>Limbs of a number.</summary>
        public const int Limbs = 9;

        private const int Mask = 0x1FFFFFFF;

        /// <summary>1 in Montgomery form.</summary>
        public static int[] One()
        {
            return new int[] { 0x20, 0x0, 0x0, 0x1FFFC000, 0x1FFFFFFF, 0x1FFFFFFF, 0x1F7FFFFF, 0x3FFFFFF, 0x0 };
        }

        /// <summary>The curve's b in Montgomery form.</summary>
        public static int[] CurveB()
        {
            return new int[] { 0x1897BBFB, 0x1CDF6229, 0x18486C4, 0x1732821, 0x1DAD59E0, 0xABF7212, 0x1A06D110, 0x17721D20, 0x8600C3 };
        }

        /// <summary>r = a * b; r may be a or b.</summary>
        public static void Multiply(int[] r, int[] a, int[] b)
        {
            long a0 = a[0], a1 = a[1], a2 = a[2];
            long a3 = a[3], a4 = a[4], a5 = a[5];
            long a6 = a[6], a7 = a[7], a8 = a[8];
            long b0 = b[0], b1 = b[1], b2 = b[2];
            long b3 = b[3], b4 = b[4], b5 = b[5];
            long b6 = b[6], b7 = b[7], b8 = b[8];
            long t0 = a0 * b0;
            long t1 = a0 * b1 + a1 * b0;
            long t2 = a0 * b2 + a1 * b1 + a2 * b0;
            long t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
            long t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
            long t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
            long t6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
            long t7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
            long t8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
            long t9 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
            long t10 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
            long t11 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
            long t12 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
            long t13 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
            long t14 = a6 * b8 + a7 * b7 + a8 * b6;
            long t15 = a7 * b8 + a8 * b7;
            long t16 = a8 * b8;
            long m;
            m = t0 & Mask;
            t1 += t0 >> 29;
            t3 += m << 9;
            t6 += m << 18;
            t7 -= m << 21;
            t8 += m << 24;
            m = t1 & Mask;
            t2 += t1 >> 29;
            t4 += m << 9;
            t7 += m << 18;
            t8 -= m << 21;
            t9 += m << 24;
            m = t2 & Mask;
            t3 += t2 >> 29;
            t5 += m << 9;
            t8 += m << 18;
            t9 -= m << 21;
            t10 += m << 24;
            m = t3 & Mask;
            t4 += t3 >> 29;
            t6 += m << 9;
            t9 += m << 18;
            t10 -= m << 21;
            t11 += m << 24;
            m = t4 & Mask;
            t5 += t4 >> 29;
            t7 += m << 9;
            t10 += m << 18;
            t11 -= m << 21;
            t12 += m << 24;
            m = t5 & Mask;
            t6 += t5 >> 29;
            t8 += m << 9;
            t11 += m << 18;
            t12 -= m << 21;
            t13 += m << 24;
            m = t6 & Mask;
            t7 += t6 >> 29;
            t9 += m << 9;
            t12 += m << 18;
            t13 -= m << 21;
            t14 += m << 24;
            m = t7 & Mask;
            t8 += t7 >> 29;
            t10 += m << 9;
            t13 += m << 18;
            t14 -= m << 21;
            t15 += m << 24;
            m = t8 & Mask;
            t9 += t8 >> 29;
            t11 += m << 9;
            t14 += m << 18;
            t15 -= m << 21;
            t16 += m << 24;
            r[0] = (int)(t9 & Mask);
            t10 += t9 >> 29;
            r[1] = (int)(t10 & Mask);
            t11 += t10 >> 29;
            r[2] = (int)(t11 & Mask);
            t12 += t11 >> 29;
            r[3] = (int)(t12 & Mask);
            t13 += t12 >> 29;
            r[4] = (int)(t13 & Mask);
            t14 += t13 >> 29;
            r[5] = (int)(t14 & Mask);
            t15 += t14 >> 29;
            r[6] = (int)(t15 & Mask);
            t16 += t15 >> 29;
            r[7] = (int)(t16 & Mask);
            r[8] = (int)(t16 >> 29);
        }

        /// <summary>r = a * a; r may be a.</summary>
        public static void Square(int[] r, int[] a)
        {
            long a0 = a[0], a1 = a[1], a2 = a[2];
            long a3 = a[3], a4 = a[4], a5 = a[5];
            long a6 = a[6], a7 = a[7], a8 = a[8];
            long d0 = a0 + a0;
            long d1 = a1 + a1;
            long d2 = a2 + a2;
            long d3 = a3 + a3;
            long d4 = a4 + a4;
            long d5 = a5 + a5;
            long d6 = a6 + a6;
            long d7 = a7 + a7;
            long t0 = a0 * a0;
            long t1 = d0 * a1;
            long t2 = d0 * a2 + a1 * a1;
            long t3 = d0 * a3 + d1 * a2;
            long t4 = d0 * a4 + d1 * a3 + a2 * a2;
            long t5 = d0 * a5 + d1 * a4 + d2 * a3;
            long t6 = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3;
            long t7 = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4;
            long t8 = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4;
            long t9 = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5;
            long t10 = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
            long t11 = d3 * a8 + d4 * a7 + d5 * a6;
            long t12 = d4 * a8 + d5 * a7 + a6 * a6;
            long t13 = d5 * a8 + d6 * a7;
            long t14 = d6 * a8 + a7 * a7;
            long t15 = d7 * a8;
            long t16 = a8 * a8;
            long m;
            m = t0 & Mask;
            t1 += t0 >> 29;
            t3 += m << 9;
            t6 += m << 18;
            t7 -= m << 21;
            t8 += m << 24;
            m = t1 & Mask;
            t2 += t1 >> 29;
            t4 += m << 9;
            t7 += m << 18;
            t8 -= m << 21;
            t9 += m << 24;
            m = t2 & Mask;
            t3 += t2 >> 29;
            t5 += m << 9;
            t8 += m << 18;
            t9 -= m << 21;
            t10 += m << 24;
            m = t3 & Mask;
            t4 += t3 >> 29;
            t6 += m << 9;
            t9 += m << 18;
            t10 -= m << 21;
            t11 += m << 24;
            m = t4 & Mask;
            t5 += t4 >> 29;
            t7 += m << 9;
            t10 += m << 18;
            t11 -= m << 21;
            t12 += m << 24;
            m = t5 & Mask;
            t6 += t5 >> 29;
            t8 += m << 9;
            t11 += m << 18;
            t12 -= m << 21;
            t13 += m << 24;
            m = t6 & Mask;
            t7 += t6 >> 29;
            t9 += m << 9;
            t12 += m << 18;
            t13 -= m << 21;
            t14 += m << 24;
            m = t7 & Mask;
            t8 += t7 >> 29;
            t10 += m << 9;
            t13 += m << 18;
            t14 -= m << 21;
            t15 += m << 24;
            m = t8 & Mask;
            t9 += t8 >> 29;
            t11 += m << 9;
            t14 += m << 18;
            t15 -= m << 21;
            t16 += m << 24;
            r[0] = (int)(t9 & Mask);
            t10 += t9 >> 29;
            r[1] = (int)(t10 & Mask);
            t11 += t10 >> 29;
            r[2] = (int)(t11 & Mask);
            t12 += t11 >> 29;
            r[3] = (int)(t12 & Mask);
            t13 += t12 >> 29;
            r[4] = (int)(t13 & Mask);
            t14 += t13 >> 29;
            r[5] = (int)(t14 & Mask);
            t15 += t14 >> 29;
            r[6] = (int)(t15 & Mask);
            t16 += t15 >> 29;
            r[7] = (int)(t16 & Mask);
            r[8] = (int)(t16 >> 29);
        }

        /// <summary>r = a + b, limb by limb.</summary>
        public static void Add(int[] r, int[] a, int[] b)
        {
            r[0] = a[0] + b[0];
            r[1] = a[1] + b[1];
            r[2] = a[2] + b[2];
            r[3] = a[3] + b[3];
            r[4] = a[4] + b[4];
            r[5] = a[5] + b[5];
            r[6] = a[6] + b[6];
            r[7] = a[7] + b[7];
            r[8] = a[8] + b[8];
        }

        /// <summary>r = a - b, limb by limb.</summary>
        public static void Subtract(int[] r, int[] a, int[] b)
        {
            r[0] = a[0] - b[0];
            r[1] = a[1] - b[1];
            r[2] = a[2] - b[2];
            r[3] = a[3] - b[3];
            r[4] = a[4] - b[4];
            r[5] = a[5] - b[5];
            r[6] = a[6] - b[6];
            r[7] = a[7] - b[7];
            r[8] = a[8] - b[8];
        }

        /// <summary>r = a * aTimes + b * bTimes, carried, and folded back to about 256 bits; factors up to 8 either way.</summary>
        public static void Combine(int[] r, int[] a, long aTimes, int[] b, long bTimes)
        {
            long c = a[8] * aTimes + b[8] * bTimes;
            long over = c >> 24;
            int top = (int)(c & 0xFFFFFF);

            // 2^256 = 2^224 - 2^192 - 2^96 + 1 modulo p.
            c = a[0] * aTimes + b[0] * bTimes + over;
            r[0] = (int)(c & Mask);
            c = (c >> 29) + a[1] * aTimes + b[1] * bTimes;
            r[1] = (int)(c & Mask);
            c = (c >> 29) + a[2] * aTimes + b[2] * bTimes;
            r[2] = (int)(c & Mask);
            c = (c >> 29) + a[3] * aTimes + b[3] * bTimes - (over << 9);
            r[3] = (int)(c & Mask);
            c = (c >> 29) + a[4] * aTimes + b[4] * bTimes;
            r[4] = (int)(c & Mask);
            c = (c >> 29) + a[5] * aTimes + b[5] * bTimes;
            r[5] = (int)(c & Mask);
            c = (c >> 29) + a[6] * aTimes + b[6] * bTimes - (over << 18);
            r[6] = (int)(c & Mask);
            c = (c >> 29) + a[7] * aTimes + b[7] * bTimes + (over << 21);
            r[7] = (int)(c & Mask);
            r[8] = top + (int)(c >> 29);
        }

        /// <summary>Brings a number of 32 bytes, big-endian and below 2^256, into Montgomery form.</summary>
        public static void FromBytes(int[] r, byte[] bytes, int offset)
        {
            LimbBytes.Read(r, bytes, offset);
            Multiply(r, r, new int[] { 0xC00, 0x0, 0x1FFF0000, 0x1FDFFFFF, 0x1FBFFFFF, 0x1FFFFFFF, 0x1FFFFFFF, 0x1FFFFFFE, 0x13 });
        }

        /// <summary>Writes the number, below p, as 32 bytes big-endian.</summary>
        public static void ToBytes(int[] a, byte[] bytes, int offset)
        {
            int[] plain = new int[Limbs];
            Multiply(plain, a, new int[] { 1, 0, 0, 0, 0, 0, 0, 0, 0 });
            LimbBytes.SubtractIfNotLess(plain, Prime());
            LimbBytes.Write(plain, bytes, offset);
        }

        /// <summary>Whether two numbers are the same modulo p, both between -4p and 4p. For public numbers.</summary>
        public static bool AreEqual(int[] a, int[] b)
        {
            // The low limb of k p is -k, so it tells almost all that differ.
            if (((a[0] - b[0] + 8) & Mask) > 16)
            {
                return false;
            }

            int[] difference = new int[Limbs];
            byte[] bytes = new byte[32];
            Combine(difference, a, 1, b, -1);
            ToBytes(difference, bytes, 0);
            int bits = 0;
            for (int i = 0; i < 32; i++)
            {
                bits |= bytes[i];
            }

            return bits == 0;
        }

        /// <summary>The prime, limbs of the plain number.</summary>
        public static int[] Prime()
        {
            return new int[] { 0x1FFFFFFF, 0x1FFFFFFF, 0x1FFFFFFF, 0x1FF, 0x0, 0x0, 0x40000, 0x1FE00000, 0xFFFFFF };
        }
    }
}
