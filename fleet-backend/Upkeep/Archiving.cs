using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Fleet.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Takes the signed bytes of old batches out of the database into files. The files are written, read back and checked against the database first, beside a backend that runs;
/// then one transaction records them, and only then do the bytes go. Whenever it is killed, every batch is in the database or in a file that the database names.
/// </summary>
/// <param name="dataFolder">The backend's data folder.</param>
/// <param name="filesFolder">Where the files go; made where it is missing.</param>
/// <param name="time">Tells what is old.</param>
/// <param name="progress">Gets a line for each file.</param>
internal sealed class Archiving(string dataFolder, string filesFolder, TimeProvider time, Action<string> progress)
{
    /// <summary>Days that are always kept: comparing nodes and releases reads what nodes signed lately.</summary>
    public const int LeastDays = 35;

    private const int Chunk = 1000, MostKeys = 200_000;
    private const string Part = ".part";

    private static readonly JsonSerializerOptions Manifests = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Dictionary<long, ECDsa> _keys = [];

    /// <summary>Batches of a file, at most: some 400 MB.</summary>
    public int BatchesPerFile { get; init; } = 1 << 20;

    /// <summary>How often the database is asked, two seconds each, while somebody reads all batches of PostgreSQL.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>For tests: what happens between the files and the transaction.</summary>
    internal Action? BeforeGivingUp { get; init; }

    /// <summary>Archives what arrived before a moment and is judged, booked and in the log of proofs.</summary>
    /// <exception cref="StartRefusedException">The moment is too late, a batch is not what it was, or the database is in use; what was archived before stays so.</exception>
    public ArchiveReport Run(DateTimeOffset before, bool isDry, CancellationToken cancellationToken)
    {
        DateTimeOffset latest = time.GetUtcNow().AddDays(-LeastDays);
        if (before > latest)
        {
            throw new StartRefusedException($"--before must be {latest:yyyy-MM-dd} or earlier: what nodes signed in the last {LeastDays} days is compared with what comes.");
        }

        using FileStream? held = isDry ? null : Hold();
        var files = new List<ArchiveRow>();
        long last, batches, bytes;
        using (DbConnection connection = Database.Connect(dataFolder))
        {
            RefuseOtherSchema(connection);
            long after = ArchiveStore.Files(connection).LastOrDefault()?.LastBatch ?? 0;
            last = ArchiveStore.LastBefore(connection, after, ArchiveStore.Done(connection), before.ToUnixTimeMilliseconds()) ?? after;
            (batches, bytes) = ArchiveStore.Sum(connection, after, last);
            if (isDry)
            {
                return new ArchiveReport(batches, bytes, 0, [], 0, 0);
            }

            while (after < last)
            {
                files.Add(WriteAndCheck(connection, after, last, cancellationToken));
                after = files[^1].LastBatch;
            }
        }

        ForgetKeys();
        (int partitions, long kept) = new GivingUp(dataFolder, filesFolder, time, Tries, BeforeGivingUp).Run(files, last, cancellationToken);
        return new ArchiveReport(batches, bytes, files.Sum(file => file.Bytes), files, partitions, kept);
    }

    private FileStream Hold()
    {
        Directory.CreateDirectory(filesFolder);
        try
        {
            return new FileStream(Path.Combine(filesFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem)
        {
            throw new StartRefusedException($"Another command archives into {filesFolder}; wait for it.", problem);
        }
    }

    private void RefuseOtherSchema(DbConnection connection)
    {
        string names = connection.IsPostgres() ? Migrations.Postgres : Migrations.Sqlite;
        if (BackupStore.Schema(connection) != Migrations.Embedded(names)[^1].Version)
        {
            throw new StartRefusedException($"The database of {dataFolder} has not the schema of this program. Start the backend of the same version once.");
        }
    }

    // A file whose manifest stands was checked and not recorded yet: it is checked again, not written again.
    private ArchiveRow WriteAndCheck(DbConnection connection, long after, long upTo, CancellationToken cancellationToken)
    {
        foreach (string manifest in Directory.GetFiles(filesFolder, $"batches-{after + 1:000000000000}-*.json"))
        {
            if (JsonSerializer.Deserialize<ArchiveManifest>(File.ReadAllText(manifest), Manifests) is { } found && found.AfterBatch == after && found.LastBatch <= upTo
                && File.Exists(Path.Combine(filesFolder, found.File)) && Backup.Hash(Path.Combine(filesFolder, found.File)) == found.Sha256)
            {
                ArchiveRow there = found.Row(time);
                Check(connection, Path.Combine(filesFolder, there.File), after, there, cancellationToken);
                progress($"{there.File} is there and checked again");
                return there;
            }
        }

        string part = Path.Combine(filesFolder, "batches" + Part);
        File.Delete(part);
        ArchiveRow written = Write(connection, part, after, upTo, cancellationToken);
        Check(connection, part, after, written, cancellationToken);
        Place(part, written.File);
        string text = Path.Combine(filesFolder, "manifest" + Part);
        File.Delete(text);
        using (FileStream file = Backup.CreatePrivate(text))
        {
            JsonSerializer.Serialize(file, new ArchiveManifest(ArchiveFile.Format, written.File, written.Sha256, written.Bytes, written.Batches, after, written.FirstBatch, written.LastBatch, written.FirstArrivedUnixMilliseconds, written.LastArrivedUnixMilliseconds), Manifests);
        }

        Place(text, written.File.Replace(".cbor.gz", ".json", StringComparison.Ordinal));
        progress($"{written.File}: {written.Batches} batches, {written.Bytes} bytes");
        return written;
    }

    // Flushed under its new name too: then the name is on the disk as well as the bytes.
    private void Place(string part, string name)
    {
        string path = Path.Combine(filesFolder, name);
        File.Move(part, path, overwrite: true);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private ArchiveRow Write(DbConnection connection, string part, long after, long upTo, CancellationToken cancellationToken)
    {
        ArchivedBatch? first = null, last = null;
        long batches = 0, earliest = long.MaxValue, latest = 0;
        using (var file = new ArchiveFile(part))
        {
            foreach (ArchivedBatch batch in Stored(connection, after, upTo, cancellationToken).Take(BatchesPerFile))
            {
                file.Add(batch.Message is not null ? batch : throw Refused(batch, "its signed bytes are missing"));
                (first, last, batches) = (first ?? batch, batch, batches + 1);
                (earliest, latest) = (Math.Min(earliest, batch.ArrivedUnixMilliseconds), Math.Max(latest, batch.ArrivedUnixMilliseconds));
            }

            file.Finish();
        }

        return new ArchiveRow
        {
            FirstBatch = first!.Id,
            LastBatch = last!.Id,
            File = $"batches-{after + 1:000000000000}-{last.Id:000000000000}.cbor.gz",
            Sha256 = Backup.Hash(part),
            Bytes = new FileInfo(part).Length,
            Batches = batches,
            FirstArrivedUnixMilliseconds = earliest,
            LastArrivedUnixMilliseconds = latest,
            MadeUnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    // What is read back is what the database holds, each batch genuine and in the log.
    private void Check(DbConnection connection, string path, long after, ArchiveRow file, CancellationToken cancellationToken)
    {
        long logged = LogStore.Head(connection).Size;
        long batches = 0;
        try
        {
            using var reader = new ArchiveReader(path);
            foreach (ArchivedBatch stored in Stored(connection, after, file.LastBatch, cancellationToken))
            {
                ArchivedBatch? read = reader.Next();
                if (read is null || !IsSame(read, stored))
                {
                    throw new StartRefusedException($"{path} does not hold batch {stored.Id} as the database does. The database keeps it: name another folder with --out, and see whether the disk is sound.");
                }

                if (GenuineBatch.Fault(read.Message, read.PayloadHash, KeyOf(read)) is { } fault)
                {
                    throw Refused(stored, fault);
                }

                if (LogStore.Find(connection, SHA256.HashData(read.Message!), logged) is null)
                {
                    throw Refused(stored, "it is not in the log of proofs as it stands here");
                }

                batches++;
            }

            if (reader.Next() is not null || batches != file.Batches)
            {
                throw new StartRefusedException($"{path} holds more than the database does. The database keeps what it has.");
            }
        }
        catch (InvalidDataException problem)
        {
            throw new StartRefusedException($"{path} cannot be read back: {problem.Message}. The database keeps what it has; is the disk sound?", problem);
        }
    }

    private static bool IsSame(ArchivedBatch one, ArchivedBatch other) =>
        (one.Id, one.Node, one.NodeId, one.Sequence, one.ArrivedUnixMilliseconds) == (other.Id, other.Node, other.NodeId, other.Sequence, other.ArrivedUnixMilliseconds)
        && one.PublicKey.AsSpan().SequenceEqual(other.PublicKey) && one.PayloadHash.AsSpan().SequenceEqual(other.PayloadHash) && one.Message.AsSpan().SequenceEqual(other.Message)
        && one.Gap.AsSpan().SequenceEqual(other.Gap);

    private static StartRefusedException Refused(ArchivedBatch batch, string fault) =>
        new($"Batch {batch.Id} of node {batch.NodeId} cannot be archived: {fault}. 'tools/depin rebuild --check' names all that is wrong. Nothing left the database.");

    private static IEnumerable<ArchivedBatch> Stored(DbConnection connection, long after, long upTo, CancellationToken cancellationToken)
    {
        while (ArchiveStore.Next(connection, after, upTo, Chunk) is { Count: > 0 } batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ArchivedBatch batch in batches)
            {
                yield return batch;
            }

            after = batches[^1].Id;
        }
    }

    private ECDsa? KeyOf(ArchivedBatch batch)
    {
        if (!_keys.TryGetValue(batch.Node, out ECDsa? key))
        {
            if (CompressedPoint.Decompress(batch.PublicKey) is not { } point || DePin.Contracts.Identity.NodeId.FromKeyHash(SHA256.HashData(batch.PublicKey)).ToString() != batch.NodeId)
            {
                return null;
            }

            if (_keys.Count >= MostKeys)
            {
                ForgetKeys();
            }

            _keys[batch.Node] = key = ECDsa.Create(point);
        }

        return key;
    }

    private void ForgetKeys()
    {
        foreach (ECDsa key in _keys.Values)
        {
            key.Dispose();
        }

        _keys.Clear();
    }
}

/// <summary>What was archived.</summary>
/// <param name="Batches">Batches in the files; of a dry run, that would be.</param>
/// <param name="SignedBytes">Their signed bytes.</param>
/// <param name="FileBytes">Bytes of the files.</param>
/// <param name="Files">The files.</param>
/// <param name="Partitions">Whole partitions that the database gave up.</param>
/// <param name="Kept">Archived batches whose bytes the database keeps too, since somebody may still look at them.</param>
internal sealed record ArchiveReport(long Batches, long SignedBytes, long FileBytes, IReadOnlyList<ArchiveRow> Files, int Partitions, long Kept);
