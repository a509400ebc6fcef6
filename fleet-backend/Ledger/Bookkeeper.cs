using DePin.Fleet.Crediting;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Follows the stored batches in the order of their arrival: judge, credit, book. Verdicts, transfers, node states and the cursor
/// of one chunk are one transaction, so that a kill at any moment books nothing twice and nothing half.
/// </summary>
public sealed class Bookkeeper(
    Database database, StoreWriter writer, VerificationSettings verification, CreditingSettings crediting, TimeProvider clock, ILogger<Bookkeeper> logger) : BackgroundService
{
    // A chunk keeps ingest waiting for some 20 ms.
    private const int BatchesPerChunk = 256;
    private const int UnfundedPerChunk = 256;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<long, NodeVerdictState> _states = [];
    private readonly Dictionary<long, NodeFile> _files = [];
    private LedgerStore? _ledger;
    private BookStore? _books;
    private bool _hasTariffs;
    private long _cursor = -1;
    private long _termsVersion = -1;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan pause = TimeSpan.Zero;
            try
            {
                pause = await BookNextAsync() ? TimeSpan.Zero : Poll;
            }
            catch (Exception problem)
            {
                // Nothing was booked: the transaction is gone, and what is remembered must be read again. Ingest goes on meanwhile.
                logger.LogError(problem, "Booking failed after batch {Cursor}; the same batches are tried again", _cursor);
                Forget();
                pause = AfterFailure;
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Books the next chunk; false when there was nothing to do.</summary>
    internal async Task<bool> BookNextAsync()
    {
        if (!_hasTariffs)
        {
            await writer.RunAsync(connection => TariffStore.Adopt(connection, crediting, clock.GetUtcNow().ToUnixTimeSeconds()));
            _hasTariffs = true;
        }

        (List<JudgedBatch> judged, bool canRelease) = JudgeNext();
        if (judged.Count == 0 && !canRelease)
        {
            return false;
        }

        long cursor = judged.Count == 0 ? _cursor : judged[^1].Stored.Id;
        await writer.RunAsync(connection => Book(connection, judged, cursor));
        _cursor = cursor;
        return true;
    }

    private void Forget()
    {
        _states.Clear();
        _files.Clear();
        _cursor = -1;
    }

    private (List<JudgedBatch> Judged, bool CanRelease) JudgeNext()
    {
        // Batches, suspensions and terms of one instant.
        using SqliteConnection connection = database.OpenReader();
        using SqliteTransaction instant = connection.BeginTransaction(deferred: true);
        (long cursor, long termsVersion) = BacklogStore.Book(connection);
        if (_cursor < 0)
        {
            _cursor = cursor;
        }

        if (termsVersion != _termsVersion)
        {
            _files.Clear();
            _termsVersion = termsVersion;
        }

        var judged = new List<JudgedBatch>(BatchesPerChunk);
        List<StoredBatch> stored = BacklogStore.After(connection, _cursor, BatchesPerChunk);
        Dictionary<long, long> suspensions = stored.Count == 0 ? [] : BacklogStore.Suspensions(connection);
        foreach (StoredBatch batch in stored)
        {
            judged.Add(JudgeOne(connection, batch, suspensions.TryGetValue(batch.Node, out long from) ? from : null));
        }

        bool canRelease = BacklogStore.OldestUnfunded(connection, 1) is [{ } oldest] && oldest.WholeMicro <= LedgerStore.Available(connection);
        return (judged, canRelease);
    }

    private JudgedBatch JudgeOne(SqliteConnection connection, StoredBatch stored, long? suspendedFrom)
    {
        if (!_files.TryGetValue(stored.Node, out NodeFile? file))
        {
            file = BacklogStore.File(connection, stored.Node);
            _files[stored.Node] = file;
        }

        if (!_states.TryGetValue(stored.Node, out NodeVerdictState? state))
        {
            state = BacklogStore.State(connection, stored.Node);
        }

        var judged = JudgedBatch.Of(stored, file, suspendedFrom, state, verification);
        _states[stored.Node] = judged.StateAfter;
        return judged;
    }

    private void Book(SqliteConnection connection, List<JudgedBatch> judged, long cursor)
    {
        LedgerStore ledger = _ledger ??= new LedgerStore(connection);
        BookStore books = _books ??= new BookStore(connection);
        ledger.Begin();
        books.Begin();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        (long available, bool isAnyWaiting) = Release(connection, ledger, books, now);
        foreach (JudgedBatch batch in judged)
        {
            // While an older one waits, a newer one does too: otherwise small credits would overtake a large one for ever.
            long whole = batch.WholeMicro;
            bool isUnfunded = whole > 0 && (isAnyWaiting || whole > available);
            isAnyWaiting |= isUnfunded;
            books.Add(batch, isUnfunded);
            foreach (Segment segment in batch.Segments.Where(segment => segment.WholeMicro > 0))
            {
                StoredSegment stored = ledger.Add(batch.Stored.Id, batch.Batch.Sequence, segment);
                if (!isUnfunded)
                {
                    ledger.Issue(stored, batch.Stored.PayloadHash, now);
                    available -= segment.WholeMicro;
                }
            }
        }

        ledger.WriteBalances();
        books.Finish(cursor);
    }

    private static (long AvailableMicro, bool IsAnyWaiting) Release(SqliteConnection connection, LedgerStore ledger, BookStore books, long now)
    {
        long available = LedgerStore.Available(connection);
        IReadOnlyList<UnfundedBatch> oldest = BacklogStore.OldestUnfunded(connection, UnfundedPerChunk);
        foreach (UnfundedBatch batch in oldest)
        {
            if (batch.WholeMicro > available)
            {
                return (available, true);
            }

            foreach (StoredSegment segment in BacklogStore.Segments(connection, batch.Batch))
            {
                ledger.Issue(segment, batch.PayloadHash, now);
            }

            available -= batch.WholeMicro;
            books.Release(batch);
        }

        return (available, oldest.Count == UnfundedPerChunk);
    }
}
