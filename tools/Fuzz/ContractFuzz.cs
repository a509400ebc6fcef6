using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Moving;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Node.Moving;

namespace DePin.Tools.Fuzz;

/// <summary>What a fuzzing run met.</summary>
/// <param name="Inputs">Inputs given to every decoder.</param>
/// <param name="Accepted">Inputs that some decoder took.</param>
/// <param name="LargestAllocationBytes">Most memory one input cost one decoder.</param>
/// <param name="SlowestMilliseconds">Longest time one input took; the machine's other work included.</param>
/// <param name="Problems">Inputs in hex with what went wrong; none in a good run.</param>
public sealed record FuzzResult(long Inputs, long Accepted, long LargestAllocationBytes, double SlowestMilliseconds, IReadOnlyList<string> Problems);

/// <summary>Gives mutated vectors to every decoder of the contracts: none may throw, hang or take memory by a length it did not check.</summary>
public static class ContractFuzz
{
    /// <summary>Most bytes of memory one input may cost one decoder, what it answers included; inputs have at most 20 KiB.</summary>
    public const long AllocationBound = 64 * 1024;

    /// <summary>Longest time for one input; generous, since it only has to tell a hang.</summary>
    public const double HangMilliseconds = 5000;

    private static readonly (string Name, Func<byte[], bool> Decode)[] Decoders =
    [
        ("signed message", TakesSigned),
        ("batch", TakesBatch),
        ("gap", input => Takes(input, Gap.Decode(input, 0, input.Length, out _)?.Encode())),
        ("status", input => Status.Decode(input, out _) is { } status && Takes(input, status.IsOffline ? Status.EncodeWill(status.Session) : status.Encode())),
        ("receipt", input => Takes(input, Receipt.Decode(input, out _)?.Encode())),
        ("reject", input => Takes(input, Reject.Decode(input, out _)?.Encode())),
        ("config", input => Takes(input, Config.Decode(input, out _)?.Encode())),
        ("pair challenge", input => Takes(input, PairChallenge.Decode(input, out _)?.Encode())),
        ("pair answer", input => Takes(input, PairAnswer.Decode(input, 0, input.Length, out _)?.Encode())),
        ("release", TakesRelease),
        ("rotation", input => Takes(input, KeyRotation.Decode(input, 0, input.Length, out _)?.Encode())),
        ("manifest", input => Takes(input, ReleaseManifest.Decode(input, 0, input.Length, out _)?.Encode())),
        ("update notice", input => Takes(input, UpdateNotice.Decode(input, out _)?.Encode())),
        ("update block", input => Takes(input, UpdateBlock.Decode(input, out _)?.Encode())),
        ("block request", input => Takes(input, BlockRequest.Decode(input, out _)?.Encode())),
        ("update report", input => Takes(input, UpdateReport.Decode(input, 0, input.Length, out _)?.Encode())),
        ("settings change", input => Takes(input, SettingsChange.Decode(input, 0, input.Length, out _)?.Encode())),
        ("settings order", input => Takes(input, SettingsOrder.Decode(input, out _)?.Encode())),
        ("settings report", input => Takes(input, SettingsReport.Decode(input, 0, input.Length, out _)?.Encode())),
        ("local page", TakesPage),
        ("sealed message", input => SealedMessage.Open(new PlatformDigest(), new byte[32], "depin/1/0000000000000000/down/receipt", input) is not null),
        ("flash request", input => Takes(input, FlashRequest.Decode(input, out _)?.Encode())),
        ("flash answer", input => Takes(input, FlashAnswer.Decode(input, out _)?.Encode())),
        ("node settings", input => Takes(input, NodeSettings.Decode(input, 0, input.Length, out _)?.Encode())),
        ("flash identity", input => new BoardIdentity { Proof = input }.PublicKey(new byte[FlashRequest.EntropyBytes], out _) is not null),
        ("flash lines", TakesLines),
        ("node id", input => NodeId.Parse(Encoding.Latin1.GetString(input)) is not null),
    ];

    private const int MaxInputBytes = 20 * 1024;
    private const int MaxProblems = 10;

    /// <summary>Runs this many inputs over the vectors of a folder.</summary>
    public static FuzzResult Run(string vectorFolder, long inputs, int seed, Action<long>? progress, CancellationToken cancellationToken)
    {
        var mutator = new Mutator(Seeds(vectorFolder), seed, MaxInputBytes);
        var problems = new List<string>();
        long accepted = 0, largest = 0;
        double slowest = 0;
        for (long i = 0; i < inputs && problems.Count < MaxProblems; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] input = mutator.Next();
            bool isTaken = false;
            foreach ((string name, Func<byte[], bool> decode) in Decoders)
            {
                Measured measured = Measure(decode, input);
                isTaken |= measured.IsTaken;
                largest = Math.Max(largest, measured.AllocatedBytes);
                slowest = Math.Max(slowest, measured.Milliseconds);
                if (measured.Problem is not null)
                {
                    problems.Add($"{name}: {measured.Problem} on {Convert.ToHexStringLower(input)}");
                }
            }

            accepted += isTaken ? 1 : 0;
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
                if (vector!["line"] is { } line)
                {
                    seeds.Add(Encoding.ASCII.GetBytes((string)line!));
                }

                seeds.AddRange(((string[])["message", "payload"]).Where(name => vector![name] is not null).Select(name => Convert.FromHexString((string)vector![name]!)));
            }
        }

        seeds.Add("POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 60\r\n\r\nn1=market&k1=12345678&n2=%C3%A9&k2=&n3=&k3=&h=a.b&p=8883&t=0"u8.ToArray());
        seeds.Add("n1=market&k1=12345678&n2=%C3%A9+b&k2=&n3=&k3=&h=a.b&p=8883&t=0123456789abcdef"u8.ToArray());
        seeds.RemoveAll(seed => seed.Length is 0 or > MaxInputBytes);
        return seeds.Count > 0 ? seeds : throw new InvalidDataException($"There are no vectors in {vectorFolder}.");
    }

    private static Measured Measure(Func<byte[], bool> decode, byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        bool isTaken = false;
        string? problem = null;
        try
        {
            isTaken = decode(input);
        }
        catch (Exception thrown)
        {
            problem = $"{thrown.GetType().Name}, {thrown.Message},";
        }

        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (problem is null && (allocated > AllocationBound || milliseconds > HangMilliseconds))
        {
            problem = $"{allocated} bytes and {milliseconds:0} ms";
        }

        return new Measured(isTaken, allocated, milliseconds, problem);
    }

    private static bool TakesBatch(byte[] input)
    {
        Batch? batch = Batch.Decode(input, 0, input.Length, out _);
        return batch is not null && (batch.Encode().AsSpan().SequenceEqual(input) ? true : throw new InvalidDataException("a batch was taken that is not deterministic"));
    }

    private static bool TakesSigned(byte[] input)
    {
        SignedMessage? message = SignedMessage.Decode(input, MeteringLimits.SignedBatchBytes, out _);
        return message is not null
            && (Batch.Decode(input, message.PayloadOffset, message.PayloadLength, out _) is not null
                | Gap.Decode(input, message.PayloadOffset, message.PayloadLength, out _) is not null
                | PairAnswer.Decode(input, message.PayloadOffset, message.PayloadLength, out _) is not null
                | UpdateReport.Decode(input, message.PayloadOffset, message.PayloadLength, out _) is not null);
    }

    private static bool TakesRelease(byte[] input)
    {
        if (CountersignedMessage.Decode(input, UpdateLimits.SignedReleaseBytes, out _) is not { } envelope)
        {
            return false;
        }

        byte[][] keyIds = [.. Enumerable.Range(0, envelope.Signatures).Select(envelope.CopyKeyId)];
        byte[][] signatures = [.. Enumerable.Range(0, envelope.Signatures).Select(envelope.CopySignature)];
        return Takes(input, CountersignedMessage.Encode(envelope.CopyPayload(), keyIds, signatures))
            && (SignedRelease.Decode(input, out _) is not null | KeyRotation.Decode(input, envelope.PayloadOffset, envelope.PayloadLength, out _) is not null);
    }

    // The page of a node's own Wi-Fi: whatever comes, a request ends within its bounds, and a form is applied or its fault is said.
    private static bool TakesPage(byte[] input)
    {
        var request = new LocalRequest();
        int at = 0;
        while (at < input.Length && !request.Take(input[at]))
        {
            at++;
        }

        LocalForm form = LocalForm.Parse(request.Status == 200 && request.IsForm ? request.Body : input);
        bool isApplied = form.Apply(new NodeSettings()) is not null;
        return isApplied == (form.Problem.Length == 0) ? isApplied : throw new InvalidDataException("a form was neither applied nor refused");
    }

    // As on a wire: noise, then a good line, which must come through.
    private static bool TakesLines(byte[] input)
    {
        var reader = new FlashLineReader();
        byte[] good = [0x83, 1, 1, 1];
        byte[]? last = null;
        bool isTaken = false;
        foreach (byte next in (byte[])[.. input, (byte)'\n', .. FlashLine.Encode(good)])
        {
            last = reader.Take(next);
            isTaken |= last is not null;
        }

        return last is not null && last.AsSpan().SequenceEqual(good) ? isTaken : throw new InvalidDataException("a good line behind noise was not found");
    }

    // A decoder that takes what its own encoder would write otherwise takes one thing in two forms.
    private static bool Takes(byte[] input, byte[]? encoded) =>
        encoded is not null && (encoded.AsSpan().SequenceEqual(input) ? true : throw new InvalidDataException("taken, and encoded to other bytes"));

    private readonly record struct Measured(bool IsTaken, long AllocatedBytes, double Milliseconds, string? Problem);
}
