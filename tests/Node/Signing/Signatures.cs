using System.Security.Cryptography;
using DePin.Host.Platform;
using DePin.Node.Signing;

namespace DePin.Tests.Node.Signing;

/// <summary>The stepwise signer and verifier run to their ends, and the platform's as the judge of both.</summary>
internal static class Signatures
{
    public static byte[] Sign(byte[] privateKey, byte[] hash)
    {
        var signing = new EcdsaSigning(new PlatformDigest(), privateKey);
        signing.Start(hash);
        while (!signing.Step())
        {
        }

        return signing.Signature();
    }

    public static bool IsValid(byte[] publicKey, byte[] hash, byte[] signature)
    {
        var verification = new EcdsaVerification(publicKey);
        verification.Start(hash, signature);
        while (!verification.Step())
        {
        }

        return verification.IsValid;
    }

    public static byte[] PublicKey(byte[] privateKey)
    {
        NodeKey key = NodeKey.FromPrivateKey(privateKey);
        while (!key.Step())
        {
        }

        return key.PublicKey();
    }

    public static byte[] PlatformPublicKey(byte[] privateKey)
    {
        using ECDsa key = PlatformKey(privateKey);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
    }

    public static ECDsa PlatformKey(byte[] privateKey) =>
        ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = privateKey });

    public static byte[] Scalar(Random random)
    {
        byte[] scalar = new byte[32];
        do
        {
            random.NextBytes(scalar);
        }
        while (!EcdsaSigning.IsScalar(scalar));

        return scalar;
    }
}
