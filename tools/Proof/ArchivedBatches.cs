using System.IO.Compression;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Tools.Proof;

/// <summary>Reads a file of an archive as FORMATS.md describes it, without the backend's program.</summary>
internal sealed class ArchivedBatches : IDisposable
{
    private const string Format = "depin/1/archive";
    private const int HeadItem = 0, NodeItem = 1, EndItem = 3, HashBytes = 32, KeyBytes = 33;
    private const int MostItemBytes = MeteringLimits.SignedBatchBytes + MeteringLimits.SignedGapBytes + 256;
    private const long Most = (1L << 53) - 1;

    private readonly GZipStream _zip;
    private readonly byte[] _buffer = new byte[4 * MostItemBytes];
    private readonly Dictionary<long, (NodeId Node, byte[] Key)> _nodes = [];
    private int _from;
    private int _to;
    private long _batches;
    private long _last;

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public ArchivedBatches(string path)
    {
        _zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        CborReader item = Item();
        item.ReadArray(2, 2);
        item.ReadUInt(HeadItem, HeadItem);
        string format = item.ReadText(1, 64);
        Take(item, format == Format, "it is no file of an archive, or one of a newer version");
    }

    /// <summary>Whether a file may be one: it is compressed with gzip.</summary>
    public static bool IsOne(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
    }

    /// <summary>The next batch; null once the file said that it ended, and it did.</summary>
    /// <exception cref="InvalidDataException">It is damaged or cut off.</exception>
    public Entry? Next()
    {
        while (true)
        {
            CborReader item = Item();
            item.ReadArray(3, 8);
            long kind = item.ReadUInt(NodeItem, EndItem);
            if (kind == NodeItem)
            {
                long number = item.ReadUInt(1, Most);
                byte[] id = item.ReadBytes(NodeId.Size, NodeId.Size), key = item.ReadBytes(KeyBytes, KeyBytes);
                Take(item, item.Error == DecodeError.None && _nodes.TryAdd(number, (NodeId.FromBytes(id, 0), key)), Damaged);
                continue;
            }

            if (kind == EndItem)
            {
                bool isAll = item.ReadUInt(0, Most) == _nodes.Count && item.ReadUInt(0, Most) == _batches;
                Take(item, isAll, Damaged);
                return Fill() == 0 ? null : throw new InvalidDataException("something follows its end");
            }

            return Batch(item);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _zip.Dispose();

    private string Damaged => $"it is damaged or cut off after batch {_last}";

    private Entry Batch(CborReader item)
    {
        (long id, long number, long sequence) = (item.ReadUInt(1, Most), item.ReadUInt(1, Most), item.ReadUInt(1, Most));
        byte[] hash = item.ReadBytes(HashBytes, HashBytes);
        long arrived = item.ReadUInt(0, Most);
        byte[] gap = item.ReadBytes(0, MeteringLimits.SignedGapBytes), message = item.ReadBytes(1, MeteringLimits.SignedBatchBytes);
        bool isKnown = _nodes.TryGetValue(number, out (NodeId Node, byte[] Key) node);
        Take(item, isKnown && id > _last, Damaged);
        (_last, _batches) = (id, _batches + 1);
        return new Entry(id, number, node.Node, node.Key, sequence, hash, arrived, gap.Length == 0 ? null : gap, message);
    }

    private CborReader Item()
    {
        if (_to - _from < MostItemBytes)
        {
            Fill();
        }

        return new CborReader(_buffer, _from, _to - _from);
    }

    private int Fill()
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        _to += _zip.ReadAtLeast(_buffer.AsSpan(_to), _buffer.Length - _to, throwOnEndOfStream: false);
        return _to;
    }

    private void Take(CborReader item, bool isRight, string fault)
    {
        if (item.Error != DecodeError.None || !isRight)
        {
            throw new InvalidDataException(fault);
        }

        _from = item.Position;
    }

    /// <summary>A batch in the file.</summary>
    internal sealed record Entry(long Id, long Number, NodeId Node, byte[] PublicKey, long Sequence, byte[] PayloadHash, long ArrivedUnixMilliseconds, byte[]? Gap, byte[] Message);
}
