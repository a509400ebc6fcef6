using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Approvals;

/// <summary>Proposed changes and what became of them.</summary>
internal static class ChangeStore
{
    private const string Columns =
        """
        id AS Id, kind AS Kind, content AS Content, reason AS Reason, state AS State, proposed_by AS ProposedBy, proposed_ms AS ProposedUnixMilliseconds,
        decided_by AS DecidedBy, decided_ms AS DecidedUnixMilliseconds
        """;

    public static long Propose(DbConnection connection, string kind, string content, string reason, string by, long nowUnixMilliseconds) =>
        connection.ExecuteScalar<long>(
            "INSERT INTO change(kind, content, reason, proposed_by, proposed_ms) VALUES(@kind, @content, @reason, @by, @nowUnixMilliseconds) RETURNING id",
            new { kind, content, reason, by, nowUnixMilliseconds });

    public static ChangeRow? Find(DbConnection connection, long id) =>
        connection.QuerySingleOrDefault<ChangeRow>($"SELECT {Columns} FROM change WHERE id = @id", new { id });

    public static void Decide(DbConnection connection, long id, bool isApproved, string by, long nowUnixMilliseconds) =>
        connection.Execute(
            "UPDATE change SET state = @state, decided_by = @by, decided_ms = @nowUnixMilliseconds WHERE id = @id",
            new { id, state = isApproved ? "approved" : "withdrawn", by, nowUnixMilliseconds });

    /// <summary>Proposals that name a node, newest first.</summary>
    public static IReadOnlyList<ChangeRow> Waiting(DbConnection connection, string nodeId, int limit) => connection.Query<ChangeRow>(
        $"SELECT {Columns} FROM change WHERE state = 'proposed' AND content LIKE @pattern ORDER BY id DESC LIMIT @limit", new { pattern = $"%\"{nodeId}\"%", limit }).AsList();

    /// <summary>Proposals of a kind that wait, newest first.</summary>
    public static IReadOnlyList<ChangeRow> WaitingOfKind(DbConnection connection, string kind, int limit) => connection.Query<ChangeRow>(
        $"SELECT {Columns} FROM change WHERE state = 'proposed' AND kind = @kind ORDER BY id DESC LIMIT @limit", new { kind, limit }).AsList();

    /// <summary>All proposals that wait, the oldest first.</summary>
    public static IReadOnlyList<ChangeRow> AllWaiting(DbConnection connection, int limit) =>
        connection.Query<ChangeRow>($"SELECT {Columns} FROM change WHERE state = 'proposed' ORDER BY id LIMIT @limit", new { limit }).AsList();

    public static IReadOnlyList<ChangeRow> Page(DbConnection connection, long after, int limit) =>
        connection.Query<ChangeRow>($"SELECT {Columns} FROM change WHERE id > @after ORDER BY id LIMIT @limit", new { after, limit }).AsList();
}

/// <summary>A change as stored and shown.</summary>
public sealed record ChangeRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>What kind of change.</summary>
    public required string Kind { get; init; }

    /// <summary>What is to change, JSON.</summary>
    public required string Content { get; init; }

    /// <summary>Why, in the words of who proposed it.</summary>
    public required string Reason { get; init; }

    /// <summary>proposed, approved or withdrawn.</summary>
    public required string State { get; init; }

    /// <summary>Who proposed it.</summary>
    public required string ProposedBy { get; init; }

    /// <summary>When.</summary>
    public long ProposedUnixMilliseconds { get; init; }

    /// <summary>Who approved or withdrew it.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When.</summary>
    public long? DecidedUnixMilliseconds { get; init; }
}
