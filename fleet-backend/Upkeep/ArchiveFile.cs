using System.IO.Compression;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Fleet.Upkeep;

/// <summary>Writes a file of an archive, see FORMATS.md: a gzip file of CBOR items, one after the other. Each node stands before its first batch.</summary>
internal sealed class ArchiveFile : IDisposable
{
    /// <summary>Names the format.</summary>
    public const string Format = "depin/1/archive";

    /// <summary>What an item begins with.</summary>
    public const int Head = 0, Node = 1, Batch = 2, End = 3;

    /// <summary>Bytes of an item, at most.</summary>
    public const int MostItemBytes = MeteringLimits.SignedBatchBytes + MeteringLimits.SignedGapBytes + 256;

    private readonly FileStream _file;
    private readonly GZipStream _zip;
    private readonly HashSet<long> _nodes = [];
    private long _batches;

    /// <summary>Begins one; only its owner may read it: raw batches tell when a home is empty.</summary>
    public ArchiveFile(string path)
    {
        _file = Backup.CreatePrivate(path);
        _zip = new GZipStream(_file, CompressionLevel.Optimal, leaveOpen: true);
        Write(64, item =>
        {
            item.WriteArray(2);
            item.WriteUInt(Head);
            item.WriteText(Format);
        });
    }

    /// <summary>Adds a batch.</summary>
    public void Add(ArchivedBatch batch)
    {
        if (_nodes.Add(batch.Node))
        {
            Write(128, item =>
            {
                item.WriteArray(4);
                item.WriteUInt(Node);
                item.WriteUInt(batch.Node);
                item.WriteBytes(NodeId.Parse(batch.NodeId)!.ToBytes());
                item.WriteBytes(batch.PublicKey);
            });
        }

        Write(batch.Message!.Length + 256, item =>
        {
            item.WriteArray(8);
            item.WriteUInt(Batch);
            item.WriteUInt(batch.Id);
            item.WriteUInt(batch.Node);
            item.WriteUInt(batch.Sequence);
            item.WriteBytes(batch.PayloadHash);
            item.WriteUInt(batch.ArrivedUnixMilliseconds);
            item.WriteBytes(batch.Gap ?? []);
            item.WriteBytes(batch.Message);
        });
        _batches++;
    }

    /// <summary>Ends it: what says that nothing is cut off, and all of it on the disk.</summary>
    public void Finish()
    {
        Write(32, item =>
        {
            item.WriteArray(3);
            item.WriteUInt(End);
            item.WriteUInt(_nodes.Count);
            item.WriteUInt(_batches);
        });
        _zip.Dispose();
        _file.Flush(flushToDisk: true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _zip.Dispose();
        _file.Dispose();
    }

    private void Write(int capacity, Action<CborWriter> write)
    {
        var item = new CborWriter(capacity);
        write(item);
        _zip.Write(item.ToArray());
    }
}
