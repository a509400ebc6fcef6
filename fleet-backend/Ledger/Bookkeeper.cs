using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
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
    private const int BatchesPerChunk = 256;
    private const int UnfundedPerChunk = 256;
    private const long SecondsPerQuarter = 900;

    private readonly Dictionary<long, NodeVerdictState> _states = [];
    private readonly Dictionary<long, (Profile Profile, NodeTerms? Terms)> _terms = [];
    private LedgerStore? _ledger;
    private BookStore? _books;
    private long _cursor = -1;

    /// <summary>The batch up to which everything is booked; -1 before the first look.</summary>
    public long Cursor => Volatile.Read(ref _cursor);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await BookNextAsync())
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem) when (problem is SqliteException or IOException)
            {
                // Nothing was booked: the transaction is gone, and what is remembered must be read again.
                logger.LogError(problem, "Booking failed; the same batches are tried again");
                _states.Clear();
                Volatile.Write(ref _cursor, -1);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Books the next chunk; false when there was nothing to do.</summary>
    internal async Task<bool> BookNextAsync()
    {
        List<JudgedBatch> judged;
        bool hasUnfunded;
        using (SqliteConnection connection = database.OpenReader())
        {
            if (_cursor < 0)
            {
                Volatile.Write(ref _cursor, BookStore.Cursor(connection));
            }

            judged = JudgeNext(connection);
            hasUnfunded = BookStore.OldestUnfunded(connection, 1).Count > 0;
        }

        if (judged.Count == 0 && !hasUnfunded)
        {
            return false;
        }

        long cursor = judged.Count == 0 ? _cursor : judged[^1].Batch.Id;
        int released = await writer.RunAsync(connection => Book(connection, judged, cursor));
        Volatile.Write(ref _cursor, cursor);
        return judged.Count > 0 || released > 0;
    }

    private List<JudgedBatch> JudgeNext(SqliteConnection connection)
    {
        List<BatchToBook> batches = BookStore.BatchesAfter(connection, _cursor, BatchesPerChunk);
        if (batches.Count == 0)
        {
            return [];
        }

        Dictionary<long, long> suspensions = BookStore.Suspensions(connection);
        var judged = new List<JudgedBatch>(batches.Count);
        foreach (BatchToBook batch in batches)
        {
            judged.Add(JudgeOne(connection, batch, suspensions.TryGetValue(batch.Node, out long from) ? from : null));
        }

        return judged;
    }

    private JudgedBatch JudgeOne(SqliteConnection connection, BatchToBook stored, long? suspendedFrom)
    {
        (Profile profile, NodeTerms? terms) = TermsOf(connection, stored.Node);
        if (!_states.TryGetValue(stored.Node, out NodeVerdictState? state))
        {
            state = BookStore.State(connection, stored.Node);
        }

        // Ingest decoded these bytes before it stored them.
        SignedMessage message = SignedMessage.Decode(stored.Message, MeteringLimits.SignedBatchBytes, out DecodeError error)
            ?? throw new InvalidDataException($"The stored batch {stored.Id} cannot be read: {error}.");
        Batch batch = Batch.Decode(stored.Message, message.PayloadOffset, message.PayloadLength, out error)
            ?? throw new InvalidDataException($"The stored batch {stored.Id} cannot be read: {error}.");
        var circumstances = new Circumstances(profile, terms?.FromUnix, terms?.ToUnix, suspendedFrom, stored.FollowsGap, stored.ArrivedMilliseconds);
        (Verdict[] verdicts, NodeVerdictState after) = Judge.Of(batch, circumstances, state, verification);
        _states[stored.Node] = after;
        long opened = batch.Clock == ClockState.NeverSet ? stored.ArrivedMilliseconds / 1000 - batch.Seconds() : batch.OpenedUnixSeconds;
        return new JudgedBatch(
            stored, batch.Sequence, opened, verdicts, after, crediting.TariffFor(profile.ServesWifi), terms ?? NoTerms, Quarters(batch, opened));
    }

    // A node that was never paired has no credited reading, so nobody's account is touched by this.
    private static NodeTerms NoTerms { get; } = new("nobody", "nobody", 0, null, new Agreement(Agreement.Whole, 0));

    private (Profile Profile, NodeTerms? Terms) TermsOf(SqliteConnection connection, long node)
    {
        if (!_terms.TryGetValue(node, out (Profile, NodeTerms?) known))
        {
            (long profile, NodeTerms? terms) = BookStore.Terms(connection, node);
            known = (Profile.ByNumber[(int)profile], terms);
            _terms[node] = known;
        }

        return known;
    }

    private static EnergyQuarter[] Quarters(Batch batch, long opened)
    {
        var parts = new List<EnergyQuarter>(8);
        foreach (Reading reading in batch.Readings)
        {
            long quarter = opened / SecondsPerQuarter;
            opened += reading.Seconds;
            if (parts.Count > 0 && parts[^1].Quarter == quarter)
            {
                EnergyQuarter before = parts[^1];
                parts[^1] = new EnergyQuarter(
                    quarter, before.HarvestedMilliwattHours + reading.HarvestedMilliwattHours, before.DeliveredMilliwattHours + reading.DeliveredMilliwattHours);
            }
            else
            {
                parts.Add(new EnergyQuarter(quarter, reading.HarvestedMilliwattHours, reading.DeliveredMilliwattHours));
            }
        }

        return [.. parts];
    }

    private int Book(SqliteConnection connection, List<JudgedBatch> judged, long cursor)
    {
        LedgerStore ledger = _ledger ??= new LedgerStore(connection);
        BookStore books = _books ??= new BookStore(connection);
        ledger.Begin();
        books.Begin();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        long available = ledger.Available();
        int released = Release(connection, ledger, books, now, ref available);
        foreach (JudgedBatch batch in judged)
        {
            BookedVerdict booked = BatchSum.Of(batch, available);
            books.Add(batch, booked);
            if (!booked.IsUnfunded)
            {
                available -= booked.EnergyMicro + booked.ServiceMicro;
                Issue(ledger, batch.Batch.Id, batch.Batch.PayloadHash, batch.Terms, booked.EnergyMicro, booked.ServiceMicro, now);
            }
        }

        ledger.WriteBalances();
        books.Finish(cursor);
        return released;
    }

    // Oldest first, and none before an older one, so that nobody's credit is overtaken for ever by smaller ones.
    private int Release(SqliteConnection connection, LedgerStore ledger, BookStore books, long now, ref long available)
    {
        int released = 0;
        foreach (UnfundedVerdict unfunded in BookStore.OldestUnfunded(connection, UnfundedPerChunk))
        {
            if (unfunded.EnergyMicro + unfunded.ServiceMicro > available)
            {
                break;
            }

            available -= unfunded.EnergyMicro + unfunded.ServiceMicro;
            Issue(ledger, unfunded.Batch, unfunded.PayloadHash, TermsOf(connection, unfunded.Node).Terms ?? NoTerms, unfunded.EnergyMicro, unfunded.ServiceMicro, now);
            books.Release(unfunded, [.. unfunded.Runs.Where(run => run.Name != VerdictName.Unfunded)]);
            released++;
        }

        return released;
    }

    private static void Issue(LedgerStore ledger, long batch, byte[] payloadHash, NodeTerms terms, long energyMicro, long serviceMicro, long now)
    {
        Divide("energy", energyMicro);
        Divide("service", serviceMicro);

        void Divide(string kind, long amount)
        {
            Shares shares = Shares.Of(amount, terms.Agreement);
            ledger.Issue(LedgerNames.TransferId(kind, payloadHash, 0, 0, 0), kind, LedgerNames.Operator(terms.Operator), shares.OperatorMicro, batch, now);
            ledger.Issue(LedgerNames.TransferId(kind, payloadHash, 0, 1, 0), kind, LedgerNames.CapitalBuilder(terms.CapitalBuilder), shares.CapitalBuilderMicro, batch, now);
            ledger.Issue(LedgerNames.TransferId(kind, payloadHash, 0, 2, 0), kind, "reserve", shares.ReserveMicro, batch, now);
        }
    }
}
