using System.Data.Common;
using DePin.Fleet.Care;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Overview;
using DePin.Fleet.Pairing;
using DePin.Fleet.People;
using DePin.Fleet.Proof;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Homes;

/// <summary>Puts somebody's first page together, all of one instant.</summary>
/// <param name="connection">Reads in one transaction.</param>
/// <param name="presence">Who is connected.</param>
/// <param name="nowUnixMilliseconds">The present.</param>
internal sealed class HomeReader(DbConnection connection, NodePresence presence, long nowUnixMilliseconds)
{
    private const int NodesShown = 60, TicketsShown = 30, LoansShown = 100, TroubledNodes = 20, BatchesLookedAt = 100, CasesShown = 50;
    private const long SecondsPerDay = 86_400, SecondsPerHour = 3600;

    private readonly long _today = nowUnixMilliseconds / 1000 / SecondsPerDay;
    private readonly long _month = Month.Of(nowUnixMilliseconds / 1000).FromUnixSeconds;
    private long? _firstBatch;

    /// <summary>An operator's part.</summary>
    public OperatorView Operator(Caller caller)
    {
        string name = caller.Name;
        string account = Transfers.OperatorPrefix + name;
        IReadOnlyList<HomeNode> nodes = HomeStore.Nodes(connection, name, null, _today, NodesShown);
        (long count, long today, _) = HomeStore.Delivered(connection, name, null, _today, _today);
        Earned earned = EarnedBy(account);
        IReadOnlyList<TicketRow> tickets = TicketStore.Open(connection, TicketsShown, name);
        long owed = HomeStore.Owed(connection, account);
        return new OperatorView(
            account, Amounts.Energy(today), Amounts.Credits(earned.MonthPosted), Amounts.Credits(earned.MonthPending), Amounts.Credits(earned.Posted), Amounts.Credits(earned.Pending),
            owed > 0 ? Amounts.Credits(owed) : null,
            [.. Fixes(nodes)], [.. nodes.Select(node => Card(node, earned))], count, [.. tickets.Select(ticket => TicketView.Of(ticket, caller, nowUnixMilliseconds))], Loans(LoanStore.OfOperator(connection, name, LoansShown)));
    }

    /// <summary>A capital builder's part. Where a lamp stands is a home: the site's name is for its operator.</summary>
    public BuilderView Builder(string name)
    {
        string account = Transfers.CapitalBuilderPrefix + name;
        (long count, long today, long month) = HomeStore.Delivered(connection, null, name, _today, _month / SecondsPerDay);
        (long ever, long seconds) = HomeStore.DeliveredEver(connection, name);
        Earned earned = EarnedBy(account);
        return new BuilderView(
            account, Amounts.Energy(today), Amounts.Energy(month), Amounts.Energy(ever), Amounts.Count(seconds / SecondsPerHour), Amounts.Credits(earned.MonthPosted), Amounts.Credits(earned.MonthPending),
            Amounts.Credits(earned.Posted), Amounts.Credits(earned.Pending), [.. HomeStore.Nodes(connection, null, name, _today, NodesShown).Select(node => Card(node with { Place = "" }, earned))], count,
            Loans(LoanStore.OfCapitalBuilder(connection, name, LoansShown)));
    }

    /// <summary>A lender's part.</summary>
    public LenderView Lender(string name)
    {
        string account = Transfers.LenderPrefix + name;
        IReadOnlyList<LoanRow> loans = LoanStore.OfLender(connection, name, LoansShown);
        (long lent, long repaid) = LoanStore.SumsOf(connection, name);
        return new LenderView(account, Amounts.Credits(lent), Amounts.Credits(repaid), Amounts.Credits(TallyStore.Account(connection, account)?.PostedMicro ?? 0), Loans(loans));
    }

    /// <summary>An auditor's part.</summary>
    public AuditorView Auditor(IReadOnlyList<WitnessView> witnesses)
    {
        LogHead head = LogStore.Head(connection);
        Checkpoint? checkpoint = head.Checkpoint is { } note ? Checkpoint.Read(note) : null;
        Checkpoint? cosigned = head.Cosigned is { } signed ? Checkpoint.Read(signed) : null;
        (long sum, _) = TallyStore.Balances(connection);
        return new AuditorView(
            checkpoint is null ? null : Amounts.Count(checkpoint.Size),
            checkpoint is null ? null : Convert.ToBase64String(checkpoint.Root),
            cosigned is null ? null : Amounts.Count(cosigned.Size),
            [.. witnesses.Select(witness => (witness.Name, witness.Problem is { } problem ? HomeWords.Of("Witness.Problem", Amounts.Count(witness.Size), problem) : HomeWords.Of("Witness.Signed", Amounts.Count(witness.Size))))],
            Amounts.Credits(sum), sum == 0, Amounts.Count(TallyStore.Forks(connection)),
            [.. SuspensionStore.Open(connection, CasesShown).Select(row => new BanLine(row.NodeId, Amounts.Day(row.FromUnixMilliseconds), PairWords.Suspension(row.Reason), row.Evidence.Told(), row.Cure.Told()))],
            [.. ReviewStore.Cases(connection, CasesShown).Select(open => new CaseLine(open.NodeId, open.Kind, open.Evidence.Told(), Amounts.Day(open.DeadlineUnixMilliseconds)))]);
    }

    private LoanLine[] Loans(IReadOnlyList<LoanRow> rows) => [.. rows.Select(row => LoanLine.Of(row, nowUnixMilliseconds / 1000))];

    private Earned EarnedBy(string account)
    {
        _firstBatch ??= HomeStore.FirstBatch(connection, _month * 1000);
        AccountRow? balances = TallyStore.Account(connection, account);
        return new Earned(HomeStore.Credited(connection, account, _firstBatch.Value).ToDictionary(row => row.Node, row => (row.PendingMicro, row.PostedMicro)), balances?.PendingMicro ?? 0, balances?.PostedMicro ?? 0);
    }

    private NodeCard Card(HomeNode node, Earned earned)
    {
        (long pending, long posted) = earned.ByNode.GetValueOrDefault(node.Node);
        bool isOnline = presence.Find(node.NodeId) is { IsOnline: true };
        return new NodeCard(
            node.NodeId, node.Place, node.Operator, Mark.Of(node, nowUnixMilliseconds), isOnline ? HomeWords.Of("Node.Online") : OverviewWords.Ago(node.HeardUnixMilliseconds, nowUnixMilliseconds),
            node.BatteryPermille is { } permille ? Amounts.Percent(permille * 10) : "–", Amounts.Energy(node.TodayMilliwattHours), Amounts.Credits(posted), Amounts.Credits(pending));
    }

    private bool IsRecent(long unixMilliseconds) => unixMilliseconds > nowUnixMilliseconds - OverviewStore.RefusedMs;

    private IEnumerable<FixLine> Fixes(IReadOnlyList<HomeNode> nodes)
    {
        foreach (HomeNode node in nodes.Where(node => node.IsSuspended || node.IsSilent || node.Held > 0 || IsRecent(node.RefusedUnixMilliseconds)).Take(TroubledNodes))
        {
            string link = $"/nodes/{node.NodeId}";
            if (node.IsSuspended)
            {
                yield return new FixLine(node.NodeId, node.Place, "refused", Cure.Meaning(VerdictName.Suspended), Cure.Of(VerdictName.Suspended), null, link);
            }

            if (node.IsSilent)
            {
                yield return new FixLine(node.NodeId, node.Place, "refused", HomeWords.Of("Fix.Silent", OverviewWords.Ago(node.HeardUnixMilliseconds, nowUnixMilliseconds)), HomeWords.Of("Fix.Silent.How"), null, link);
            }

            foreach (FixLine line in NotCredited(node))
            {
                yield return line;
            }
        }
    }

    // One line for each name, with the last run under it.
    private IEnumerable<FixLine> NotCredited(HomeNode node)
    {
        long from = (_today * SecondsPerDay) - (OverviewStore.RefusedMs / 1000);
        return HomeStore.NotCredited(connection, node.Node, from, BatchesLookedAt)
            .SelectMany(VerdictRun.Read)
            .Where(run => run.Outcome != Outcome.Credited && run.Name != VerdictName.Suspended)
            .GroupBy(run => (run.Name, run.Outcome))
            .Select(same => (same.Key, Readings: same.Sum(run => run.Count), Last: same.First().Shown()))
            .OrderBy(same => same.Key.Name)
            .Select(same => new FixLine(
                node.NodeId, node.Place, same.Key.Outcome == Outcome.Held ? "held" : "refused",
                HomeWords.Of(same.Key.Outcome == Outcome.Held ? "Fix.Held" : "Fix.Refused", same.Readings, Cure.Meaning(same.Key.Name)), Cure.Of(same.Key.Name), same.Last.Figures,
                $"/nodes/{node.NodeId}/readings?reading={same.Last.First + same.Last.Count - 1}"));
    }

    // What an account got this month by node, and what it has.
    private sealed record Earned(IReadOnlyDictionary<long, (long Pending, long Posted)> ByNode, long Pending, long Posted)
    {
        public long MonthPending => ByNode.Values.Sum(each => each.Pending);

        public long MonthPosted => ByNode.Values.Sum(each => each.Posted);
    }
}
