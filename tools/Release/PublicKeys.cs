using System.Numerics;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;

namespace DePin.Tools.Release;

/// <summary>Public keys in files, one of 66 hex digits a line, and what they verify.</summary>
internal static class PublicKeys
{
    private const int MaxBytes = 64 * 1024;

    private static readonly BigInteger Prime = BigInteger.Pow(2, 256) - BigInteger.Pow(2, 224) + BigInteger.Pow(2, 192) + BigInteger.Pow(2, 96) - 1;
    private static readonly BigInteger B = BigInteger.Parse("41058363725152142129326129780047268409114441015993725554835256314039467401291");

    /// <summary>All keys of these files.</summary>
    /// <exception cref="CommandException">A file cannot be read, or a line is no key.</exception>
    public static IReadOnlyList<byte[]> Read(IEnumerable<string> files)
    {
        var keys = new List<byte[]>();
        foreach (string file in files)
        {
            string text = System.Text.Encoding.UTF8.GetString(BundleFile.Bounded(file, MaxBytes, "a file of keys"));
            foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                keys.Add(Parse(line) ?? throw CommandException.WrongInput($"{file}: '{line[..Math.Min(line.Length, 80)]}' is no compressed P-256 key of 66 hex digits."));
            }
        }

        return [.. keys.DistinctBy(Convert.ToHexStringLower, StringComparer.Ordinal)];
    }

    /// <summary>A key that 66 hex digits say; null where they say none on the curve.</summary>
    public static byte[]? Parse(string text)
    {
        if (text.Length != 2 * KeyRotation.KeySize || !text.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        byte[] key = Convert.FromHexString(text);
        return key[0] is 2 or 3 && Decompress(key) is not null ? key : null;
    }

    /// <summary>Whether a signature of a message is right by this key.</summary>
    public static bool Verifies(byte[] publicKey, CountersignedMessage message, int signature, string context)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = Decompress(publicKey)!.Value });
        return key.VerifyData(message.ToBeSigned(context), message.CopySignature(signature), HashAlgorithmName.SHA256);
    }

    // y = sqrt(x^3 - 3x + b), by the power (p + 1) / 4, since p is 3 modulo 4 (SEC 1, 2.3.4).
    private static ECPoint? Decompress(byte[] key)
    {
        var x = new BigInteger(key.AsSpan(1), isUnsigned: true, isBigEndian: true);
        BigInteger square = (BigInteger.ModPow(x, 3, Prime) - (3 * x) + B) % Prime;
        square = square.Sign < 0 ? square + Prime : square;
        BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (x >= Prime || BigInteger.ModPow(y, 2, Prime) != square)
        {
            return null;
        }

        y = (int)(y & 1) == (key[0] & 1) ? y : Prime - y;
        byte[] bytes = y.ToByteArray(isUnsigned: true, isBigEndian: true);
        return new ECPoint { X = key[1..], Y = [.. new byte[32 - bytes.Length], .. bytes] };
    }
}
