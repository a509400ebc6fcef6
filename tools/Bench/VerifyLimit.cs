using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Tools.Bench;

/// <summary>How many of the same signatures the platform verifies in a second on this machine when it does nothing else, one by one on all processors: what anybody's program does without code of its own.</summary>
internal static class VerifyLimit
{
    public static double Measure(IReadOnlyList<SignedHistory> histories, TimeSpan howLong)
    {
        Check[] checks = [.. histories.Select(CheckOf)];
        long verified = 0;
        long began = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(first => new Thread(() => Interlocked.Add(ref verified, Verify(checks, first, began, howLong))))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(checks, check => check.Key.Dispose());
        return verified / seconds;
    }

    private static long Verify(Check[] checks, int first, long began, TimeSpan howLong)
    {
        long verified = 0;
        for (int i = first; Stopwatch.GetElapsedTime(began) < howLong; i++)
        {
            Check check = checks[i % checks.Length];
            if (check.Key.VerifyData(check.ToBeSigned, check.Signature, HashAlgorithmName.SHA256))
            {
                verified++;
            }
        }

        return verified;
    }

    private static Check CheckOf(SignedHistory history)
    {
        SignedMessage signed = SignedMessage.Decode(history.Message(0), MeteringLimits.SignedBatchBytes, out DecodeError error)
            ?? throw CommandException.Failed($"A message of the load generator's own cannot be decoded ({error}); nothing was measured.");
        byte[] toBeSigned = SignedMessage.ToBeSigned(SignedMessage.BatchContext, signed.Message, signed.PayloadOffset, signed.PayloadLength);
        return new Check(ECDsa.Create(history.Lamp.Key.ExportParameters(includePrivateParameters: false)), toBeSigned, signed.CopySignature());
    }

    private sealed record Check(ECDsa Key, byte[] ToBeSigned, byte[] Signature);
}
