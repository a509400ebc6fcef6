using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Tools.Api;

namespace DePin.Tools.Crash;

/// <summary>All that a backend has stored of one node, read over its API and checked from the bytes themselves.</summary>
internal sealed record StoredChain(IReadOnlyList<string> Hashes, string? Break)
{
    public static async Task<StoredChain> ReadAsync(FleetApi api, string nodeId, CancellationToken cancellationToken)
    {
        var hashes = new List<string>();
        string? broken = null;
        long next = 1;
        byte[] head = new byte[Batch.HashSize];
        await foreach (JsonNode row in api.ItemsAsync($"api/nodes/{nodeId}/batches", cancellationToken))
        {
            string hash = (string)row["payloadHash"]!;
            byte[] message = await api.BatchBytesAsync(hash, cancellationToken)
                ?? throw CommandException.Failed($"The backend lists batch {hash} of {nodeId} and does not have it.");
            hashes.Add(hash);
            broken ??= Follows(message, hash, ref next, ref head);
        }

        return new StoredChain(hashes, broken);
    }

    // What breaks the chain at this batch, or null; moves on to what must come next.
    private static string? Follows(byte[] message, string hash, ref long next, ref byte[] head)
    {
        SignedMessage? signed = SignedMessage.Decode(message, MeteringLimits.SignedBatchBytes, out DecodeError _);
        Batch? batch = signed is null ? null : Batch.Decode(message, signed.PayloadOffset, signed.PayloadLength, out DecodeError _);
        if (batch is null)
        {
            return $"batch {hash} cannot be decoded";
        }

        byte[] actual = SHA256.HashData(signed!.CopyPayload());
        string? broken = batch.Sequence != next ? $"batch {hash} begins at {batch.Sequence}, not at {next}"
            : !batch.Previous.AsSpan().SequenceEqual(head) ? $"batch {hash} does not name the one before it"
            : Hex.Lower(actual) != hash ? $"batch {hash} has another hash"
            : null;
        next = batch.NextSequence;
        head = actual;
        return broken;
    }
}
