using System.Data.Common;
using DePin.Fleet.Crediting;
using DePin.Fleet.Overview;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>
/// What is written into the books, whoever causes it: judged batches, decisions over what is held, released funds. One of these lives on
/// the writing connection; each call is a part of one job of the store's writer.
/// </summary>
internal sealed class Books(DbConnection connection, VerificationSettings settings) : IDisposable
{
    private const int UnfundedPerJob = 256;
    private const int HoldsOfABoot = 20_000;

    private readonly LedgerStore _ledger = new(connection);
    private readonly BookStore _store = new(connection);
    private readonly EnergySumStore _sums = new(connection);
    private long _available;
    private bool _isAnyWaiting;

    /// <summary>Books judged batches, in the order of their arrival, and moves the cursor on.</summary>
    /// <returns>False where what they were judged by is no longer of this version: they are to be judged again, and nothing is written.</returns>
    public bool Book(IReadOnlyList<JudgedBatch> judged, long cursor, long termsVersion, long now)
    {
        if (BacklogStore.Book(connection).TermsVersion != termsVersion)
        {
            return false;
        }

        Begin();
        ReleaseFunded(now);
        connection.WriteRows();
        foreach (JudgedBatch batch in judged)
        {
            bool isUnfunded = !TakeFunds(batch.WholeMicro);
            _store.Add(batch, isUnfunded);
            _sums.Add(batch);
            AddSegments(batch.Stored, batch.Batch.Sequence, batch.Segments, isUnfunded, now);
            if (batch.SettlesBoot != NodeVerdictState.NoBoot)
            {
                Date(batch, now);
            }

            if (batch.Verdicts.Any(verdict => verdict.Outcome == Outcome.Held))
            {
                HoldStore.Insert(connection, batch, settings.HoldDays, now);
            }
        }

        _store.Finish();
        _sums.Finish();
        _store.Advance(cursor);
        connection.WriteRows();
        return true;
    }

    /// <summary>Decides over what is held. Readings that fail when judged again are refused, whatever was decided.</summary>
    /// <returns>Readings released, and readings refused.</returns>
    public (int Released, int Refused) Decide(IReadOnlyList<HoldRow> holds, Decision decision, long now)
    {
        Begin();
        (int released, int refused) = DecideAll(holds, decision, now);
        _store.Finish();

        // A job may decide more than once, and the same sums change each time.
        connection.WriteRows();
        return (released, refused);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _ledger.Dispose();
        _store.Dispose();
        _sums.Dispose();
    }

    private (int Released, int Refused) DecideAll(IReadOnlyList<HoldRow> holds, Decision decision, long now)
    {
        int released = 0;
        int refused = 0;
        FirmwareBook firmware = BacklogStore.Firmware(connection);
        var days = new Dictionary<long, DayCap>();
        foreach (HoldRow hold in holds)
        {
            if (!days.TryGetValue(hold.Node, out DayCap? day))
            {
                days[hold.Node] = day = new DayCap();
            }

            StoredBatch stored = HoldStore.Batch(connection, hold.Batch);
            var again = HeldReadings.Of(hold, stored, BacklogStore.File(connection, hold.Node), firmware, () => HoldStore.PreviousArrival(connection, stored), decision, day, settings);
            HoldStore.Decide(connection, hold.Id, again.Released > 0);
            (string? detail, long sequence) = HoldStore.Detail(connection, hold.Batch);
            HoldStore.Redetail(connection, hold.Batch, VerdictRun.Write(again.Redetailed(VerdictRun.Read(detail), sequence)), again.Released, again.Refused);
            _store.Tally(TallyStore.Held + hold.Name, -hold.Readings);
            _store.Tally("credited", again.Released);
            foreach ((VerdictName name, int count) in again.RefusedByName())
            {
                _store.Tally(TallyStore.Refused + name, count);
            }

            bool isUnfunded = !TakeFunds(again.Segments.Sum(segment => segment.WholeMicro));
            AddSegments(stored, sequence, again.Segments, isUnfunded, now);
            if (isUnfunded)
            {
                _store.Wait(hold.Batch, again.Segments.Sum(segment => segment.Readings));
            }

            HeldEvents.Record(connection, hold, stored, decision, again, now);
            released += again.Released;
            refused += again.Refused;
        }

        return (released, refused);
    }

    // A later batch of the same boot tells when that boot began; one of another boot tells that nothing ever will.
    private void Date(JudgedBatch batch, long now)
    {
        connection.WriteRows();
        bool isDated = batch.Batch.Boot == batch.SettlesBoot;
        long? bootedUnixSeconds = isDated ? batch.Batch.OpenedUnixSeconds - batch.Batch.UptimeSeconds : null;
        string reason = isDated ? $"dated by batch {Convert.ToHexStringLower(batch.Stored.PayloadHash.AsSpan(0, 6))} of the same boot" : $"boot {batch.Batch.Boot} began and none of boot {batch.SettlesBoot} knew the time";
        DecideAll(HoldStore.Open(connection, batch.Stored.Node, VerdictName.ClockUnknown, HoldsOfABoot), new Decision(true, Decision.ByRule, reason, bootedUnixSeconds), now);
    }

    private void AddSegments(StoredBatch stored, long sequence, IReadOnlyList<Segment> segments, bool isUnfunded, long now)
    {
        foreach (Segment segment in segments)
        {
            long id = _ledger.Add(stored.Id, sequence, segment);
            if (segment.WholeMicro > 0 && !isUnfunded)
            {
                _ledger.Issue(id, segment, stored.PayloadHash, now);
            }
            else if (isUnfunded)
            {
                _ledger.Wait(id, segment.Readings);
            }
        }
    }

    private void Begin()
    {
        _store.Begin();
        _sums.Begin();
        _available = LedgerStore.Available(connection);
        _isAnyWaiting = LedgerStore.IsAnyUnfunded(connection);
    }

    // While an older one waits, a newer one does too: otherwise small credits would overtake a large one for ever.
    private bool TakeFunds(long wholeMicro)
    {
        if (wholeMicro > 0 && (_isAnyWaiting || wholeMicro > _available))
        {
            _isAnyWaiting = true;
            return false;
        }

        _available -= wholeMicro;
        return true;
    }

    private void ReleaseFunded(long now)
    {
        foreach (StoredSegment segment in BacklogStore.OldestUnfunded(connection, UnfundedPerJob))
        {
            if (segment.WholeMicro > _available)
            {
                return;
            }

            _ledger.IssueWaiting(segment, now);
            _available -= segment.WholeMicro;
            _store.Release(segment.Batch, segment.Readings);
        }

        _isAnyWaiting = LedgerStore.IsAnyUnfunded(connection);
    }
}
