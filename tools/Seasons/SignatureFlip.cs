using System.Numerics;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Tools.Seasons;

/// <summary>The other signature that is as valid as a given one: (r, n - s).</summary>
internal static class SignatureFlip
{
    private static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber, null);

    /// <summary>The message with it.</summary>
    public static byte[] Of(byte[] signed)
    {
        SignedMessage message = SignedMessage.Decode(signed, MeteringLimits.SignedBatchBytes, out _)!;
        byte[] flipped = [.. signed];
        BigInteger s = Order - new BigInteger(signed.AsSpan(message.SignatureOffset + 32, 32), isUnsigned: true, isBigEndian: true);
        byte[] bytes = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        flipped.AsSpan(message.SignatureOffset + 32, 32).Clear();
        bytes.CopyTo(flipped, message.SignatureOffset + 64 - bytes.Length);
        return flipped;
    }
}
