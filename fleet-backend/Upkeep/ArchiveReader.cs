using System.IO.Compression;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Fleet.Upkeep;

/// <summary>Reads a file of an archive, batch by batch in the order of their ids.</summary>
internal sealed class ArchiveReader : IDisposable
{
    private const long Most = (1L << 53) - 1;
    private const int KeyBytes = 33;

    private readonly GZipStream _zip;
    private readonly byte[] _buffer = new byte[8 * ArchiveFile.MostItemBytes];
    private readonly Dictionary<long, (string NodeId, byte[] Key)> _nodes = [];
    private int _from;
    private int _to;
    private bool _isAtEnd;
    private long _batches;
    private long _last;

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no file of an archive.</exception>
    public ArchiveReader(string path)
    {
        _zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        CborReader item = Item();
        bool isOurs = item.ReadArray(2, 2) == 2 && item.ReadUInt(ArchiveFile.Head, ArchiveFile.Head) == ArchiveFile.Head && item.ReadText(1, 64) == ArchiveFile.Format && item.Error == DecodeError.None;
        _from = item.Position;
        if (!isOurs)
        {
            _zip.Dispose();
            throw new InvalidDataException("it is no file of an archive, or one of a newer version");
        }
    }

    /// <summary>The next batch; null after the last, once the file said that it was the last.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or cut off.</exception>
    public ArchivedBatch? Next()
    {
        while (true)
        {
            CborReader item = Item();
            item.ReadArray(3, 8);
            switch (item.ReadUInt(ArchiveFile.Node, ArchiveFile.End))
            {
                case ArchiveFile.Node:
                    long node = item.ReadUInt(1, Most);
                    byte[] id = item.ReadBytes(NodeId.Size, NodeId.Size);
                    byte[] key = item.ReadBytes(KeyBytes, KeyBytes);
                    Take(item, item.Error == DecodeError.None && _nodes.TryAdd(node, (NodeId.FromBytes(id, 0).ToString(), key)));
                    continue;
                case ArchiveFile.Batch:
                    return Batch(item);
                default:
                    (long nodes, long batches) = (item.ReadUInt(0, Most), item.ReadUInt(0, Most));
                    Take(item, nodes == _nodes.Count && batches == _batches);
                    return Fill() == 0 ? null : throw new InvalidDataException("something follows its end");
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _zip.Dispose();

    private ArchivedBatch Batch(CborReader item)
    {
        (long id, long node, long sequence) = (item.ReadUInt(1, Most), item.ReadUInt(1, Most), item.ReadUInt(1, Most));
        byte[] hash = item.ReadBytes(32, 32);
        long arrived = item.ReadUInt(0, Most);
        byte[] gap = item.ReadBytes(0, MeteringLimits.SignedGapBytes);
        byte[] message = item.ReadBytes(1, MeteringLimits.SignedBatchBytes);
        (string NodeId, byte[] Key) known = _nodes.GetValueOrDefault(node);
        Take(item, known.Key is not null && id > _last);
        _last = id;
        _batches++;
        return new ArchivedBatch
        {
            Id = id,
            Node = node,
            NodeId = known.NodeId,
            PublicKey = known.Key!,
            Sequence = sequence,
            PayloadHash = hash,
            ArrivedUnixMilliseconds = arrived,
            Gap = gap.Length == 0 ? null : gap,
            Message = message,
        };
    }

    private CborReader Item()
    {
        if (_to - _from < ArchiveFile.MostItemBytes)
        {
            Fill();
        }

        return new CborReader(_buffer, _from, _to - _from);
    }

    // How many bytes there are now.
    private int Fill()
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        while (!_isAtEnd && _to < _buffer.Length)
        {
            int read = _zip.Read(_buffer, _to, _buffer.Length - _to);
            _isAtEnd = read == 0;
            _to += read;
        }

        return _to;
    }

    private void Take(CborReader item, bool isRight)
    {
        if (item.Error != DecodeError.None || !isRight)
        {
            throw new InvalidDataException($"it is damaged or cut off after batch {_last}");
        }

        _from = item.Position;
    }
}
