using System.Data.Common;
using Dapper;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Care;

/// <summary>Verdicts that somebody does not accept.</summary>
internal static class DisputeStore
{
    private const string Columns =
        """
        SELECT d.id AS Id, n.node_id AS NodeId, d.first_reading AS FirstReading, d.last_reading AS LastReading, d.verdict AS Verdict, d.figures AS Figures, d.by AS By, d.text AS Text,
            d.opened_ms AS OpenedUnixMilliseconds, d.due_ms AS DueUnixMilliseconds, d.answered_ms AS AnsweredUnixMilliseconds, d.answered_by AS AnsweredBy, d.outcome AS Outcome, d.answer AS Answer
        FROM dispute d JOIN node n ON n.id = d.node
        """;

    /// <summary>The run of readings with one verdict that a reading belongs to; null where it earned or is not known.</summary>
    public static (long Batch, VerdictRun Run)? NotCredited(DbConnection connection, long node, long sequence)
    {
        (long Batch, string? Detail)? row = connection.QueryFirstOrDefault<(long, string?)?>(
            "SELECT v.batch, v.detail FROM batch b JOIN verdict v ON v.batch = b.id WHERE b.node = @node AND b.sequence <= @sequence AND b.next_sequence > @sequence", new { node, sequence });
        return row is { } found && VerdictRun.Read(found.Detail).FirstOrDefault(run => run.Outcome != Outcome.Credited && run.First <= sequence && sequence < run.First + run.Count) is { } run
            ? (found.Batch, run)
            : null;
    }

    /// <summary>Opens one; null where the same run is disputed already.</summary>
    public static long? Open(DbConnection connection, long node, long batch, VerdictRun run, string by, string text, long nowUnixMilliseconds, long dueUnixMilliseconds)
    {
        long? id = connection.ExecuteScalar<long?>(
            """
            INSERT INTO dispute(node, batch, first_reading, last_reading, verdict, figures, by, text, opened_ms, due_ms)
            SELECT @node, @batch, @first, @last, @verdict, @Figures, @by, @text, @nowUnixMilliseconds, @dueUnixMilliseconds
            WHERE NOT EXISTS(SELECT 1 FROM dispute WHERE node = @node AND first_reading = @first AND answered_ms IS NULL) RETURNING id
            """,
            new { node, batch, first = run.First, last = run.First + run.Count - 1, verdict = run.Name.ToString(), run.Figures, by, text, nowUnixMilliseconds, dueUnixMilliseconds });
        if (id is not null)
        {
            EventStore.Record(connection, nowUnixMilliseconds, "dispute opened", node, by, new { dispute = id, firstReading = run.First, readings = run.Count, verdict = run.Name.ToString(), text });
        }

        return id;
    }

    /// <summary>How many of a node are open.</summary>
    public static int CountOpen(DbConnection connection, long node) => connection.ExecuteScalar<int>("SELECT count(*) FROM dispute WHERE node = @node AND answered_ms IS NULL", new { node });

    /// <summary>What an answer says.</summary>
    public static IReadOnlyList<string> Outcomes { get; } = ["stands", "put right"];

    /// <summary>Answers one.</summary>
    public static CareAnswer Answer(DbConnection connection, long id, string outcome, string answer, string by, long nowUnixMilliseconds)
    {
        (long Node, string By, long? AnsweredMs)? row = connection.QueryFirstOrDefault<(long, string, long?)?>("SELECT node, by, answered_ms FROM dispute WHERE id = @id", new { id });
        if (row is not { } dispute)
        {
            return new(StatusCodes.Status404NotFound, Sentence.Of($"There is no dispute {id}."));
        }

        if (dispute.AnsweredMs is not null || dispute.By == by)
        {
            return new(StatusCodes.Status409Conflict, dispute.AnsweredMs is not null ? Sentence.Of($"Dispute {id} is answered already.") : Sentence.Of($"Nobody answers their own dispute; another manager or an auditor does."));
        }

        connection.Execute(
            "UPDATE dispute SET answered_ms = @nowUnixMilliseconds, answered_by = @by, outcome = @outcome, answer = @answer WHERE id = @id", new { id, outcome, answer, by, nowUnixMilliseconds });
        EventStore.Record(connection, nowUnixMilliseconds, "dispute answered", dispute.Node, by, new { dispute = id, outcome, answer });
        return CareAnswer.Done;
    }

    /// <summary>Where a page that ends with this one goes on.</summary>
    public static string CursorOf(DisputeRow row) => row.AnsweredUnixMilliseconds is { } answered ? $"1|{-answered}|{row.Id}" : $"0|{row.DueUnixMilliseconds}|{row.Id}";

    /// <summary>Disputes, the open ones by their due date first, then the last answered; of one person's nodes, or all for null.</summary>
    public static IReadOnlyList<DisputeRow> Page(DbConnection connection, string? person, int limit, long[]? after = null) => connection.Query<DisputeRow>(
        $"""
        {Columns} WHERE (CAST(@person AS TEXT) IS NULL OR d.by = @person OR EXISTS(SELECT 1 FROM pairing p WHERE p.node = d.node AND p.to_unix IS NULL AND (p.operator = @person OR p.capital_builder = @person)))
            AND (CASE WHEN d.answered_ms IS NULL THEN 0 ELSE 1 END, CASE WHEN d.answered_ms IS NULL THEN d.due_ms ELSE -d.answered_ms END, d.id) > (@afterGroup, @afterTime, @afterId)
        ORDER BY d.answered_ms IS NOT NULL, CASE WHEN d.answered_ms IS NULL THEN d.due_ms ELSE -d.answered_ms END, d.id LIMIT @limit
        """,
        new { person, limit, afterGroup = after?[0] ?? -1, afterTime = after?[1] ?? 0, afterId = after?[2] ?? 0 }).AsList();
}

/// <summary>A verdict that somebody does not accept. Times as their names say; what concerns the answer is null until there is one.</summary>
public sealed record DisputeRow(
    long Id, string NodeId, long FirstReading, long LastReading, string Verdict, string? Figures, string By, string Text, long OpenedUnixMilliseconds, long DueUnixMilliseconds,
    long? AnsweredUnixMilliseconds, string? AnsweredBy, string? Outcome, string? Answer);
