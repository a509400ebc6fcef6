using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DePin.Fleet.Signatures;

/// <summary>
/// Eight numbers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, the field of P-256 (SEC 2, 2.4.2), computed side by side: one in each lane. Each is nine signed limbs of
/// 29 bits, lowest first, and stands for itself times 2^261 modulo p (Montgomery). Limbs are lazy: a sum or a difference carries nothing, so that limbs grow, and
/// <see cref="Tidy"/> has to come before they are too large for a product.
/// </summary>
/// <remarks>
/// Bounds, in units of 2^29 for limbs and of p for values. A product has limbs of 0 to 1 and a value of -1 to 2; a tidy number has limbs of -1/4 to 5/4 and a value
/// of 0 to 1, give or take 2^-26. The largest limbs of two factors may have a product of 3.4 at most: nine of these products and what the reduction adds stay below 2^63. Limbs that are to be
/// tidied are below 2^60, values between -60 and 60.
/// </remarks>
internal readonly struct FieldLanes
{
    /// <summary>Numbers that are computed side by side.</summary>
    public const int Lanes = 8;

    /// <summary>64-bit words of a packed number, lowest first.</summary>
    public const int Words = 4;

    private const int Bits = 29;
    private const long Low29 = (1L << Bits) - 1, Low24 = (1L << 24) - 1;

    // 2^522 modulo p.
    private static readonly FieldLanes ToMontgomery = Unpack([.. Enumerable.Range(0, Words * Lanes).Select(i => new ulong[] { 0xC00, 0xFFFF_EFFF_FFFF_FC00, 0xFFFF_FFFF_FFFF_FBFF, 0x13FF_FFFF_F7FF }[i / Lanes])]);

    private readonly Vector512<long> _0, _1, _2, _3, _4, _5, _6, _7, _8;

    private FieldLanes(
        Vector512<long> limb0, Vector512<long> limb1, Vector512<long> limb2, Vector512<long> limb3, Vector512<long> limb4, Vector512<long> limb5, Vector512<long> limb6, Vector512<long> limb7, Vector512<long> limb8)
    {
        _0 = limb0;
        _1 = limb1;
        _2 = limb2;
        _3 = limb3;
        _4 = limb4;
        _5 = limb5;
        _6 = limb6;
        _7 = limb7;
        _8 = limb8;
    }

    /// <summary>One in every lane.</summary>
    public static FieldLanes One { get; } = OfAll("0000000000000000000000000000000000000000000000000000000000000001");

    public static FieldLanes operator +(in FieldLanes a, in FieldLanes b) =>
        new(a._0 + b._0, a._1 + b._1, a._2 + b._2, a._3 + b._3, a._4 + b._4, a._5 + b._5, a._6 + b._6, a._7 + b._7, a._8 + b._8);

    public static FieldLanes operator -(in FieldLanes a, in FieldLanes b) =>
        new(a._0 - b._0, a._1 - b._1, a._2 - b._2, a._3 - b._3, a._4 - b._4, a._5 - b._5, a._6 - b._6, a._7 - b._7, a._8 - b._8);

    /// <summary>The number times 2^shift, untidy.</summary>
    public static FieldLanes operator <<(in FieldLanes a, int shift) =>
        new(a._0 << shift, a._1 << shift, a._2 << shift, a._3 << shift, a._4 << shift, a._5 << shift, a._6 << shift, a._7 << shift, a._8 << shift);

    /// <summary>
    /// The product by columns, lowest first. Each of the lowest nine is made a multiple of 2^29 by adding that many p, which is -1 modulo 2^29, and falls away.
    /// </summary>
    // Compiled well at once: at first the runtime compiles quickly, and a fleet that comes back needs it then.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static FieldLanes operator *(in FieldLanes a, in FieldLanes b)
    {
        var low29 = Vector512.Create(Low29);
        Vector512<long> a0 = a._0, a1 = a._1, a2 = a._2, a3 = a._3, a4 = a._4, a5 = a._5, a6 = a._6, a7 = a._7, a8 = a._8;
        Vector512<long> b0 = b._0, b1 = b._1, b2 = b._2, b3 = b._3, b4 = b._4, b5 = b._5, b6 = b._6, b7 = b._7, b8 = b._8;

        Vector512<long> t = Product(a0, b0);
        Vector512<long> m0 = t & low29;
        t = (t >> Bits) + Product(a0, b1) + Product(a1, b0);
        Vector512<long> m1 = t & low29;
        t = (t >> Bits) + Product(a0, b2) + Product(a1, b1) + Product(a2, b0);
        Vector512<long> m2 = t & low29;
        t = (t >> Bits) + Product(a0, b3) + Product(a1, b2) + Product(a2, b1) + Product(a3, b0) + At3(m0);
        Vector512<long> m3 = t & low29;
        t = (t >> Bits) + Product(a0, b4) + Product(a1, b3) + Product(a2, b2) + Product(a3, b1) + Product(a4, b0) + At3(m1);
        Vector512<long> m4 = t & low29;
        t = (t >> Bits) + Product(a0, b5) + Product(a1, b4) + Product(a2, b3) + Product(a3, b2) + Product(a4, b1) + Product(a5, b0) + At3(m2);
        Vector512<long> m5 = t & low29;
        t = (t >> Bits) + Product(a0, b6) + Product(a1, b5) + Product(a2, b4) + Product(a3, b3) + Product(a4, b2) + Product(a5, b1) + Product(a6, b0) + At3(m3) + At6(m0);
        Vector512<long> m6 = t & low29;
        t = (t >> Bits) + Product(a0, b7) + Product(a1, b6) + Product(a2, b5) + Product(a3, b4) + Product(a4, b3) + Product(a5, b2) + Product(a6, b1) + Product(a7, b0) + At3(m4) + At6(m1) - At7(m0);
        Vector512<long> m7 = t & low29;
        t = (t >> Bits) + Product(a0, b8) + Product(a1, b7) + Product(a2, b6) + Product(a3, b5) + Product(a4, b4) + Product(a5, b3) + Product(a6, b2) + Product(a7, b1) + Product(a8, b0)
            + At3(m5) + At6(m2) - At7(m1) + At8(m0);
        Vector512<long> m8 = t & low29;
        t = (t >> Bits) + Product(a1, b8) + Product(a2, b7) + Product(a3, b6) + Product(a4, b5) + Product(a5, b4) + Product(a6, b3) + Product(a7, b2) + Product(a8, b1)
            + At3(m6) + At6(m3) - At7(m2) + At8(m1);
        Vector512<long> r0 = t & low29;
        t = (t >> Bits) + Product(a2, b8) + Product(a3, b7) + Product(a4, b6) + Product(a5, b5) + Product(a6, b4) + Product(a7, b3) + Product(a8, b2) + At3(m7) + At6(m4) - At7(m3) + At8(m2);
        Vector512<long> r1 = t & low29;
        t = (t >> Bits) + Product(a3, b8) + Product(a4, b7) + Product(a5, b6) + Product(a6, b5) + Product(a7, b4) + Product(a8, b3) + At3(m8) + At6(m5) - At7(m4) + At8(m3);
        Vector512<long> r2 = t & low29;
        t = (t >> Bits) + Product(a4, b8) + Product(a5, b7) + Product(a6, b6) + Product(a7, b5) + Product(a8, b4) + At6(m6) - At7(m5) + At8(m4);
        Vector512<long> r3 = t & low29;
        t = (t >> Bits) + Product(a5, b8) + Product(a6, b7) + Product(a7, b6) + Product(a8, b5) + At6(m7) - At7(m6) + At8(m5);
        Vector512<long> r4 = t & low29;
        t = (t >> Bits) + Product(a6, b8) + Product(a7, b7) + Product(a8, b6) + At6(m8) - At7(m7) + At8(m6);
        Vector512<long> r5 = t & low29;
        t = (t >> Bits) + Product(a7, b8) + Product(a8, b7) - At7(m8) + At8(m7);
        Vector512<long> r6 = t & low29;
        t = (t >> Bits) + Product(a8, b8) + At8(m8);
        Vector512<long> r7 = t & low29;
        return new FieldLanes(r0, r1, r2, r3, r4, r5, r6, r7, t >> Bits);
    }

    /// <summary>The product with itself, whose mixed products count twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public FieldLanes Square()
    {
        var low29 = Vector512.Create(Low29);
        Vector512<long> a0 = _0, a1 = _1, a2 = _2, a3 = _3, a4 = _4, a5 = _5, a6 = _6, a7 = _7, a8 = _8;
        Vector512<long> d0 = a0 + a0, d1 = a1 + a1, d2 = a2 + a2, d3 = a3 + a3, d4 = a4 + a4, d5 = a5 + a5, d6 = a6 + a6, d7 = a7 + a7;

        Vector512<long> t = Product(a0, a0);
        Vector512<long> m0 = t & low29;
        t = (t >> Bits) + Product(d0, a1);
        Vector512<long> m1 = t & low29;
        t = (t >> Bits) + Product(d0, a2) + Product(a1, a1);
        Vector512<long> m2 = t & low29;
        t = (t >> Bits) + Product(d0, a3) + Product(d1, a2) + At3(m0);
        Vector512<long> m3 = t & low29;
        t = (t >> Bits) + Product(d0, a4) + Product(d1, a3) + Product(a2, a2) + At3(m1);
        Vector512<long> m4 = t & low29;
        t = (t >> Bits) + Product(d0, a5) + Product(d1, a4) + Product(d2, a3) + At3(m2);
        Vector512<long> m5 = t & low29;
        t = (t >> Bits) + Product(d0, a6) + Product(d1, a5) + Product(d2, a4) + Product(a3, a3) + At3(m3) + At6(m0);
        Vector512<long> m6 = t & low29;
        t = (t >> Bits) + Product(d0, a7) + Product(d1, a6) + Product(d2, a5) + Product(d3, a4) + At3(m4) + At6(m1) - At7(m0);
        Vector512<long> m7 = t & low29;
        t = (t >> Bits) + Product(d0, a8) + Product(d1, a7) + Product(d2, a6) + Product(d3, a5) + Product(a4, a4) + At3(m5) + At6(m2) - At7(m1) + At8(m0);
        Vector512<long> m8 = t & low29;
        t = (t >> Bits) + Product(d1, a8) + Product(d2, a7) + Product(d3, a6) + Product(d4, a5) + At3(m6) + At6(m3) - At7(m2) + At8(m1);
        Vector512<long> r0 = t & low29;
        t = (t >> Bits) + Product(d2, a8) + Product(d3, a7) + Product(d4, a6) + Product(a5, a5) + At3(m7) + At6(m4) - At7(m3) + At8(m2);
        Vector512<long> r1 = t & low29;
        t = (t >> Bits) + Product(d3, a8) + Product(d4, a7) + Product(d5, a6) + At3(m8) + At6(m5) - At7(m4) + At8(m3);
        Vector512<long> r2 = t & low29;
        t = (t >> Bits) + Product(d4, a8) + Product(d5, a7) + Product(a6, a6) + At6(m6) - At7(m5) + At8(m4);
        Vector512<long> r3 = t & low29;
        t = (t >> Bits) + Product(d5, a8) + Product(d6, a7) + At6(m7) - At7(m6) + At8(m5);
        Vector512<long> r4 = t & low29;
        t = (t >> Bits) + Product(d6, a8) + Product(a7, a7) + At6(m8) - At7(m7) + At8(m6);
        Vector512<long> r5 = t & low29;
        t = (t >> Bits) + Product(d7, a8) - At7(m8) + At8(m7);
        Vector512<long> r6 = t & low29;
        t = (t >> Bits) + Product(a8, a8) + At8(m8);
        Vector512<long> r7 = t & low29;
        return new FieldLanes(r0, r1, r2, r3, r4, r5, r6, r7, t >> Bits);
    }

    /// <summary>This number to the power 2^times.</summary>
    public FieldLanes SquareTimes(int times)
    {
        FieldLanes result = this;
        for (int i = 0; i < times; i++)
        {
            result = result.Square();
        }

        return result;
    }

    /// <summary>The same number with small limbs and a value of 0 to 1: carries what is beyond 29 bits, then takes away p as often as 2^256 is in it.</summary>
    public FieldLanes Tidy()
    {
        FieldLanes c = Carried();
        Vector512<long> times = c._8 >> 24;
        return new FieldLanes(
            c._0 + times, c._1, c._2, c._3 - (times << 9), c._4, c._5, c._6 - (times << 18), c._7 + (times << 21), c._8 & Vector512.Create(Low24));
    }

    /// <summary>Minus the number where a lane of the mask is -1, the number itself where it is 0.</summary>
    public FieldLanes NegatedWhere(Vector512<long> mask) => new(
        (_0 ^ mask) - mask, (_1 ^ mask) - mask, (_2 ^ mask) - mask, (_3 ^ mask) - mask, (_4 ^ mask) - mask, (_5 ^ mask) - mask, (_6 ^ mask) - mask, (_7 ^ mask) - mask, (_8 ^ mask) - mask);

    /// <summary>1 / this by Fermat: the power p - 2. Zero stays zero.</summary>
    public FieldLanes Inverse()
    {
        // p - 2 from the top: 32 ones, 31 zeros and a one, 96 zeros, 94 ones, a zero and a one.
        FieldLanes ones2 = Square() * this;
        FieldLanes ones4 = ones2.SquareTimes(2) * ones2;
        FieldLanes ones8 = ones4.SquareTimes(4) * ones4;
        FieldLanes ones16 = ones8.SquareTimes(8) * ones8;
        FieldLanes ones24 = ones16.SquareTimes(8) * ones8;
        FieldLanes ones30 = (ones24.SquareTimes(4) * ones4).SquareTimes(2) * ones2;
        FieldLanes ones32 = ones30.SquareTimes(2) * ones2;
        FieldLanes ones94 = (ones32.SquareTimes(30) * ones30).SquareTimes(32) * ones32;
        return ((ones32.SquareTimes(32) * this).SquareTimes(96 + 94) * ones94).SquareTimes(2) * this;
    }

    /// <summary>Which lanes are zero modulo p, a bit for each.</summary>
    public ulong ZeroLanes()
    {
        // A tidy zero is 0 or p itself.
        FieldLanes c = Tidy().Carried();
        Vector512<long> low29 = Vector512.Create(Low29);
        Vector512<long> notZero = c._0 | c._1 | c._2 | c._3 | c._4 | c._5 | c._6 | c._7 | c._8;
        Vector512<long> notP = (c._0 ^ low29) | (c._1 ^ low29) | (c._2 ^ low29) | (c._3 ^ Vector512.Create(0x1FFL)) | c._4 | c._5 | (c._6 ^ Vector512.Create(0x4_0000L))
            | (c._7 ^ Vector512.Create(0x1FE0_0000L)) | (c._8 ^ Vector512.Create(0xFF_FFFFL));
        return (Vector512.Equals(notZero, Vector512<long>.Zero) | Vector512.Equals(notP, Vector512<long>.Zero)).ExtractMostSignificantBits();
    }

    /// <summary>Numbers below 2^256 from their words: the lowest of every lane, then the next ones.</summary>
    public static FieldLanes Unpack(ReadOnlySpan<ulong> words)
    {
        Vector512<ulong> low29 = Vector512.Create((ulong)Low29);
        Vector512<ulong> words0 = Vector512.Create(words), words1 = Vector512.Create(words[Lanes..]), words2 = Vector512.Create(words[(2 * Lanes)..]), words3 = Vector512.Create(words[(3 * Lanes)..]);
        return new FieldLanes(
            (words0 & low29).AsInt64(),
            ((words0 >>> 29) & low29).AsInt64(),
            (((words0 >>> 58) | (words1 << 6)) & low29).AsInt64(),
            ((words1 >>> 23) & low29).AsInt64(),
            (((words1 >>> 52) | (words2 << 12)) & low29).AsInt64(),
            ((words2 >>> 17) & low29).AsInt64(),
            (((words2 >>> 46) | (words3 << 18)) & low29).AsInt64(),
            ((words3 >>> 11) & low29).AsInt64(),
            (words3 >>> 40).AsInt64());
    }

    /// <summary>The words, see <see cref="Unpack"/>.</summary>
    public void Pack(Span<ulong> words)
    {
        // A tidy value may be a little below 0 or above 2^256; a second time it is not.
        FieldLanes c = Tidy().Tidy().Carried();
        (c._0 | (c._1 << 29) | (c._2 << 58)).AsUInt64().CopyTo(words);
        ((c._2 >> 6) | (c._3 << 23) | (c._4 << 52)).AsUInt64().CopyTo(words[Lanes..]);
        ((c._4 >> 12) | (c._5 << 17) | (c._6 << 46)).AsUInt64().CopyTo(words[(2 * Lanes)..]);
        ((c._6 >> 18) | (c._7 << 11) | (c._8 << 40)).AsUInt64().CopyTo(words[(3 * Lanes)..]);
    }

    /// <summary>Numbers of 32 bytes, big-endian, one for each lane.</summary>
    public static FieldLanes Read(ReadOnlySpan<byte> numbers)
    {
        Span<ulong> words = stackalloc ulong[Words * Lanes];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64BigEndian(numbers[((32 * (i % Lanes)) + 24 - (8 * (i / Lanes)))..]);
        }

        // Times 2^522 / 2^261.
        return Unpack(words) * ToMontgomery;
    }

    /// <summary>The same number, 64 hex digits, in every lane.</summary>
    public static FieldLanes OfAll(string hex) => Read(Convert.FromHexString(string.Concat(Enumerable.Repeat(hex, Lanes))));

    private FieldLanes Carried()
    {
        var low29 = Vector512.Create(Low29);
        Vector512<long> t1 = _1 + (_0 >> Bits);
        Vector512<long> t2 = _2 + (t1 >> Bits);
        Vector512<long> t3 = _3 + (t2 >> Bits);
        Vector512<long> t4 = _4 + (t3 >> Bits);
        Vector512<long> t5 = _5 + (t4 >> Bits);
        Vector512<long> t6 = _6 + (t5 >> Bits);
        Vector512<long> t7 = _7 + (t6 >> Bits);
        return new FieldLanes(_0 & low29, t1 & low29, t2 & low29, t3 & low29, t4 & low29, t5 & low29, t6 & low29, t7 & low29, _8 + (t7 >> Bits));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Product(Vector512<long> a, Vector512<long> b) => Avx512F.IsSupported ? Avx512F.Multiply(a.AsInt32(), b.AsInt32()) : a * b;

    // What p adds for each m: 2^96 is 2^9 at limb 3, 2^192 is 2^18 at 6, -2^224 is -2^21 at 7, and 2^256 is 2^24 at 8.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> At3(Vector512<long> m) => m << 9;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> At6(Vector512<long> m) => m << 18;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> At7(Vector512<long> m) => m << 21;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> At8(Vector512<long> m) => m << 24;
}
