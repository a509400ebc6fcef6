using System.Numerics;

namespace DePin.Tests.Signatures;

/// <summary>Numbers of 256 bits as the platform's own arithmetic has them, to judge the lanes by.</summary>
internal static class Numbers
{
    /// <summary>The field's prime and the curve's order (SEC 2, 2.4.2).</summary>
    public static readonly BigInteger P = Parse("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"), N = Parse("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    public static byte[] Bytes(BigInteger number)
    {
        byte[] bytes = new byte[32];
        Assert.True(number.TryWriteBytes(bytes.AsSpan(32 - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true));
        return bytes;
    }

    public static BigInteger Parse(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);

    /// <summary>A number below the modulus, often with long runs of zeros or ones, where carries are lost.</summary>
    public static BigInteger Next(Random random, BigInteger modulus)
    {
        byte[] bytes = new byte[32];
        random.NextBytes(bytes);
        for (int i = 0; i < 4; i++)
        {
            if (random.Next(3) == 0)
            {
                bytes.AsSpan(8 * i, 8).Fill(random.Next(2) == 0 ? byte.MaxValue : (byte)0);
            }
        }

        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true) % modulus;
    }
}
