using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Tools.Proof;

/// <summary>
/// Checks a file of an archive without the backend that made it: that nothing is cut off, that each batch is signed by a node whose id is the hash of its key, and that each node's
/// batches follow one another. What it cannot see is whether a node's first batch in the file follows the last one in the file before.
/// </summary>
internal sealed class ArchiveProof
{
    private const int MostNamed = 100, MostKeys = 100_000;

    private readonly List<string> _faults = [];
    private readonly Dictionary<long, (long Next, byte[] Hash)> _chains = [];
    private readonly Dictionary<long, ECDsa> _keys = [];
    private long _found;
    private long _first;
    private long _last;
    private long _batches;
    private long _continued;
    private long _gaps;

    /// <summary>Checks it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ArchiveResult Check(string path, CancellationToken cancellationToken)
    {
        var proof = new ArchiveProof();
        try
        {
            using var file = new ArchivedBatches(path);
            while (file.Next() is { } batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                proof.Check(batch);
            }
        }
        catch (InvalidDataException problem)
        {
            proof.Name($"the file: {problem.Message}");
        }

        string? sha256 = proof.CheckManifest(path);
        foreach (ECDsa key in proof._keys.Values)
        {
            key.Dispose();
        }

        return new ArchiveResult(path, sha256, proof._batches, proof._chains.Count, proof._first, proof._last, proof._continued, proof._gaps, proof._found, proof._faults);
    }

    private void Check(ArchivedBatches.Entry item)
    {
        _first = _batches++ == 0 ? item.Id : _first;
        _last = item.Id;
        string named = $"batch {item.Id} of node {item.Node}";
        SignedMessage? message = SignedMessage.Decode(item.Message, MeteringLimits.SignedBatchBytes, out _);
        Batch? batch = message is null ? null : Batch.Decode(item.Message, message.PayloadOffset, message.PayloadLength, out _);
        if (message is null || batch is null)
        {
            Name($"{named}: its bytes are no signed batch");
            return;
        }

        byte[] hash = SHA256.HashData(item.Message.AsSpan(message.PayloadOffset, message.PayloadLength));
        if (!message.Node.Equals(item.Node) || !batch.Node.Equals(item.Node) || batch.Sequence != item.Sequence || !hash.AsSpan().SequenceEqual(item.PayloadHash))
        {
            Name($"{named}: node, sequence or payload hash are not those of the signed bytes");
        }
        else if (!IsSigned(item, message, SignedMessage.BatchContext))
        {
            Name($"{named}: its signature is not its node's");
        }

        Follow(named, item, batch, hash);
        _chains[item.Number] = (batch.NextSequence, hash);
    }

    private void Follow(string named, ArchivedBatches.Entry item, Batch batch, byte[] hash)
    {
        bool hasBefore = _chains.TryGetValue(item.Number, out (long Next, byte[] Hash) before);
        if (item.Gap is { } bytes)
        {
            _gaps++;
            SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedGapBytes, out _);
            Gap? gap = message is null ? null : Gap.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _);
            if (gap is null || !IsSigned(item, message!, SignedMessage.GapContext) || !gap.Node.Equals(item.Node) || gap.To + 1 != batch.Sequence || !gap.NextHash.AsSpan().SequenceEqual(hash)
                || (hasBefore && gap.From != before.Next))
            {
                Name($"{named}: the gap before it is not the one that the node declared");
            }
        }
        else if (!hasBefore && batch.Sequence > 1)
        {
            _continued++;
        }
        else if (hasBefore ? batch.Sequence != before.Next || !batch.Previous.AsSpan().SequenceEqual(before.Hash) : batch.Previous.AsSpan().ContainsAnyExcept((byte)0))
        {
            Name($"{named}: it does not follow the node's batch before it");
        }
    }

    private bool IsSigned(ArchivedBatches.Entry item, SignedMessage message, string context)
    {
        if (!_keys.TryGetValue(item.Number, out ECDsa? key))
        {
            if (!NodeId.FromKeyHash(SHA256.HashData(item.PublicKey)).Equals(item.Node) || LineProof.KeyOf(item.PublicKey) is not { } read)
            {
                return false;
            }

            if (_keys.Count >= MostKeys)
            {
                foreach (ECDsa old in _keys.Values)
                {
                    old.Dispose();
                }

                _keys.Clear();
            }

            _keys[item.Number] = key = read;
        }

        return message.Node.Equals(item.Node)
            && key.VerifyData(SignedMessage.ToBeSigned(context, message.Message, message.PayloadOffset, message.PayloadLength), message.CopySignature(), HashAlgorithmName.SHA256);
    }

    // What stands beside it, where it does: null where there is none.
    private string? CheckManifest(string path)
    {
        string manifest = path.Replace(".cbor.gz", ".json", StringComparison.Ordinal);
        if (manifest == path || !File.Exists(manifest))
        {
            return null;
        }

        using FileStream file = File.OpenRead(path);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
        try
        {
            JsonNode? said = JsonNode.Parse(File.ReadAllText(manifest));
            if ((string?)said?["sha256"] != sha256 || (long?)said?["batches"] != _batches || (long?)said?["firstBatch"] != _first || (long?)said?["lastBatch"] != _last)
            {
                Name($"the file is not the one that {Path.GetFileName(manifest)} describes");
            }
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or FormatException)
        {
            Name($"{Path.GetFileName(manifest)} cannot be read");
        }

        return sha256;
    }

    private void Name(string fault)
    {
        _found++;
        if (_faults.Count < MostNamed)
        {
            _faults.Add(fault);
        }
    }
}

/// <summary>What a file of an archive holds.</summary>
/// <param name="File">The file.</param>
/// <param name="Sha256">Its SHA-256, where a manifest beside it names one.</param>
/// <param name="Batches">Batches in it.</param>
/// <param name="Nodes">Nodes that sent them.</param>
/// <param name="FirstBatch">The first batch's number in the database.</param>
/// <param name="LastBatch">The last one's.</param>
/// <param name="Continued">Nodes whose first batch here continues what an earlier file, or nothing, has.</param>
/// <param name="Gaps">Declared gaps.</param>
/// <param name="Found">How much is wrong.</param>
/// <param name="Faults">The first hundred of it.</param>
internal sealed record ArchiveResult(string File, string? Sha256, long Batches, long Nodes, long FirstBatch, long LastBatch, long Continued, long Gaps, long Found, IReadOnlyList<string> Faults);
