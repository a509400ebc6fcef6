using System.Data.Common;
using System.Diagnostics;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Follows the stored batches in the order of their arrival: judge, credit, book. Verdicts, transfers, node states and the cursor
/// of one chunk are one transaction, so that a kill at any moment books nothing twice and nothing half. While the database writes a chunk, the next one is judged.
/// </summary>
public sealed class Bookkeeper(
    Database database, StoreWriter writer, VerificationSettings verification, CreditingSettings crediting, TimeProvider clock, ILogger<Bookkeeper> logger, IngestPipeline? ingest = null) : BackgroundService
{
    // A chunk of 128 keeps ingest waiting for some 20 ms where both have one turn, so it is smaller where even the longest pause did not help; where nothing waits,
    // larger ones cost less for each batch.
    private const int SmallestChunk = 32, SmallChunk = 128, LargeChunk = 512;

    // While so many messages wait here, their receipts come first: nodes get rid of what they hold, and verdicts, which take no less than a sixteenth of the time
    // meanwhile, catch up afterwards. Measured with 1,000 lamps that wait for each receipt: 12,900 batches a second where the first moment with fewer ends it, 17,100 where
    // there have to be fewer for a while. At half of this, verdicts did not keep up with 6,000 batches a second that the machine had time for.
    private const int PressedAt = 512, CalmPolls = 8, PausesForChunk = 15;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PausePoll = TimeSpan.FromMilliseconds(5);

    // What has waited for so long waits no more, however many come.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(20);

    private readonly Dictionary<long, NodeVerdictState> _states = [];
    private readonly Dictionary<long, NodeFile> _files = [];
    private readonly Arrivals _arrivals = new(database);
    private FirmwareBook _firmware = FirmwareBook.Empty;
    private Books? _books;
    private bool _hasTariffs;
    private long _cursor = -1;
    private long _termsVersion = -1;
    private Judgement? _ahead;
    private TimeSpan _oldestWaits;
    private bool _staysPressed;

    /// <summary>Batches were booked, and it is on the disk. For who shows it: a fault of theirs must not reach the books.</summary>
    internal Action<IReadOnlyList<JudgedBatch>>? Booked { get; set; }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Another instance may have booked since this one did.
        Forget();
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan pause = Poll;
            try
            {
                long began = Stopwatch.GetTimestamp();
                if (await BookNextAsync())
                {
                    pause = TimeSpan.Zero;
                    _staysPressed = await LetReceiptsFirstAsync(LongestPauseAfter(Stopwatch.GetElapsedTime(began), _oldestWaits), stoppingToken);
                }
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                // Nothing is half booked: a transaction that failed is gone. Ingest goes on meanwhile.
                logger.LogError(problem, "Booking failed; what is not booked yet is tried again");
                pause = AfterFailure;
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>How long receipts may come first after a chunk.</summary>
    /// <param name="chunk">How long the chunk took.</param>
    /// <param name="oldestWaits">For how long the first batch of the chunk waited for its verdict.</param>
    internal static TimeSpan LongestPauseAfter(TimeSpan chunk, TimeSpan oldestWaits)
    {
        TimeSpan pause = chunk * PausesForChunk;
        return oldestWaits > Late ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }

    /// <summary>Whether receipts come first: many messages wait, and verdicts are not so late that they wait no more.</summary>
    internal static bool IsPressed(int waiting, TimeSpan longestPause) => waiting > PressedAt && longestPause > TimeSpan.Zero;

    /// <summary>Books the next chunk; false when there was nothing to do.</summary>
    internal async Task<bool> BookNextAsync()
    {
        try
        {
            return await TryBookNextAsync();
        }
        catch
        {
            // What is remembered is ahead of what is stored, and must be read again.
            Forget();
            throw;
        }
    }

    /// <summary>The books on the writing connection; only inside a job of the writer.</summary>
    internal Books BooksOn(DbConnection connection) => _books ??= new Books(connection, verification);

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        if (_books is { } books)
        {
            _books = null;
            writer.RunAsync(_ => books.Dispose()).GetAwaiter().GetResult();
        }
    }

    // A chunk itself keeps messages waiting, so that many wait at its end: looked at only then, a machine with time for both would seem to have none. And where nodes press, few
    // wait for a moment between two groups.
    private async Task<bool> LetReceiptsFirstAsync(TimeSpan longest, CancellationToken stoppingToken)
    {
        long began = Stopwatch.GetTimestamp();
        int calm = IsPressed(ingest?.Waiting ?? 0, longest) ? 0 : CalmPolls;
        while (calm < CalmPolls && Stopwatch.GetElapsedTime(began) < longest && !stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(PausePoll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            calm = IsPressed(ingest?.Waiting ?? 0, longest) ? 0 : calm + 1;
        }

        return calm < CalmPolls;
    }

    private async Task<bool> TryBookNextAsync()
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!_hasTariffs)
        {
            IReadOnlyList<string> differing = await writer.RunAsync(connection =>
            {
                RulesStore.Adopt(connection, verification, now);
                return TariffStore.Adopt(connection, crediting, now / 1000);
            });
            _hasTariffs = true;
            if (differing.Count > 0)
            {
                logger.LogWarning("The settings' tariff is not the first one of {Profiles}; it changes nothing: propose a change of kind 'tariff'", string.Join(", ", differing));
            }
        }

        Judgement next = _ahead ?? JudgeNext();
        _ahead = null;
        _oldestWaits = TimeSpan.FromMilliseconds(next.Judged is [var oldest, ..] ? now - oldest.Stored.ArrivedUnixMilliseconds : 0);
        if (next.Judged.Count == 0 && !next.CanRelease)
        {
            return false;
        }

        if (!await TryBookAsync(next, now))
        {
            await JudgeAndBookAsync(now);
        }

        return true;
    }

    private async Task<bool> TryBookAsync(Judgement next, long now)
    {
        Task<bool> booking = writer.RunAsync(connection => Book(connection, next, now));
        bool isBooked;
        try
        {
            _ahead = next.Judged.Count >= SmallestChunk ? JudgeNext() : null;
        }
        finally
        {
            // Also where what comes next cannot be judged: this is booked all the same.
            isBooked = await booking;
            if (isBooked)
            {
                Booked?.Invoke(next.Judged);
            }
        }

        return isBooked;
    }

    // What batches are judged by changed meanwhile. In the books' turn it stands still, so this books something however often it changes.
    private async Task JudgeAndBookAsync(long now)
    {
        Forget();
        Booked?.Invoke(await writer.RunAsync(connection =>
        {
            Judgement again = JudgeNext(connection);
            Book(connection, again, now);
            return again.Judged;
        }));
    }

    private bool Book(DbConnection connection, Judgement next, long now) => BooksOn(connection).Book(next.Judged, next.Cursor, next.TermsVersion, now);

    private void Forget()
    {
        _ahead = null;
        _states.Clear();
        _files.Clear();
        _hasTariffs = false;
        _termsVersion = -1;
        _cursor = -1;
    }

    private Judgement JudgeNext()
    {
        // Batches and all that is known of their nodes, of one instant.
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return JudgeNext(connection);
    }

    private Judgement JudgeNext(DbConnection connection)
    {
        (long cursor, long termsVersion) = BacklogStore.Book(connection);
        if (_cursor < 0)
        {
            _cursor = cursor;
        }

        if (termsVersion != _termsVersion)
        {
            _files.Clear();
            _firmware = BacklogStore.Firmware(connection);
            _termsVersion = termsVersion;
        }

        int chunk = _staysPressed ? SmallestChunk : _arrivals.AnyMayWait(connection) ? SmallChunk : LargeChunk;
        var judged = new List<JudgedBatch>(chunk);
        foreach (StoredBatch batch in BacklogStore.After(connection, _cursor, chunk))
        {
            judged.Add(JudgeOne(connection, batch));
            _cursor = batch.Id;
        }

        bool canRelease = BacklogStore.OldestUnfunded(connection, 1) is [{ } oldest] && oldest.WholeMicro <= LedgerStore.Available(connection);
        return new Judgement(judged, _cursor, canRelease, _termsVersion);
    }

    private JudgedBatch JudgeOne(DbConnection connection, StoredBatch stored)
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

        var judged = JudgedBatch.Of(stored, file, _firmware, state, verification);
        _states[stored.Node] = judged.StateAfter;
        return judged;
    }

    // Up to which batch, whether what waits for funds can be credited, and by which version of pairings, agreements and all else that judging goes by.
    private sealed record Judgement(List<JudgedBatch> Judged, long Cursor, bool CanRelease, long TermsVersion);
}
