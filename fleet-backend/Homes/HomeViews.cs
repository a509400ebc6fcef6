using DePin.Fleet.Care;
using DePin.Fleet.Crediting;
using DePin.Fleet.Overview;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Homes;

/// <summary>The first page of somebody: one part for each of their roles, null where they have not that role.</summary>
/// <param name="Title">Heading.</param>
/// <param name="Aside">The time it was made.</param>
/// <param name="Said">What became of a form, or null.</param>
/// <param name="IsGood">Whether what was said is good news.</param>
/// <param name="Operator">Of who keeps nodes running.</param>
/// <param name="Builder">Of who paid for nodes.</param>
/// <param name="Lender">Of who lent money.</param>
/// <param name="Auditor">Of who checks the books.</param>
/// <param name="Token">Proves forms to be this page's.</param>
public sealed record HomeView(
    string Title, string Aside, string? Said, bool IsGood, OperatorView? Operator, BuilderView? Builder, LenderView? Lender, AuditorView? Auditor, AntiforgeryTokenSet Token);

/// <summary>What an operator sees first.</summary>
public sealed record OperatorView(
    string Account, string Today, string MonthPosted, string MonthPending, string Posted, string Pending, string? Owed,
    IReadOnlyList<FixLine> Fixes, IReadOnlyList<NodeCard> Nodes, long NodeCount, IReadOnlyList<TicketView> Tickets, IReadOnlyList<LoanLine> Loans);

/// <summary>What a capital builder sees first.</summary>
public sealed record BuilderView(
    string Account, string Today, string Month, string Ever, string Hours, string MonthPosted, string MonthPending, string Posted, string Pending,
    IReadOnlyList<NodeCard> Nodes, long NodeCount, IReadOnlyList<LoanLine> Loans);

/// <summary>What a lender sees first.</summary>
public sealed record LenderView(string Account, string Lent, string Repaid, string Posted, IReadOnlyList<LoanLine> Loans);

/// <summary>What an auditor sees first.</summary>
public sealed record AuditorView(
    string? Size, string? Root, string? Cosigned, IReadOnlyList<(string Name, string Standing)> Witnesses, string Sum, bool IsBalanced, string Forks, IReadOnlyList<BanLine> Bans, IReadOnlyList<CaseLine> Cases);

/// <summary>Something to put right: where, what, and how.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Place">Its site.</param>
/// <param name="Shade">held or refused.</param>
/// <param name="What">What is wrong.</param>
/// <param name="How">How it is put right.</param>
/// <param name="Figures">The figures that decided, or null.</param>
/// <param name="Link">Where more is said.</param>
public sealed record FixLine(string NodeId, string Place, string Shade, string What, string How, string? Figures, string Link);

/// <summary>One of somebody's nodes.</summary>
public sealed record NodeCard(string NodeId, string Place, string Operator, IReadOnlyList<Mark> Marks, string Heard, string Battery, string Today, string Posted, string Pending);

/// <summary>A loan and how far it is repaid.</summary>
/// <param name="NodeId">For which node.</param>
/// <param name="Lender">Who lent it.</param>
/// <param name="Principal">How much, credits.</param>
/// <param name="Repaid">How much of it came back.</param>
/// <param name="Permille">The same in thousandths.</param>
/// <param name="Share">The lender's share of the operator's part.</param>
/// <param name="Pace">Ahead of or behind its schedule, in words.</param>
/// <param name="IsBehind">Whether it is behind.</param>
public sealed record LoanLine(string NodeId, string Lender, string Principal, string Repaid, long Permille, string Share, string Pace, bool IsBehind)
{
    /// <summary>How a loan stands at a moment.</summary>
    internal static LoanLine Of(LoanRow row, long nowUnixSeconds)
    {
        long due = row.ToLoan().DueMicro(nowUnixSeconds);
        bool isBehind = row.LeftMicro > 0 && row.RepaidMicro < due;
        string pace = row.LeftMicro == 0 ? HomeWords.Of("Loan.Done")
            : row.SucceededUnixMilliseconds is not null ? HomeWords.Of("Loan.Succeeded")
            : isBehind ? HomeWords.Of("Loan.Behind", Amounts.Credits(due - row.RepaidMicro))
            : HomeWords.Of("Loan.OnTime", Amounts.Credits(due));
        return new LoanLine(
            row.NodeId, row.Lender, Amounts.Credits(row.PrincipalMicro), Amounts.Credits(row.RepaidMicro), (long)((Int128)row.RepaidMicro * 1000 / row.PrincipalMicro), Amounts.Percent(row.BasisPoints), pace, isBehind);
    }
}

/// <summary>A suspended node.</summary>
public sealed record BanLine(string NodeId, string Since, string Reason, string Evidence, string Cure);

/// <summary>A node that others speak against.</summary>
public sealed record CaseLine(string NodeId, string Kind, string Evidence, string By);
