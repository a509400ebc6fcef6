using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Proof;

/// <summary>
/// Appends what was stored to the log of proofs, and signs a checkpoint over it. Whoever keeps a checkpoint can tell later that nothing
/// before it was changed, and that something is in it; not that nothing was left out.
/// </summary>
public sealed class ProofLog : BackgroundService
{
    /// <summary>Where the log's key lies in the data folder.</summary>
    internal const string KeyFile = "keys/log";

    private const string CheckpointFile = "checkpoint.txt";

    // Of each source in one step. A step keeps ingest waiting for some 10 ms where both have one turn; where nothing waits, larger ones cost less for each entry.
    private const int SmallStep = 400, LargeStep = 2000;

    // Ingest comes first: the log takes a tenth of the time, until it is so late that the promised hour is in danger.
    private const int PausesForWork = 9;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(20);

    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly ILogger<ProofLog> _logger;
    private readonly NoteSigner _signer;
    private readonly PayoutLock _payouts;
    private readonly Arrivals _arrivals;
    private bool _isBehind;

    /// <summary>Opens the log's key, which is made at the first start, and compares what was published with what is stored.</summary>
    public ProofLog(DataFolder folder, Database database, StoreWriter writer, FleetSettings settings, PayoutLock payouts, ILogger<ProofLog> logger)
    {
        (_folder, _database, _writer, _logger, _payouts) = (folder, database, writer, logger, payouts);
        _arrivals = new Arrivals(database);
        if (!folder.Has(KeyFile))
        {
            folder.WritePrivate(KeyFile, RandomNumberGenerator.GetBytes(NoteSigner.SeedSize));
        }

        byte[] seed = folder.Read(KeyFile);
        _signer = seed.Length == NoteSigner.SeedSize
            ? new NoteSigner(settings.LogOrigin, seed)
            : throw new StartRefusedException($"{folder.FileOf(KeyFile)} does not hold a key of {NoteSigner.SeedSize} bytes; bring it back from a backup: another key is another log.");
        ComparePublished();
    }

    /// <summary>What anybody verifies checkpoints with.</summary>
    public string VerifierKey => _signer.VerifierKey;

    /// <summary>A tree over what is stored, for as long as the connection is open.</summary>
    internal static MerkleTree TreeOn(DbConnection connection)
    {
        var tiles = new Dictionary<(int, long), byte[]>();
        return new MerkleTree((level, index) =>
        {
            (int, long) place = (level, index / MerkleTree.TileWidth);
            if (!tiles.TryGetValue(place, out byte[]? tile))
            {
                tile = LogStore.Tile(connection, level, place.Item2) ?? throw new InvalidDataException($"tile {level}/{place.Item2} of the log is missing");
                tiles[place] = tile;
            }

            return tile[((int)(index % MerkleTree.TileWidth) * MerkleTree.HashSize)..][..MerkleTree.HashSize];
        });
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long caughtUp = Stopwatch.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan pause = Poll;
            try
            {
                long began = Stopwatch.GetTimestamp();
                if (!await AppendAsync())
                {
                    caughtUp = began;
                }
                else
                {
                    pause = Stopwatch.GetElapsedTime(caughtUp) > Late ? TimeSpan.Zero : Stopwatch.GetElapsedTime(began) * PausesForWork;
                }
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                _logger.LogError(problem, "The log of proofs could not be continued; it is tried again");
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Appends what is stored and not in the log; false when everything is, or nothing may be: a log that is behind what it published would sign a second past.</summary>
    internal async Task<bool> AppendAsync()
    {
        if (_isBehind)
        {
            return false;
        }

        List<(byte Kind, byte[] Hash)> entries;
        LogHead head;
        LogHead after;
        using (DbConnection reader = _database.OpenReader())
        using (DbTransaction instant = reader.BeginInstant())
        {
            head = LogStore.Head(reader);
            (entries, after) = LogStore.Next(reader, head, _arrivals.AnyMayWait(reader) ? SmallStep : LargeStep);
        }

        // A standby that was promoted without the last commits: going on would sign a second past.
        if (Published() is { } known && known.Size > head.Size)
        {
            ComparePublished();
            return false;
        }

        if (entries.Count == 0)
        {
            return false;
        }

        string? note = await _writer.RunAsync(connection =>
        {
            // Another step came first: what was read is in the log.
            if (LogStore.Head(connection).Size != head.Size)
            {
                return null;
            }

            LogStore.Insert(connection, entries, head.Size);
            AppendTiles(connection, entries, head.Size);
            string signed = _signer.Sign(new Checkpoint(_signer.Name, after.Size, TreeOn(connection).Root(after.Size)).Text);
            LogStore.SaveHead(connection, after with { Checkpoint = signed });
            return signed;
        });

        Keep(note);
        return true;
    }

    /// <summary>Notes the last checkpoint where another instance signed it.</summary>
    internal void KeepPublished()
    {
        using DbConnection reader = _database.OpenReader();
        Keep(LogStore.Head(reader).Checkpoint);
    }

    // Beside the database, so that an older copy of it is recognised.
    private void Keep(string? note)
    {
        if (note is not null && (Published() is not { } published || published.Size < Checkpoint.Read(note)!.Size))
        {
            _folder.WritePrivate(CheckpointFile, Encoding.UTF8.GetBytes(note));
        }
    }

    private static void AppendTiles(DbConnection connection, List<(byte Kind, byte[] Hash)> entries, long size)
    {
        List<byte[]> hashes = [.. entries.Select(entry => MerkleTree.Leaf(LogContent.Entry(entry.Kind, entry.Hash)))];
        for (int level = 0; hashes.Count > 0; level++, size /= MerkleTree.TileWidth)
        {
            var full = new List<byte[]>();
            long tile = size / MerkleTree.TileWidth;
            List<byte> content = [.. size % MerkleTree.TileWidth == 0 ? [] : LogStore.Tile(connection, level, tile)!];
            foreach (byte[] hash in hashes)
            {
                content.AddRange(hash);
                if (content.Count == MerkleTree.TileWidth * MerkleTree.HashSize)
                {
                    byte[] whole = [.. content];
                    LogStore.SaveTile(connection, level, tile, whole);
                    full.Add(MerkleTree.OfTile(whole));
                    content.Clear();
                    tile++;
                }
            }

            if (content.Count > 0)
            {
                LogStore.SaveTile(connection, level, tile, [.. content]);
            }

            hashes = full;
        }
    }

    private Checkpoint? Published() => _folder.Has(CheckpointFile) ? Checkpoint.Read(Encoding.UTF8.GetString(_folder.Read(CheckpointFile))) : null;

    private void ComparePublished()
    {
        if (_folder.Has(DataFolder.RestoredName))
        {
            var restored = Sentence.OfStored(Encoding.UTF8.GetString(_folder.Read(DataFolder.RestoredName)).Trim());
            _payouts.Reason = Sentence.Of($"{restored} Payouts made after that backup are not in it and would be made again, so they are locked: compare with the provider, import its results, then remove {_folder.FileOf(DataFolder.RestoredName)} and start again.");
            _logger.LogWarning("{Reason}", _payouts.Reason);
        }

        if (!_folder.Has(CheckpointFile))
        {
            return;
        }

        using DbConnection connection = _database.OpenReader();
        LogHead head = LogStore.Head(connection);
        Checkpoint? published = Published();
        _isBehind = published is null || head.Size < published.Size || !TreeOn(connection).Root(published.Size).AsSpan().SequenceEqual(published.Root);
        if (_isBehind)
        {
            Sentence names = published is null ? Sentence.Of($"cannot be read") : Sentence.Of($"names {published.Size} entries");
            _payouts.Reason = Sentence.Of($"The database is behind what was published: {_folder.FileOf(CheckpointFile)} {names}, the log has {head.Size} of another past or fewer. Payouts are locked and the log is not continued; bring back the newest copy of the database, or move that file away once it is known what was lost.");
            _logger.LogError("{Reason}", _payouts.Reason);
        }
    }
}
