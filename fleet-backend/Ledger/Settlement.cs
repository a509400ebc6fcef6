using System.Data.Common;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Makes credit into money when its time has come: decides over holds that nobody decided, posts energy after the long checks, and
/// settles a month's service when the month is over. Each step is a transaction of its own and may be repeated: a kill loses nothing and
/// doubles nothing.
/// </summary>
public sealed class Settlement(
    StoreWriter writer, Bookkeeper bookkeeper, CreditingSettings settings, TimeProvider clock, ILogger<Settlement> logger) : BackgroundService
{
    private const int HoldsPerJob = 200;
    private const int TransfersPerJob = 1000;
    private const int NodesPerJob = 20;
    private const int NodesAtOnce = 100_000;
    private const long SecondsPerDay = 86_400;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // Finding who is due looks at all that is pending, so it is done once for many.
    private readonly Queue<(long Node, Month Month)> _due = [];
    private long _lookedAtDay = -1;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _due.Clear();
        _lookedAtDay = -1;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (!stoppingToken.IsCancellationRequested && await SettleNextAsync())
                {
                    // Ingest gets its turn between the jobs.
                }
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                logger.LogError(problem, "Settlement failed; nothing of the step is booked, and it is tried again");
            }

            await Task.Delay(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes one step; false when nothing is due.</summary>
    internal Task<bool> SettleNextAsync() => writer.RunAsync(connection =>
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return EndSuspensions(connection, now) || DecideDue(connection, now) || PostEnergy(connection, now) || SettleService(connection, now);
    });

    private static bool EndSuspensions(DbConnection connection, long now)
    {
        IReadOnlyList<long> ended = SuspensionStore.Ended(connection, now);
        foreach (long node in ended)
        {
            SuspensionStore.Lift(connection, node, now, Decision.ByRule, "its end date came");
        }

        return ended.Count > 0;
    }

    private bool DecideDue(DbConnection connection, long now)
    {
        IReadOnlyList<HoldRow> due = HoldStore.Due(connection, now, HoldsPerJob);
        foreach (IGrouping<bool, HoldRow> group in due.GroupBy(hold => hold.AtDeadline == AtDeadline.Released))
        {
            bookkeeper.BooksOn(connection).Decide([.. group], new Decision(group.Key, Decision.ByRule, "nobody decided in time"), now);
        }

        return due.Count > 0;
    }

    private bool PostEnergy(DbConnection connection, long now)
    {
        IReadOnlyList<PendingRow> pending = SettlementStore.Energy(connection, now - settings.SettleDays * SecondsPerDay * 1000, TransfersPerJob);
        SettlementStore.Settle(connection, pending.Select(row => row.N), isPosted: true, now);
        var deductions = new Deductions(connection, now);
        foreach (PendingRow row in pending)
        {
            deductions.Of(row.Node, row.Account, row.AmountMicro, row.OpenedUnixSeconds, Convert.ToHexStringLower(row.Id));
        }

        return pending.Count > 0;
    }

    private bool SettleService(DbConnection connection, long now)
    {
        long madeUpTo = now - settings.SettleDays * SecondsPerDay * 1000;
        long before = Month.Of(madeUpTo / 1000).FromUnixSeconds;
        if (_due.Count == 0 && !FindDue(connection, madeUpTo, before))
        {
            return false;
        }

        var deductions = new Deductions(connection, now);
        for (int i = 0; i < NodesPerJob && _due.TryDequeue(out (long Node, Month Month) due); i++)
        {
            SettleMonth(connection, due.Node, due.Month, madeUpTo, deductions, now);
        }

        return true;
    }

    // Late readings of an old month wait for the next day.
    private bool FindDue(DbConnection connection, long madeUpTo, long before)
    {
        long day = madeUpTo / (SecondsPerDay * 1000);
        if (day == _lookedAtDay)
        {
            return false;
        }

        foreach ((long node, long opened) in SettlementStore.ServiceMonths(connection, madeUpTo, before, NodesAtOnce))
        {
            _due.Enqueue((node, Month.Of(opened)));
        }

        // A node may have several months to settle: looked at again until there are none.
        _lookedAtDay = _due.Count == 0 ? day : _lookedAtDay;
        return _due.Count > 0;
    }

    private static void SettleMonth(DbConnection connection, long node, Month month, long madeUpTo, Deductions deductions, long now)
    {
        long from = month.FromUnixSeconds;
        long to = month.ToUnixSeconds;
        IReadOnlyList<PendingRow> pending = SettlementStore.Service(connection, node, from, to, madeUpTo);
        SettlementStore.Settle(connection, pending.Select(row => row.N), isPosted: true, now);
        (long served, long whole) = SettlementStore.Served(connection, node, from, to);
        long expected = SettlementStore.ExpectedSeconds(connection, node, from, to);
        SettlementStore.SaveMonth(connection, node, month.Number, served, expected, whole, Availability.EarnedMicro(whole, served, expected));
        HashSet<long> managers = SettlementStore.Managers(connection);
        long overdue = managers.Count == 0 ? 0 : SettlementStore.OverdueSeconds(connection, node, from, to);
        foreach ((long account, long posted) in SettlementStore.PostedService(connection, node, from, to))
        {
            // Overdue tickets are the manager's to bear, for their part of the month.
            long earned = Availability.EarnedMicro(posted, served, expected);
            long target = managers.Contains(account) ? Availability.WithoutOverdue(earned, overdue, expected) : earned;
            string prefix = $"{node}/{month}/{account}/";
            (long adjusted, long count) = SettlementStore.Adjusted(connection, prefix, account);
            long change = target - (posted + adjusted);
            string reference = $"{prefix}{count + 1:00000}";
            (long debit, long credit) = change < 0 ? (account, Transfers.Issued) : (Transfers.Issued, account);
            LedgerStore.Post(connection, Transfers.IdOf(Transfers.Availability, reference), Transfers.Availability, debit, credit, Math.Abs(change), reference, now);
            long postedNow = pending.Where(row => row.Account == account).Sum(row => row.AmountMicro);
            deductions.Of(node, account, Math.Max(0, postedNow + change), from, reference);
        }
    }
}
