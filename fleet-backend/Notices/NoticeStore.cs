using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.People;

namespace DePin.Fleet.Notices;

/// <summary>
/// Notices and the ways they go. They are read from what only ever grows (tickets, the log of events), in the transaction that moves the
/// cursor: nothing is told twice by us and nothing is left out, whenever the backend was killed.
/// </summary>
internal static class NoticeStore
{
    private const int LinesAtOnce = 500;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether something happened since the last reading. Asks for the last rows: a condition with a cursor that is looked up first reads all of them on PostgreSQL.</summary>
    public static bool HasNews(DbConnection connection, long nowUnixMilliseconds) => connection.ExecuteScalar<bool>(
        """
        SELECT coalesce((SELECT max(id) FROM ticket) > (SELECT at FROM notice_cursor WHERE source = 'ticket'), false)
            OR coalesce((SELECT max(n) FROM event) > (SELECT at FROM notice_cursor WHERE source = 'event'), false)
            OR EXISTS(SELECT 1 FROM ticket WHERE closed_ms IS NULL AND due_ms > (SELECT at FROM notice_cursor WHERE source = 'overdue') AND due_ms <= @nowUnixMilliseconds)
        """,
        new { nowUnixMilliseconds });

    /// <summary>Makes notices of what happened since the last time, for those who asked and may be told; whether there may be more.</summary>
    public static bool Collect(DbConnection connection, long nowUnixMilliseconds)
    {
        IReadOnlyList<Subscriber> subscribers = SubscriptionStore.Confirmed(connection);
        int read = Move(connection, "ticket", nowUnixMilliseconds, Tickets(connection, "t.id > @after ORDER BY t.id", "ticket", NoticeKind.TicketOpened, row => row.Id), subscribers);
        Move(connection, "overdue", nowUnixMilliseconds, Tickets(connection, "t.closed_ms IS NULL AND t.due_ms > @after AND t.due_ms <= @nowUnixMilliseconds ORDER BY t.due_ms", "overdue", NoticeKind.TicketOverdue, row => row.DueMs, nowUnixMilliseconds), subscribers);
        return Math.Max(read, Move(connection, "event", nowUnixMilliseconds, Events(connection), subscribers)) == LinesAtOnce;
    }

    /// <summary>Makes one notice for one subscription.</summary>
    public static void Tell(DbConnection connection, long subscription, string kind, string subject, object content, long nowUnixMilliseconds)
    {
        long notice = Insert(connection, new Happening(0, kind, subject, JsonSerializer.Serialize(content, Json), null), nowUnixMilliseconds);
        Send(connection, notice, subscription, nowUnixMilliseconds);
    }

    /// <summary>What is to be sent now, the longest waiting first.</summary>
    public static IReadOnlyList<DueDelivery> Due(DbConnection connection, long nowUnixMilliseconds, int limit) => connection.Query<DueDelivery>(
        """
        SELECT d.id AS Id, d.attempts AS Attempts, n.id AS Notice, n.kind AS Kind, n.at_ms AS AtUnixMilliseconds, n.subject AS Subject, n.content AS Content,
            s.channel AS Channel, s.target AS Target, s.secret AS Secret
        FROM delivery d JOIN notice n ON n.id = d.notice JOIN subscription s ON s.id = d.subscription
        WHERE d.state = 'waiting' AND d.next_ms <= @nowUnixMilliseconds ORDER BY d.next_ms, d.id LIMIT @limit
        """,
        new { nowUnixMilliseconds, limit }).AsList();

    /// <summary>Notes how an attempt ended; <paramref name="nextUnixMilliseconds"/> null ends the delivery.</summary>
    public static void Note(DbConnection connection, long delivery, string? problem, long? nextUnixMilliseconds, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE delivery SET attempts = attempts + 1, problem = @problem, state = CASE WHEN @problem IS NULL THEN 'sent' WHEN @nextUnixMilliseconds IS NULL THEN 'dead' ELSE 'waiting' END,
            next_ms = coalesce(@nextUnixMilliseconds, next_ms), ended_ms = CASE WHEN @problem IS NULL OR @nextUnixMilliseconds IS NULL THEN @nowUnixMilliseconds END
        WHERE id = @delivery AND state = 'waiting'
        """,
        new { delivery, problem, nextUnixMilliseconds, nowUnixMilliseconds });

    /// <summary>Deliveries in a state, newest first; of one person, or of all for null.</summary>
    public static IReadOnlyList<DeliveryRow> Deliveries(DbConnection connection, long? person, string state, long before, int limit) => connection.Query<DeliveryRow>(
        """
        SELECT d.id AS Id, n.kind AS Kind, n.subject AS Subject, n.at_ms AS AtUnixMilliseconds, s.channel AS Channel, s.target AS Target, p.name AS Person, d.state AS State,
            d.attempts AS Attempts, CASE WHEN d.state = 'waiting' THEN d.next_ms END AS NextUnixMilliseconds, d.problem AS Problem
        FROM delivery d JOIN notice n ON n.id = d.notice JOIN subscription s ON s.id = d.subscription JOIN person p ON p.id = s.person
        WHERE d.state = @state AND d.id < @before AND (CAST(@person AS BIGINT) IS NULL OR s.person = @person) ORDER BY d.id DESC LIMIT @limit
        """,
        new { person, state, before, limit }).AsList();

    /// <summary>Brings a dead delivery back, with all its attempts; false where there is none.</summary>
    public static bool Revive(DbConnection connection, long delivery, long? person, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE delivery SET state = 'waiting', attempts = 0, next_ms = @nowUnixMilliseconds, ended_ms = NULL WHERE id = @delivery AND state = 'dead'
            AND subscription IN (SELECT id FROM subscription WHERE ended_ms IS NULL AND (CAST(@person AS BIGINT) IS NULL OR person = @person))
        """,
        new { delivery, person, nowUnixMilliseconds }) == 1;

    /// <summary>Forgets notices that were sent or given up before a time, some thousands at a time; how many deliveries. The newest stay: their numbers must not be given again, since receivers know them.</summary>
    public static int Forget(DbConnection connection, long beforeUnixMilliseconds, int limit)
    {
        int ended = connection.Execute(
            "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE state <> 'waiting' AND ended_ms < @beforeUnixMilliseconds AND id < (SELECT max(id) FROM delivery) ORDER BY id LIMIT @limit)",
            new { beforeUnixMilliseconds, limit });
        connection.Execute(
            """
            DELETE FROM notice WHERE id IN (SELECT n.id FROM notice n WHERE n.at_ms < @beforeUnixMilliseconds AND n.id < (SELECT max(id) FROM notice)
                AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.notice = n.id) ORDER BY n.id LIMIT @limit)
            """,
            new { beforeUnixMilliseconds, limit });
        return ended;
    }

    private static int Move(DbConnection connection, string source, long nowUnixMilliseconds, IReadOnlyList<Happening> happenings, IReadOnlyList<Subscriber> subscribers)
    {
        foreach (Happening happening in happenings)
        {
            Subscriber[] told = [.. subscribers.Where(one => one.Wants(happening.Kind) && NoticeKind.MayBeTold(happening.Kind, one.Person, happening.About))];
            if (told.Length > 0)
            {
                long notice = Insert(connection, happening, nowUnixMilliseconds);
                foreach (Subscriber one in told)
                {
                    Send(connection, notice, one.Subscription, nowUnixMilliseconds);
                }
            }
        }

        if (happenings.Count > 0)
        {
            connection.Execute("UPDATE notice_cursor SET at = @at WHERE source = @source", new { source, at = happenings[^1].Cursor });
        }

        return happenings.Count;
    }

    private static List<Happening> Tickets(DbConnection connection, string where, string source, string kind, Func<TicketLine, long> cursor, long nowUnixMilliseconds = 0) => connection.Query<TicketLine>(
        $"""
        SELECT t.id AS Id, n.node_id AS NodeId, t.cause AS Cause, t.facts AS Facts, t.owner AS Owner, t.due_ms AS DueMs, p.operator AS Operator, p.capital_builder AS CapitalBuilder
        FROM ticket t JOIN node n ON n.id = t.node LEFT JOIN pairing p ON p.node = t.node AND p.to_unix IS NULL WHERE {where} LIMIT {LinesAtOnce}
        """,
        new { after = Cursor(connection, source), nowUnixMilliseconds }).Select(row => new Happening(
            cursor(row),
            kind,
            kind == NoticeKind.TicketOpened ? $"{row.NodeId}: {row.Cause}" : $"{row.NodeId}: {row.Cause} is overdue",
            JsonSerializer.Serialize(new { ticket = row.Id, row.NodeId, row.Cause, row.Facts, row.Owner, dueUnixMilliseconds = row.DueMs }, Json),
            new NoticeAbout(row.Operator, row.CapitalBuilder, row.Owner))).ToList();

    private static List<Happening> Events(DbConnection connection) => connection.Query<EventLine>(
        $"""
        SELECT e.n AS N, e.kind AS Kind, e.by AS By, e.content AS Content, n.node_id AS NodeId, p.operator AS Operator, p.capital_builder AS CapitalBuilder
        FROM event e LEFT JOIN node n ON n.id = e.node LEFT JOIN pairing p ON p.node = e.node AND p.to_unix IS NULL WHERE e.n > @after ORDER BY e.n LIMIT {LinesAtOnce}
        """,
        new { after = Cursor(connection, "event") }).Select(row => new Happening(
            row.N,
            NoticeKind.OfEvent(row.Kind),
            row.NodeId is null ? row.Kind : $"{row.NodeId}: {row.Kind}",
            JsonSerializer.Serialize(new { number = row.N, row.Kind, row.By, row.NodeId, content = JsonNode.Parse(row.Content) }, Json),
            row.NodeId is null ? null : new NoticeAbout(row.Operator, row.CapitalBuilder, null))).ToList();

    private static long Cursor(DbConnection connection, string source) => connection.ExecuteScalar<long>("SELECT at FROM notice_cursor WHERE source = @source", new { source });

    private static long Insert(DbConnection connection, Happening happening, long nowUnixMilliseconds) => connection.ExecuteScalar<long>(
        "INSERT INTO notice(kind, at_ms, subject, content) VALUES(@Kind, @nowUnixMilliseconds, @Subject, @Content) RETURNING id", new { happening.Kind, happening.Subject, happening.Content, nowUnixMilliseconds });

    private static void Send(DbConnection connection, long notice, long subscription, long nowUnixMilliseconds) => connection.Execute(
        "INSERT INTO delivery(notice, subscription, next_ms) VALUES(@notice, @subscription, @nowUnixMilliseconds)", new { notice, subscription, nowUnixMilliseconds });

    private sealed record Happening(long Cursor, string Kind, string Subject, string Content, NoticeAbout? About);

    private sealed record TicketLine(long Id, string NodeId, string Cause, string Facts, string Owner, long DueMs, string? Operator, string? CapitalBuilder);

    private sealed record EventLine(long N, string Kind, string By, string Content, string? NodeId, string? Operator, string? CapitalBuilder);
}

/// <summary>One attempt that is due.</summary>
internal sealed record DueDelivery(long Id, long Attempts, long Notice, string Kind, long AtUnixMilliseconds, string Subject, string Content, string Channel, string Target, byte[]? Secret);

/// <summary>A way that a notice goes, as people see it.</summary>
internal sealed record DeliveryRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>What it tells of.</summary>
    public required string Kind { get; init; }

    /// <summary>In a few words.</summary>
    public required string Subject { get; init; }

    /// <summary>When it happened.</summary>
    public long AtUnixMilliseconds { get; init; }

    /// <summary>mail or webhook.</summary>
    public required string Channel { get; init; }

    /// <summary>Where it goes.</summary>
    public required string Target { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string Person { get; init; }

    /// <summary>waiting, sent or dead.</summary>
    public required string State { get; init; }

    /// <summary>How often it was tried.</summary>
    public long Attempts { get; init; }

    /// <summary>When it is tried next; null when it is not.</summary>
    public long? NextUnixMilliseconds { get; init; }

    /// <summary>What went wrong last; null where nothing did.</summary>
    public string? Problem { get; init; }
}
