using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Node.Signing;

namespace DePin.Tools.Bench;

/// <summary>
/// The device's signer and verifier against the platform's: every signature of the one is verified by the other, over random
/// keys and hashes that follow from a seed. The limit is what the platform signs in the same run.
/// </summary>
internal sealed class SignBench(long signatures, int seed, Action<long> progress)
{
    private const int SignaturesPerKey = 50;
    private const int ReportedEvery = 10_000;
    private long _made;
    private long _managedTicks;
    private long _verifyTicks;
    private long _platformTicks;

    public SignResult Run(CancellationToken cancellationToken)
    {
        long keys = (signatures + SignaturesPerKey - 1) / SignaturesPerKey;
        long wrong = 0;
        Parallel.For(
            0L,
            keys,
            new ParallelOptions { CancellationToken = cancellationToken },
            key => Interlocked.Add(ref wrong, Check(key, (int)Math.Min(SignaturesPerKey, signatures - (key * SignaturesPerKey)))));
        return new SignResult(signatures, seed, wrong, PerSecond(_managedTicks), PerSecond(_verifyTicks), PerSecond(_platformTicks));
    }

    private int Check(long keyNumber, int count)
    {
        var random = new Random(unchecked((seed * 1_000_003) + (int)keyNumber));
        byte[] scalar = new byte[32];
        do
        {
            random.NextBytes(scalar);
        }
        while (!EcdsaSigning.IsScalar(scalar));

        using ECDsa platform = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        NodeKey pair = NodeKey.FromPrivateKey(scalar);
        while (!pair.Step())
        {
        }

        var signing = new EcdsaSigning(new PlatformDigest(), scalar);
        var verification = new EcdsaVerification(pair.PublicKey());
        byte[] hash = new byte[32];
        int wrong = 0;
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(hash);
            wrong += IsRight(signing, verification, platform, hash) ? 0 : 1;
            long made = Interlocked.Increment(ref _made);
            if (made % ReportedEvery == 0)
            {
                progress(made);
            }
        }

        return wrong;
    }

    private bool IsRight(EcdsaSigning signing, EcdsaVerification verification, ECDsa platform, byte[] hash)
    {
        long began = Stopwatch.GetTimestamp();
        signing.Start(hash);
        while (!signing.Step())
        {
        }

        byte[] signature = signing.Signature();
        began = Add(ref _managedTicks, began);
        bool isRight = platform.VerifyHash(hash, signature);
        began = Stopwatch.GetTimestamp();
        byte[] other = platform.SignHash(hash);
        began = Add(ref _platformTicks, began);
        SignatureForm.MakeLow(other);
        verification.Start(hash, other);
        while (!verification.Step())
        {
        }

        Add(ref _verifyTicks, began);
        return isRight && verification.IsValid;
    }

    private static long Add(ref long total, long began)
    {
        long now = Stopwatch.GetTimestamp();
        Interlocked.Add(ref total, now - began);
        return now;
    }

    private double PerSecond(long ticks) => ticks == 0 ? 0 : signatures / ((double)ticks / Stopwatch.Frequency);
}

/// <summary>What was found; rates are per second of one processor.</summary>
internal sealed record SignResult(long Signatures, int Seed, long Wrong, double SignedPerSecond, double VerifiedPerSecond, double PlatformSignedPerSecond)
{
    public double Ratio => PlatformSignedPerSecond == 0 ? 0 : Math.Round(SignedPerSecond / PlatformSignedPerSecond, 4);
}
