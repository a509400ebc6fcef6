namespace DePin.Node.Signing
{
    /// <summary>
    /// Numbers modulo n, the order of P-256 (SEC 2, 2.4.2), in the form of <see cref="FieldP"/>. With
    /// n = 2^256 - 2^224 + 2^192 - c, a multiple of n costs five products and three shifts. No branch and no index depends on
    /// a value.
    /// </summary>
    public static class OrderN
    {
        private const int Mask = 0x1FFFFFFF;

        /// <summary>1 in Montgomery form.</summary>
        public static int[] One()
        {
            return new int[] { 0x139B55E0, 0x6353D03, 0x30BD862, 0x154963A, 0x8632, 0x0, 0x1F800000, 0x3FFFFFF, 0x0 };
        }

        /// <summary>r = a * b / 2^261; r may be a or b. Their largest limbs multiply to less than 2 * 2^58.</summary>
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
            m = t0 * 0xE00BC4F & Mask;
            t1 += ((t0 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t2 -= m * 0x1A185EC3;
            t3 -= m * 0x120AA4B1;
            t4 -= m * 0x431;
            t6 += m << 18;
            t7 -= m << 21;
            t8 += m << 24;
            m = t1 * 0xE00BC4F & Mask;
            t2 += ((t1 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t3 -= m * 0x1A185EC3;
            t4 -= m * 0x120AA4B1;
            t5 -= m * 0x431;
            t7 += m << 18;
            t8 -= m << 21;
            t9 += m << 24;
            m = t2 * 0xE00BC4F & Mask;
            t3 += ((t2 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t4 -= m * 0x1A185EC3;
            t5 -= m * 0x120AA4B1;
            t6 -= m * 0x431;
            t8 += m << 18;
            t9 -= m << 21;
            t10 += m << 24;
            m = t3 * 0xE00BC4F & Mask;
            t4 += ((t3 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t5 -= m * 0x1A185EC3;
            t6 -= m * 0x120AA4B1;
            t7 -= m * 0x431;
            t9 += m << 18;
            t10 -= m << 21;
            t11 += m << 24;
            m = t4 * 0xE00BC4F & Mask;
            t5 += ((t4 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t6 -= m * 0x1A185EC3;
            t7 -= m * 0x120AA4B1;
            t8 -= m * 0x431;
            t10 += m << 18;
            t11 -= m << 21;
            t12 += m << 24;
            m = t5 * 0xE00BC4F & Mask;
            t6 += ((t5 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t7 -= m * 0x1A185EC3;
            t8 -= m * 0x120AA4B1;
            t9 -= m * 0x431;
            t11 += m << 18;
            t12 -= m << 21;
            t13 += m << 24;
            m = t6 * 0xE00BC4F & Mask;
            t7 += ((t6 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t8 -= m * 0x1A185EC3;
            t9 -= m * 0x120AA4B1;
            t10 -= m * 0x431;
            t12 += m << 18;
            t13 -= m << 21;
            t14 += m << 24;
            m = t7 * 0xE00BC4F & Mask;
            t8 += ((t7 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t9 -= m * 0x1A185EC3;
            t10 -= m * 0x120AA4B1;
            t11 -= m * 0x431;
            t13 += m << 18;
            t14 -= m << 21;
            t15 += m << 24;
            m = t8 * 0xE00BC4F & Mask;
            t9 += ((t8 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t10 -= m * 0x1A185EC3;
            t11 -= m * 0x120AA4B1;
            t12 -= m * 0x431;
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

        /// <summary>r = a * a / 2^261; r may be a.</summary>
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
            m = t0 * 0xE00BC4F & Mask;
            t1 += ((t0 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t2 -= m * 0x1A185EC3;
            t3 -= m * 0x120AA4B1;
            t4 -= m * 0x431;
            t6 += m << 18;
            t7 -= m << 21;
            t8 += m << 24;
            m = t1 * 0xE00BC4F & Mask;
            t2 += ((t1 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t3 -= m * 0x1A185EC3;
            t4 -= m * 0x120AA4B1;
            t5 -= m * 0x431;
            t7 += m << 18;
            t8 -= m << 21;
            t9 += m << 24;
            m = t2 * 0xE00BC4F & Mask;
            t3 += ((t2 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t4 -= m * 0x1A185EC3;
            t5 -= m * 0x120AA4B1;
            t6 -= m * 0x431;
            t8 += m << 18;
            t9 -= m << 21;
            t10 += m << 24;
            m = t3 * 0xE00BC4F & Mask;
            t4 += ((t3 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t5 -= m * 0x1A185EC3;
            t6 -= m * 0x120AA4B1;
            t7 -= m * 0x431;
            t9 += m << 18;
            t10 -= m << 21;
            t11 += m << 24;
            m = t4 * 0xE00BC4F & Mask;
            t5 += ((t4 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t6 -= m * 0x1A185EC3;
            t7 -= m * 0x120AA4B1;
            t8 -= m * 0x431;
            t10 += m << 18;
            t11 -= m << 21;
            t12 += m << 24;
            m = t5 * 0xE00BC4F & Mask;
            t6 += ((t5 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t7 -= m * 0x1A185EC3;
            t8 -= m * 0x120AA4B1;
            t9 -= m * 0x431;
            t11 += m << 18;
            t12 -= m << 21;
            t13 += m << 24;
            m = t6 * 0xE00BC4F & Mask;
            t7 += ((t6 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t8 -= m * 0x1A185EC3;
            t9 -= m * 0x120AA4B1;
            t10 -= m * 0x431;
            t12 += m << 18;
            t13 -= m << 21;
            t14 += m << 24;
            m = t7 * 0xE00BC4F & Mask;
            t8 += ((t7 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t9 -= m * 0x1A185EC3;
            t10 -= m * 0x120AA4B1;
            t11 -= m * 0x431;
            t13 += m << 18;
            t14 -= m << 21;
            t15 += m << 24;
            m = t8 * 0xE00BC4F & Mask;
            t9 += ((t8 - m * 0x39CDAAF) >> 29) - m * 0x231A9E8;
            t10 -= m * 0x1A185EC3;
            t11 -= m * 0x120AA4B1;
            t12 -= m * 0x431;
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

        /// <summary>r = a * 2^261: into Montgomery form.</summary>
        public static void ToMontgomery(int[] r, int[] a)
        {
            Multiply(r, a, new int[] { 0x148D9EF5, 0xF4E7F75, 0x14C6A651, 0x3F8B765, 0x165861F1, 0x1256D7D8, 0x1C185B23, 0xD4CAB0F, 0x84B655 });
        }

        /// <summary>Writes a plain number between 0 and 3n as 32 bytes big-endian, below n.</summary>
        public static void ToBytes(int[] a, byte[] bytes, int offset)
        {
            LimbBytes.Carry(a);
            LimbBytes.SubtractIfNotLess(a, Order());
            LimbBytes.SubtractIfNotLess(a, Order());
            LimbBytes.Write(a, bytes, offset);
        }

        /// <summary>n, limbs of the plain number.</summary>
        public static int[] Order()
        {
            return new int[] { 0x1C632551, 0x1DCE5617, 0x5E7A13C, 0xDF55B4E, 0x1FFFFBCE, 0x1FFFFFFF, 0x3FFFF, 0x1FE00000, 0xFFFFFF };
        }
    }
}
