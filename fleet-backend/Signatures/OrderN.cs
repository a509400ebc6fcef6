using System.Buffers.Binary;

namespace DePin.Fleet.Signatures;

/// <summary>A number below n, the order of P-256 (SEC 2, 2.4.2), in four limbs of 64 bits, lowest first.</summary>
internal readonly struct OrderN
{
    private const ulong N0 = 0xF3B9_CAC2_FC63_2551, N1 = 0xBCE6_FAAD_A717_9E84, N2 = 0xFFFF_FFFF_FFFF_FFFF, N3 = 0xFFFF_FFFF_0000_0000;

    // -1 / n modulo 2^64.
    private const ulong Factor = 0xCCD1_C8AA_EE00_BC4F;

    // 2^256 and 2^512 modulo n: one in Montgomery form, and what brings a number into it.
    private static readonly OrderN One = new(0x0C46_353D_039C_DAAF, 0x4319_0552_58E8_617B, 0, 0xFFFF_FFFF);
    private static readonly OrderN ToMontgomery = new(0x8324_4C95_BE79_EEA2, 0x4699_799C_49BD_6FA6, 0x2845_B239_2B6B_EC59, 0x66E1_2D94_F3D9_5620);

    private readonly ulong _0, _1, _2, _3;

    private OrderN(ulong limb0, ulong limb1, ulong limb2, ulong limb3)
    {
        _0 = limb0;
        _1 = limb1;
        _2 = limb2;
        _3 = limb3;
    }

    public bool IsZero => (_0 | _1 | _2 | _3) == 0;

    public bool IsOdd => (_0 & 1) != 0;

    /// <summary>A product by Montgomery: a · b / 2^256 modulo n.</summary>
    public static OrderN operator *(OrderN a, OrderN b)
    {
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
        AddRow(a, b._0, ref t0, ref t1, ref t2, ref t3, ref t4);
        AddRow(a, b._1, ref t0, ref t1, ref t2, ref t3, ref t4);
        AddRow(a, b._2, ref t0, ref t1, ref t2, ref t3, ref t4);
        AddRow(a, b._3, ref t0, ref t1, ref t2, ref t3, ref t4);
        OrderN less = new OrderN(t0, t1, t2, t3).LessN(out bool isBelow);
        return isBelow && t4 == 0 ? new OrderN(t0, t1, t2, t3) : less;
    }

    /// <summary>n less this number; n itself where it is zero.</summary>
    public OrderN Negated()
    {
        ulong borrow = 0;
        return new OrderN(Subtract(N0, _0, ref borrow), Subtract(N1, _1, ref borrow), Subtract(N2, _2, ref borrow), Subtract(N3, _3, ref borrow));
    }

    /// <summary>The number in Montgomery form.</summary>
    public OrderN Montgomery() => this * ToMontgomery;

    /// <summary>So many bits, below 64, from one on; zeros beyond the highest.</summary>
    public ulong Bits(int first, int count)
    {
        Span<ulong> limbs = [_0, _1, _2, _3, 0];
        ulong low = limbs[first / 64] >> (first % 64);
        ulong high = first % 64 == 0 ? 0 : limbs[(first / 64) + 1] << (64 - (first % 64));
        return (low | high) & ((1UL << count) - 1);
    }

    /// <summary>A number of 32 bytes, big-endian; null where it is not below n.</summary>
    public static OrderN? Read(ReadOnlySpan<byte> bytes)
    {
        OrderN number = Limbs(bytes);
        number.LessN(out bool isBelow);
        return isBelow ? number : null;
    }

    /// <summary>A number of 32 bytes, big-endian, modulo n.</summary>
    public static OrderN ReadReduced(ReadOnlySpan<byte> bytes)
    {
        // Below 2 n.
        OrderN number = Limbs(bytes);
        OrderN less = number.LessN(out bool isBelow);
        return isBelow ? number : less;
    }

    /// <summary>Puts 1 / number in the place of each, all in Montgomery form and none zero, with one inversion: that of the product of all, times all but one, is that of the one.</summary>
    public static void Invert(Span<OrderN> numbers)
    {
        Span<OrderN> before = stackalloc OrderN[numbers.Length];
        OrderN product = One;
        for (int i = 0; i < numbers.Length; i++)
        {
            before[i] = product;
            product *= numbers[i];
        }

        OrderN inverse = product.Inverse();
        for (int i = numbers.Length - 1; i >= 0; i--)
        {
            OrderN number = numbers[i];
            numbers[i] = inverse * before[i];
            inverse *= number;
        }
    }

    // By Fermat: the power n - 2, four bits at a time.
    private OrderN Inverse()
    {
        Span<OrderN> powers = stackalloc OrderN[16];
        powers[0] = One;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * this;
        }

        var exponent = new OrderN(N0 - 2, N1, N2, N3);
        OrderN result = One;
        for (int bit = 252; bit >= 0; bit -= 4)
        {
            result *= result;
            result *= result;
            result *= result;
            result *= result;
            result *= powers[(int)exponent.Bits(bit, 4)];
        }

        return result;
    }

    private static OrderN Limbs(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt64BigEndian(bytes));

    private OrderN LessN(out bool isBelow)
    {
        ulong borrow = 0;
        var less = new OrderN(Subtract(_0, N0, ref borrow), Subtract(_1, N1, ref borrow), Subtract(_2, N2, ref borrow), Subtract(_3, N3, ref borrow));
        isBelow = borrow != 0;
        return less;
    }

    // t = (t + a · factor + m · n) / 2^64, with the m that makes it a multiple of 2^64; below 2 n.
    private static void AddRow(in OrderN a, ulong factor, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3, ref ulong t4)
    {
        ulong carry = 0;
        t0 = AddProduct(a._0, factor, t0, ref carry);
        t1 = AddProduct(a._1, factor, t1, ref carry);
        t2 = AddProduct(a._2, factor, t2, ref carry);
        t3 = AddProduct(a._3, factor, t3, ref carry);
        t4 += carry;
        ulong t5 = t4 < carry ? 1UL : 0;

        ulong m = t0 * Factor;
        carry = 0;
        AddProduct(m, N0, t0, ref carry);
        t0 = AddProduct(m, N1, t1, ref carry);
        t1 = AddProduct(m, N2, t2, ref carry);
        t2 = AddProduct(m, N3, t3, ref carry);
        t3 = t4 + carry;
        t4 = t5 + (t3 < carry ? 1UL : 0);
    }

    private static ulong AddProduct(ulong a, ulong b, ulong t, ref ulong carry)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        low += t;
        high += low < t ? 1UL : 0;
        low += carry;
        carry = high + (low < carry ? 1UL : 0);
        return low;
    }

    private static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        ulong difference = a - b;
        ulong result = difference - borrow;
        borrow = (a < b ? 1UL : 0) | (difference < borrow ? 1UL : 0);
        return result;
    }
}
