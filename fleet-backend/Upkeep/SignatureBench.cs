using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using DePin.Fleet.Signatures;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Signatures checked side by side against the platform's judgement, half of them with a changed bit, over keys, hashes and changes that nobody chose; and how many of each a
/// second, on all processors.
/// </summary>
internal static class SignatureBench
{
    private const int SignaturesOfKey = 64, ReportedEvery = 80_000;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    public static SignatureBenchResult Run(int signatures, Action<int> progress)
    {
        SignatureBenchResult result = Compare(signatures, progress);
        double platform = PerSecond((keys, checks) => keys.Platform(checks));
        double sideBySide = PerSecond((keys, checks) => keys.Lanes.Vouch(checks));
        return result with { PlatformPerSecond = Math.Round(platform), SideBySidePerSecond = Math.Round(sideBySide), TimesPlatform = Math.Round(sideBySide / platform, 2) };
    }

    /// <summary>Without the speeds.</summary>
    internal static SignatureBenchResult Compare(int signatures, Action<int> progress)
    {
        int disagreed = 0, right = 0, done = 0;
        long tableTicks = 0, tables = 0;
        int groups = (signatures + SignatureLanes.Count - 1) / SignatureLanes.Count;
        Parallel.For(
            0,
            (groups + SignaturesOfKey - 1) / SignaturesOfKey,
            part =>
            {
                using var keys = new EightKeys();
                Interlocked.Add(ref tableTicks, keys.TableTicks);
                Interlocked.Add(ref tables, SignatureLanes.Count);
                for (int i = 0; i < Math.Min(SignaturesOfKey, groups - (part * SignaturesOfKey)); i++)
                {
                    SignatureLanes.Check[] checks = keys.Sign(isChanged: true);
                    uint vouched = keys.Lanes.Vouch(checks);
                    uint valid = keys.Platform(checks);
                    Interlocked.Add(ref disagreed, BitOperations.PopCount(vouched ^ valid));
                    Interlocked.Add(ref right, BitOperations.PopCount(valid));
                    if (Interlocked.Add(ref done, SignatureLanes.Count) % ReportedEvery == 0)
                    {
                        progress(done);
                    }
                }
            });
        return new SignatureBenchResult(groups * SignatureLanes.Count, right, disagreed, SignatureLanes.AreFast, 0, 0, 0, Math.Round(tableTicks * 1e6 / Stopwatch.Frequency / tables, 1));
    }

    private static double PerSecond(Func<EightKeys, SignatureLanes.Check[], uint> check)
    {
        long checkedInAll = 0;
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            using var keys = new EightKeys();
            SignatureLanes.Check[] checks = keys.Sign(isChanged: false);
            long counted = 0;
            for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Measured; counted += SignatureLanes.Count)
            {
                check(keys, checks);
            }

            Interlocked.Add(ref checkedInAll, counted);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return checkedInAll / Measured.TotalSeconds;
    }

    private sealed class EightKeys : IDisposable
    {
        private readonly ECDsa[] _keys = [.. Enumerable.Range(0, SignatureLanes.Count).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
        private readonly CombTable[] _tables;

        public EightKeys()
        {
            long began = Stopwatch.GetTimestamp();
            _tables = SignatureLanes.TablesOf([.. _keys.Select(key => key.ExportParameters(includePrivateParameters: false).Q)]);
            TableTicks = Stopwatch.GetTimestamp() - began;
        }

        public SignatureLanes Lanes { get; } = new();

        public long TableTicks { get; }

        public SignatureLanes.Check[] Sign(bool isChanged) => [.. _keys.Select((key, i) =>
        {
            byte[] hash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
            byte[] signature = key.SignHash(hash);
            if (isChanged && Random.Shared.Next(2) == 0)
            {
                byte[] changed = Random.Shared.Next(3) == 0 ? hash : signature;
                changed[Random.Shared.Next(changed.Length)] ^= (byte)(1 << Random.Shared.Next(8));
            }

            return new SignatureLanes.Check(_tables[i], hash, signature);
        })];

        public uint Platform(SignatureLanes.Check[] checks)
        {
            uint valid = 0;
            for (int i = 0; i < checks.Length; i++)
            {
                valid |= _keys[i].VerifyHash(checks[i].Hash.Span, checks[i].Signature.Span) ? 1U << i : 0;
            }

            return valid;
        }

        public void Dispose() => Array.ForEach(_keys, key => key.Dispose());
    }
}

/// <summary>What <c>depin bench signatures</c> found.</summary>
/// <param name="Signatures">Checked both ways.</param>
/// <param name="Right">That the platform finds right.</param>
/// <param name="Wrong">On which the two disagree.</param>
/// <param name="IsUsed">Whether this processor has the vectors, so that a backend here checks side by side.</param>
/// <param name="PlatformPerSecond">Signatures a second by the platform, all processors.</param>
/// <param name="SideBySidePerSecond">The same eight at a time.</param>
/// <param name="TimesPlatform">The second by the first.</param>
/// <param name="TableMicroseconds">For the table of one key, eight made together.</param>
internal sealed record SignatureBenchResult(int Signatures, int Right, int Wrong, bool IsUsed, double PlatformPerSecond, double SideBySidePerSecond, double TimesPlatform, double TableMicroseconds);
