using DePin.Fleet.People;

namespace DePin.Fleet.Notices;

/// <summary>What one can be told of. Names are part of the API: webhooks carry them as their type.</summary>
internal static class NoticeKind
{
    /// <summary>Something has to be put right at a node.</summary>
    public const string TicketOpened = "ticket.opened";

    /// <summary>It was not, in time.</summary>
    public const string TicketOverdue = "ticket.overdue";

    /// <summary>Somebody does not accept a verdict.</summary>
    public const string DisputeOpened = "dispute.opened";

    /// <summary>They were answered.</summary>
    public const string DisputeAnswered = "dispute.answered";

    /// <summary>A node was suspended, or its suspension lifted.</summary>
    public const string Suspension = "node.suspension";

    /// <summary>Any other line of the log of events; for those who see the whole fleet.</summary>
    public const string Event = "event";

    /// <summary>Sent on request, to try a target.</summary>
    public const string Test = "test";

    /// <summary>Asks a mail address for its code.</summary>
    public const string Confirmation = "confirmation";

    /// <summary>Those that can be asked for.</summary>
    public static IReadOnlyList<string> All { get; } = [TicketOpened, TicketOverdue, DisputeOpened, DisputeAnswered, Suspension, Event];

    /// <summary>The kind of a line of the log of events.</summary>
    public static string OfEvent(string name) => name switch
    {
        "dispute opened" => DisputeOpened,
        "dispute answered" => DisputeAnswered,
        "suspension" or "suspension lifted" => Suspension,
        _ => Event,
    };

    /// <summary>Whether somebody may be told: managers and auditors of everything, those who share in a node of what concerns it.</summary>
    public static bool MayBeTold(string kind, Caller person, NoticeAbout? about) =>
        person.Has(Access.WholeFleet) || (kind != Event && about is not null && (about.Owner == person.Name || person.MaySeeNodeOf(about.Operator, about.CapitalBuilder)));
}

/// <summary>Whom a notice concerns: a node's people, and the owner of a ticket.</summary>
/// <param name="Operator">The node's operator, or null.</param>
/// <param name="CapitalBuilder">Who paid for it, or null.</param>
/// <param name="Owner">Who has to put something right, or null.</param>
internal sealed record NoticeAbout(string? Operator, string? CapitalBuilder, string? Owner);
