using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Care;

/// <summary>Tickets: what somebody has to put right at a node.</summary>
internal static class TicketStore
{
    // Of the agreement in force: who has to put things right, and by when.
    private const string Columns = "INSERT INTO ticket(node, cause, facts, owner, opened_ms, due_ms)";
    private const string OwnerAndTimes = "coalesce(a.manager, p.operator), @nowUnixMilliseconds, @nowUnixMilliseconds + a.due_hours * 3600000";
    private const string Terms =
        """
        JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL
        JOIN agreement a ON a.id = (SELECT id FROM agreement WHERE node = n.id AND from_unix * 1000 <= @nowUnixMilliseconds ORDER BY from_unix DESC LIMIT 1)
        """;

    // Who has to put it right, or who shares in the node.
    private const string OfPerson =
        "(CAST(@person AS TEXT) IS NULL OR t.owner = @person OR EXISTS(SELECT 1 FROM pairing p WHERE p.node = t.node AND p.to_unix IS NULL AND (p.operator = @person OR p.capital_builder = @person)))";

    /// <summary>Words by which people close a ticket.</summary>
    public static IReadOnlyList<string> Closings { get; } = ["repaired", "replaced", "false alarm", "not reachable", "other"];

    /// <summary>
    /// Nodes from which nothing came for a time and of which no ticket says so, with their last arrival; those paired later are left alone. It looks at a line of every node,
    /// and at the batches only of those whose line says that they may be silent: so it is asked of a reader.
    /// </summary>
    public static IReadOnlyList<(long Node, long? HeardUnixMilliseconds)> Silent(DbConnection connection, long heardBeforeUnixMilliseconds) =>
        connection.Query<(long, long?)>(
            """
            SELECT n.id, h.heard_ms FROM node n JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL
                JOIN (SELECT node, (SELECT arrived_ms FROM batch WHERE node = o.node ORDER BY sequence DESC LIMIT 1) AS heard_ms FROM node_overview o
                    WHERE o.heard_ms < @heardBeforeUnixMilliseconds AND o.is_silent = 0) h ON h.node = n.id
            WHERE coalesce(h.heard_ms, n.registered_ms) < @heardBeforeUnixMilliseconds AND p.from_unix * 1000 < @heardBeforeUnixMilliseconds
            """,
            new { heardBeforeUnixMilliseconds }).AsList();

    /// <summary>Opens a ticket for a silent node.</summary>
    public static void OpenSilent(DbConnection connection, long node, long? heardUnixMilliseconds, long nowUnixMilliseconds) => Open(
        connection, node, "silent", heardUnixMilliseconds is { } heard ? $"the last batch came at {DateTimeOffset.FromUnixTimeMilliseconds(heard):yyyy-MM-dd HH:mm}Z" : "nothing ever came", nowUnixMilliseconds);

    /// <summary>Closes the tickets of nodes that were heard since they were opened. How many.</summary>
    public static int CloseHeard(DbConnection connection, long nowUnixMilliseconds) =>
        connection.Execute(
            """
            UPDATE ticket SET closed_ms = @nowUnixMilliseconds, closed_by = 'rule', closing = 'heard again', note = 'the node was heard again'
            WHERE cause = 'silent' AND closed_ms IS NULL AND (SELECT arrived_ms FROM batch WHERE node = ticket.node ORDER BY sequence DESC LIMIT 1) > opened_ms
            """,
            new { nowUnixMilliseconds });

    /// <summary>Opens a ticket for what a node reported; false where one of this cause is open.</summary>
    public static bool Open(DbConnection connection, long node, string cause, string facts, long nowUnixMilliseconds) =>
        connection.Execute(
            $"""
            {Columns} SELECT n.id, @cause, @facts, {OwnerAndTimes}
            FROM node n {Terms} WHERE n.id = @node AND NOT EXISTS(SELECT 1 FROM ticket t WHERE t.node = @node AND t.cause = @cause AND t.closed_ms IS NULL)
            """,
            new { node, cause, facts, nowUnixMilliseconds }) == 1;

    /// <summary>Closes a ticket; false where it is not open.</summary>
    public static bool Close(DbConnection connection, long id, string closing, string by, string note, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE ticket SET closed_ms = @nowUnixMilliseconds, closed_by = @by, closing = @closing, note = @note WHERE id = @id AND closed_ms IS NULL", new { id, closing, by, note, nowUnixMilliseconds }) == 1;

    /// <summary>Writes something down beside an open ticket; false where it is closed, has notes enough, or is none of this person's (null: everybody's).</summary>
    public static bool Note(DbConnection connection, long id, string? person, string by, string note, int mostNotes, long nowUnixMilliseconds) =>
        connection.Execute(
            $"""
            INSERT INTO ticket_note(ticket, at_ms, by, note) SELECT t.id, @nowUnixMilliseconds, @by, @note FROM ticket t
            WHERE t.id = @id AND t.closed_ms IS NULL AND {OfPerson} AND (SELECT count(*) FROM ticket_note WHERE ticket = @id) < @mostNotes
            """,
            new { id, person, by, note, mostNotes, nowUnixMilliseconds }) == 1;

    /// <summary>A node's tickets, the open ones first, then the last closed.</summary>
    public static IReadOnlyList<NodeTicket> OfNode(DbConnection connection, long node, int limit) => connection.Query<NodeTicket>(
        """
        SELECT cause AS Cause, facts AS Facts, owner AS Owner, due_ms AS DueUnixMilliseconds, closed_ms AS ClosedUnixMilliseconds, closed_by AS ClosedBy, closing AS Closing
        FROM ticket WHERE node = @node ORDER BY closed_ms IS NOT NULL, closed_ms DESC, due_ms LIMIT @limit
        """,
        new { node, limit }).AsList();

    /// <summary>Where a page that ends with this one goes on.</summary>
    public static string CursorOf(TicketRow row) => $"{row.DueUnixMilliseconds}|{row.Id}";

    /// <summary>Open tickets, the next due first; of one person (who has to put them right, or whose node it is), or all for null.</summary>
    public static IReadOnlyList<TicketRow> Open(DbConnection connection, int limit, string? person = null, long[]? after = null)
    {
        const string OfPage = $"t.closed_ms IS NULL AND {OfPerson} AND (t.due_ms, t.id) > (@afterDue, @afterId) ORDER BY t.due_ms, t.id LIMIT @limit";
        var page = new { limit, person, afterDue = after?[0] ?? long.MinValue, afterId = after?[1] ?? 0 };
        List<TicketRow> tickets = connection.Query<TicketRow>(
            $"""
            SELECT t.id AS Id, n.node_id AS NodeId, t.cause AS Cause, t.facts AS Facts, t.owner AS Owner, t.opened_ms AS OpenedUnixMilliseconds, t.due_ms AS DueUnixMilliseconds
            FROM ticket t JOIN node n ON n.id = t.node WHERE {OfPage}
            """,
            page).AsList();
        ILookup<long, TicketNote> notes = connection.Query<TicketNote>(
            $"SELECT ticket AS Ticket, at_ms AS AtUnixMilliseconds, by AS By, note AS Note FROM ticket_note WHERE ticket IN (SELECT t.id FROM ticket t WHERE {OfPage}) ORDER BY id", page).ToLookup(note => note.Ticket);
        return tickets.ConvertAll(ticket => ticket with { Notes = [.. notes[ticket.Id]] });
    }
}

/// <summary>A node's ticket, open or closed.</summary>
internal sealed record NodeTicket
{
    public required string Cause { get; init; }

    public required string Facts { get; init; }

    public required string Owner { get; init; }

    public long DueUnixMilliseconds { get; init; }

    public long? ClosedUnixMilliseconds { get; init; }

    public string? ClosedBy { get; init; }

    public string? Closing { get; init; }
}

/// <summary>What somebody wrote down beside a ticket.</summary>
public sealed record TicketNote([property: System.Text.Json.Serialization.JsonIgnore] long Ticket, long AtUnixMilliseconds, string By, string Note);

/// <summary>An open ticket.</summary>
public sealed record TicketRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>The node.</summary>
    public required string NodeId { get; init; }

    /// <summary>silent, sensor fault, case opened, battery capacity or full outbox.</summary>
    public required string Cause { get; init; }

    /// <summary>The last facts.</summary>
    public required string Facts { get; init; }

    /// <summary>Who has to put it right.</summary>
    public required string Owner { get; init; }

    /// <summary>Since when.</summary>
    public long OpenedUnixMilliseconds { get; init; }

    /// <summary>What people wrote down, oldest first.</summary>
    public IReadOnlyList<TicketNote> Notes { get; init; } = [];

    /// <summary>By when; afterwards the infrastructure manager's share is cut for as long as it stays open.</summary>
    public long DueUnixMilliseconds { get; init; }
}
