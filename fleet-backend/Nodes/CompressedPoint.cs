using System.Numerics;
using System.Security.Cryptography;

namespace DePin.Fleet.Nodes;

/// <summary>
/// A P-256 public key in compressed form (SEC 1, 2.3.3): 2 or 3, then x. The platform imports only both coordinates, so y is
/// worked out here: y² = x³ - 3x + b, and the root is a power, since p mod 4 = 3. Takes a fraction of a millisecond.
/// </summary>
public static class CompressedPoint
{
    /// <summary>Bytes of a compressed key.</summary>
    public const int Size = 33;

    // SEC 2, 2.4.2.
    private static readonly BigInteger Prime = Parse("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger B = Parse("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    /// <summary>The key, or null when the bytes are not a point on the curve in compressed form.</summary>
    public static ECParameters? Decompress(ReadOnlySpan<byte> compressed)
    {
        if (compressed.Length != Size || compressed[0] is not (2 or 3))
        {
            return null;
        }

        var x = new BigInteger(compressed[1..], isUnsigned: true, isBigEndian: true);
        if (x >= Prime)
        {
            return null;
        }

        BigInteger square = ((x * x * x) - (3 * x) + B) % Prime;
        square = square.Sign < 0 ? square + Prime : square;
        BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (y * y % Prime != square)
        {
            return null;
        }

        if (y.IsEven != (compressed[0] == 2))
        {
            y = Prime - y;
        }

        byte[] root = new byte[32];
        y.TryWriteBytes(root.AsSpan(32 - y.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = compressed[1..].ToArray(), Y = root } };
    }

    /// <summary>The compressed form of a key.</summary>
    public static byte[] Compress(ECPoint point) => [(byte)(2 + (point.Y![^1] & 1)), .. point.X!];

    private static BigInteger Parse(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
