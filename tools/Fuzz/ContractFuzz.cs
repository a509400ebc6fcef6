using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;

namespace DePin.Tools.Fuzz;

/// <summary>What a fuzzing run met.</summary>
/// <param name="Inputs">Inputs given to every decoder.</param>
/// <param name="Accepted">Inputs that some decoder took.</param>
/// <param name="LargestAllocationBytes">Most memory one input cost.</param>
/// <param name="SlowestMilliseconds">Longest time one input took; the machine's other work included.</param>
/// <param name="Problems">Inputs in hex with what went wrong; none in a good run.</param>
public sealed record FuzzResult(long Inputs, long Accepted, long LargestAllocationBytes, double SlowestMilliseconds, IReadOnlyList<string> Problems);

/// <summary>Gives mutated vectors to every decoder of the contracts: none may throw, hang or take memory by a length it did not check.</summary>
public static class ContractFuzz
{
    /// <summary>Most bytes of memory one input may cost over all decoders; inputs have at most 20 KiB.</summary>
    public const long AllocationBound = 512 * 1024;

    /// <summary>Longest time for one input; generous, since it only has to tell a hang.</summary>
    public const double HangMilliseconds = 5000;

    private const int MaxInputBytes = 20 * 1024;
    private const int MaxProblems = 10;

    /// <summary>Runs this many inputs over the vectors of a folder.</summary>
    public static FuzzResult Run(string vectorFolder, long inputs, int seed, Action<long>? progress, CancellationToken cancellationToken)
    {
        var mutator = new Mutator(Seeds(vectorFolder), seed, MaxInputBytes);
        var digest = new PlatformDigest();
        var problems = new List<string>();
        long accepted = 0, largest = 0;
        double slowest = 0;
        for (long i = 0; i < inputs && problems.Count < MaxProblems; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] input = mutator.Next();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            try
            {
                accepted += Decode(input, digest) ? 1 : 0;
            }
            catch (Exception problem)
            {
                problems.Add($"{problem.GetType().Name} on {Convert.ToHexStringLower(input)}");
            }

            double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            largest = Math.Max(largest, allocated);
            slowest = Math.Max(slowest, milliseconds);
            if (allocated > AllocationBound || milliseconds > HangMilliseconds)
            {
                problems.Add($"{allocated} bytes and {milliseconds:0} ms on {Convert.ToHexStringLower(input)}");
            }

            if (i % 10_000 == 0)
            {
                progress?.Invoke(i);
            }
        }

        return new FuzzResult(inputs, accepted, largest, slowest, problems);
    }

    /// <summary>The good messages and payloads that inputs are made from.</summary>
    public static IReadOnlyList<byte[]> Seeds(string vectorFolder)
    {
        var seeds = new List<byte[]>();
        foreach (string file in Directory.GetFiles(vectorFolder, "*.json").Order(StringComparer.Ordinal))
        {
            foreach (JsonNode? vector in JsonNode.Parse(File.ReadAllText(file))!.AsArray())
            {
                seeds.AddRange(((string[])["message", "payload"]).Where(name => vector![name] is not null).Select(name => Convert.FromHexString((string)vector![name]!)));
            }
        }

        seeds.RemoveAll(seed => seed.Length is 0 or > MaxInputBytes);
        return seeds.Count > 0 ? seeds : throw new InvalidDataException($"There are no vectors in {vectorFolder}.");
    }

    private static bool Decode(byte[] input, PlatformDigest digest)
    {
        SignedMessage? message = SignedMessage.Decode(input, MeteringLimits.SignedBatchBytes, out _);
        bool taken = message is not null && Batch.Decode(input, message.PayloadOffset, message.PayloadLength, out _) is not null;
        Batch? batch = Batch.Decode(input, 0, input.Length, out DecodeError error);
        if (batch is not null && !batch.Encode().AsSpan().SequenceEqual(input))
        {
            throw new InvalidDataException("a batch was taken that is not deterministic");
        }

        taken |= batch is not null;
        taken |= Gap.Decode(input, 0, input.Length, out error) is not null;
        taken |= Status.Decode(input, out error) is not null;
        taken |= Receipt.Decode(input, out error) is not null;
        taken |= Reject.Decode(input, out error) is not null;
        taken |= Config.Decode(input, out error) is not null;
        taken |= SealedMessage.Open(digest, new byte[32], "depin/1/0000000000000000/down/receipt", input) is not null;
        taken |= NodeId.Parse(Encoding.Latin1.GetString(input)) is not null;
        return taken;
    }
}
