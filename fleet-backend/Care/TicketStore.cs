using Dapper;
using Microsoft.Data.Sqlite;

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

    /// <summary>Opens a ticket for each node from which nothing came for a time; those paired later are left alone. How many.</summary>
    public static int OpenSilent(SqliteConnection connection, long heardBeforeUnixMilliseconds, long nowUnixMilliseconds) =>
        connection.Execute(
            $"""
            {Columns} SELECT n.id, 'silent', CASE WHEN h.heard_ms IS NULL THEN 'nothing ever came' ELSE 'the last batch came at ' || strftime('%Y-%m-%d %H:%M', h.heard_ms / 1000, 'unixepoch') || 'Z' END,
                {OwnerAndTimes}
            FROM node n {Terms}
                JOIN (SELECT id, (SELECT arrived_ms FROM batch WHERE node = x.id ORDER BY sequence DESC LIMIT 1) AS heard_ms FROM node x) h ON h.id = n.id
            WHERE coalesce(h.heard_ms, n.registered_ms) < @heardBeforeUnixMilliseconds AND p.from_unix * 1000 < @heardBeforeUnixMilliseconds
                AND NOT EXISTS(SELECT 1 FROM ticket t WHERE t.node = n.id AND t.cause = 'silent' AND t.closed_ms IS NULL)
            """,
            new { heardBeforeUnixMilliseconds, nowUnixMilliseconds });

    /// <summary>Closes the tickets of nodes that were heard since they were opened. How many.</summary>
    public static int CloseHeard(SqliteConnection connection, long nowUnixMilliseconds) =>
        connection.Execute(
            """
            UPDATE ticket SET closed_ms = @nowUnixMilliseconds, closed_by = 'rule', note = 'the node was heard again'
            WHERE cause = 'silent' AND closed_ms IS NULL AND (SELECT arrived_ms FROM batch WHERE node = ticket.node ORDER BY sequence DESC LIMIT 1) > opened_ms
            """,
            new { nowUnixMilliseconds });

    /// <summary>Opens a ticket for what a node reported; false where one of this cause is open.</summary>
    public static bool Open(SqliteConnection connection, long node, string cause, string facts, long nowUnixMilliseconds) =>
        connection.Execute(
            $"""
            {Columns} SELECT n.id, @cause, @facts, {OwnerAndTimes}
            FROM node n {Terms} WHERE n.id = @node AND NOT EXISTS(SELECT 1 FROM ticket t WHERE t.node = @node AND t.cause = @cause AND t.closed_ms IS NULL)
            """,
            new { node, cause, facts, nowUnixMilliseconds }) == 1;

    /// <summary>Closes a ticket; false where it is not open.</summary>
    public static bool Close(SqliteConnection connection, long id, string by, string note, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE ticket SET closed_ms = @nowUnixMilliseconds, closed_by = @by, note = @note WHERE id = @id AND closed_ms IS NULL", new { id, by, note, nowUnixMilliseconds }) == 1;

    /// <summary>Open tickets, the next due first.</summary>
    public static IReadOnlyList<TicketRow> Open(SqliteConnection connection, int limit) =>
        connection.Query<TicketRow>(
            """
            SELECT t.id AS Id, n.node_id AS NodeId, t.cause AS Cause, t.facts AS Facts, t.owner AS Owner, t.opened_ms AS OpenedUnixMilliseconds, t.due_ms AS DueUnixMilliseconds
            FROM ticket t JOIN node n ON n.id = t.node WHERE t.closed_ms IS NULL ORDER BY t.due_ms, t.id LIMIT @limit
            """,
            new { limit }).AsList();
}

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

    /// <summary>By when; afterwards the infrastructure manager's share is cut for as long as it stays open.</summary>
    public long DueUnixMilliseconds { get; init; }
}
