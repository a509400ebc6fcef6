using DePin.Fleet.People;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Care;

/// <summary>Tickets and disputes, all of them or somebody's own.</summary>
/// <param name="Said">What came of a form, or null.</param>
/// <param name="IsProblem">Whether it was refused.</param>
/// <param name="Tickets">Open tickets, the next due first.</param>
/// <param name="Disputes">The open ones by their due date, then the last answered.</param>
/// <param name="MoreTickets">Address of the tickets that follow, or null.</param>
/// <param name="MoreDisputes">Address of the disputes that follow, or null.</param>
/// <param name="IsFirst">Whether both lists begin at their beginning.</param>
/// <param name="Token">Proves the forms to be this page's.</param>
public sealed record CareView(string? Said, bool IsProblem, IReadOnlyList<TicketView> Tickets, IReadOnlyList<DisputeView> Disputes, string? MoreTickets, string? MoreDisputes, bool IsFirst, AntiforgeryTokenSet Token);

/// <summary>An open ticket.</summary>
/// <param name="Id">Its number.</param>
/// <param name="NodeId">The node.</param>
/// <param name="Cause">What is wrong, in words.</param>
/// <param name="Facts">The last facts.</param>
/// <param name="Due">By when, and who has to see to it.</param>
/// <param name="IsOverdue">Whether that is over.</param>
/// <param name="Notes">What people wrote down.</param>
/// <param name="MayNote">Whether the reader may add to them.</param>
/// <param name="MayClose">Whether the reader may close it.</param>
public sealed record TicketView(long Id, string NodeId, string Cause, string Facts, string Due, bool IsOverdue, IReadOnlyList<string> Notes, bool MayNote, bool MayClose)
{
    internal static TicketView Of(TicketRow row, Caller caller, long now)
    {
        bool isOverdue = row.DueUnixMilliseconds < now;
        return new TicketView(
            row.Id, row.NodeId, CareWords.Of($"Cause.{row.Cause}"), TicketFacts.Read(row.Facts), CareWords.Of(isOverdue ? "Tickets.Overdue" : "Tickets.Due", Amounts.Instant(row.DueUnixMilliseconds), row.Owner), isOverdue,
            [.. row.Notes.Select(note => $"{Amounts.Instant(note.AtUnixMilliseconds)}, {note.By}: {note.Note}")], caller.Has(Roles.Manager | Roles.Operator), caller.Has(Roles.Manager));
    }
}

/// <summary>A verdict that somebody does not accept.</summary>
/// <param name="Id">Its number.</param>
/// <param name="NodeId">The node.</param>
/// <param name="Readings">Verdict and readings, in words.</param>
/// <param name="Address">Where the readings are explained.</param>
/// <param name="Figures">The figures that decided.</param>
/// <param name="Text">Who does not accept it, and why.</param>
/// <param name="Answer">The answer, or by when one is due.</param>
/// <param name="Shade">How the answer is shown.</param>
/// <param name="MayAnswer">Whether the reader may answer.</param>
public sealed record DisputeView(long Id, string NodeId, string Readings, string Address, string? Figures, string Text, string Answer, string Shade, bool MayAnswer)
{
    internal static DisputeView Of(DisputeRow row, Caller caller, long now)
    {
        bool isOverdue = row.DueUnixMilliseconds < now;
        return new DisputeView(
            row.Id, row.NodeId, CareWords.Of("Dispute.Readings", row.Verdict, row.FirstReading, row.LastReading), $"/nodes/{row.NodeId}/readings?reading={row.LastReading}", Sentence.Read(row.Figures),
            CareWords.Of("Dispute.By", row.By, Amounts.Instant(row.OpenedUnixMilliseconds), row.Text),
            row.AnsweredUnixMilliseconds is { } answered ? CareWords.Of("Dispute.Answered", row.AnsweredBy, Amounts.Instant(answered), CareWords.Of($"Outcome.{row.Outcome}"), row.Answer)
                : CareWords.Of(isOverdue ? "Dispute.Overdue" : "Dispute.Due", Amounts.Instant(row.DueUnixMilliseconds)),
            row.AnsweredUnixMilliseconds is null && isOverdue ? "refused" : "quiet", row.AnsweredUnixMilliseconds is null && row.By != caller.Name && caller.Has(Access.WholeFleet));
    }
}
