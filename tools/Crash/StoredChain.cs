using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Tools.Api;

namespace DePin.Tools.Crash;

/// <summary>
/// All that a backend has stored of one node, read over its API and checked from the bytes themselves. Read again, it goes on where it stood.
/// </summary>
internal sealed class StoredChain(string nodeId)
{
    private readonly List<string> _hashes = [];
    private byte[] _head = new byte[Batch.HashSize];
    private long _next = 1;

    /// <summary>The node's id.</summary>
    public string NodeId => nodeId;

    /// <summary>Hashes of what is stored, in order.</summary>
    public IReadOnlyList<string> Hashes => _hashes;

    /// <summary>What breaks the chain, in words; null while it is whole.</summary>
    public string? Break { get; private set; }

    /// <summary>Reads what came since the last time.</summary>
    /// <param name="api">The backend.</param>
    /// <param name="taken">Gets each batch with the hash of its payload, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">The backend lists what it does not have, or cannot be decoded.</exception>
    public async Task ReadAsync(FleetApi api, Action<string, Batch>? taken, CancellationToken cancellationToken)
    {
        int listed = 0;
        await foreach (JsonNode row in api.ItemsAsync($"api/nodes/{nodeId}/batches", cancellationToken))
        {
            if (listed++ < _hashes.Count)
            {
                continue;
            }

            string hash = (string)row["payloadHash"]!;
            byte[] message = await api.BatchBytesAsync(nodeId, (long)row["sequence"]!, cancellationToken)
                ?? throw CommandException.Failed($"The backend lists batch {hash} of {nodeId} and does not have it.");
            _hashes.Add(hash);
            Follow(message, hash, taken);
        }
    }

    // What breaks the chain at this batch, if anything; moves on to what must come next.
    private void Follow(byte[] message, string hash, Action<string, Batch>? taken)
    {
        SignedMessage? signed = SignedMessage.Decode(message, MeteringLimits.SignedBatchBytes, out DecodeError _);
        Batch? batch = signed is null ? null : Batch.Decode(message, signed.PayloadOffset, signed.PayloadLength, out DecodeError _);
        if (batch is null)
        {
            Break ??= $"batch {hash} cannot be decoded";
            return;
        }

        byte[] actual = SHA256.HashData(signed!.CopyPayload());
        Break ??= batch.Sequence != _next ? $"batch {hash} begins at {batch.Sequence}, not at {_next}"
            : !batch.Previous.AsSpan().SequenceEqual(_head) ? $"batch {hash} does not name the one before it"
            : Hex.Lower(actual) != hash ? $"batch {hash} has another hash"
            : null;
        _next = batch.NextSequence;
        _head = actual;
        taken?.Invoke(hash, batch);
    }
}
