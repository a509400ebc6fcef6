using System.Data.Common;
using Dapper;
using DePin.Contracts.Updates;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>The SQL of nodes in rollouts, as gateway and background step need it.</summary>
internal static class RolloutNodeStore
{
    private const string Columns =
        """
        SELECT m.id AS Id, m.rollout AS Rollout, m.node AS Node, n.node_id AS NodeId, m.wave AS Wave, m.state AS StateNumber, m.attempt AS Attempt, m.failures AS Failures, m.reason AS ReasonNumber,
            m.due_ms AS DueUnixMilliseconds, m.from_firmware AS FromFirmware, m.offered_ms AS OfferedUnixMilliseconds, m.heard_ms AS HeardUnixMilliseconds, m.confirmed_ms AS ConfirmedUnixMilliseconds,
            m.blocks_held AS BlocksHeld, m.blocks_sent AS BlocksSent, m.sent_bytes AS SentBytes, m.repeated_bytes AS RepeatedBytes, m.day AS Day, m.day_bytes AS DayBytes
        FROM rollout_node m JOIN node n ON n.id = m.node
        """;

    /// <summary>What a node has to do with updates now: the attempt under way, else the newest; null where it is in no rollout.</summary>
    public static MemberRow? Present(DbConnection connection, long node) => connection.QueryFirstOrDefault<MemberRow>(
        $"{Columns} WHERE m.node = @node ORDER BY m.state BETWEEN 1 AND 6 DESC, m.rollout DESC LIMIT 1", new { node });

    /// <summary>The rollouts that a node is or was in, newest first.</summary>
    public static IReadOnlyList<NodeUpdate> OfNode(DbConnection connection, long node, int limit) =>
        [.. connection.Query<(long Id, string Rollout, string? Release, long State, long Attempt, long? At)>(
            """
            SELECT r.id, r.name, u.name, m.state, m.attempt, coalesce(m.confirmed_ms, m.heard_ms, m.offered_ms)
            FROM rollout_node m JOIN rollout r ON r.id = m.rollout LEFT JOIN update_release u ON u.id = r.release WHERE m.node = @node ORDER BY m.rollout DESC LIMIT @limit
            """,
            new { node, limit }).Select(row => new NodeUpdate(row.Id, row.Rollout, row.Release ?? "", (NodeState)row.State, row.Attempt, row.At))];

    /// <summary>A node in a rollout by its row.</summary>
    public static MemberRow Get(DbConnection connection, long id) => connection.QuerySingle<MemberRow>($"{Columns} WHERE m.id = @id", new { id });

    /// <summary>The node's row that an attempt belongs to, or null.</summary>
    public static MemberRow? OfAttempt(DbConnection connection, long node, long attempt) => connection.QueryFirstOrDefault<MemberRow>($"{Columns} WHERE m.node = @node AND m.attempt = @attempt", new { node, attempt });

    /// <summary>Nodes that wait for their offer, or others that something is due for; the longest due first.</summary>
    public static IReadOnlyList<MemberRow> Due(DbConnection connection, long rollout, bool isToOffer, long nowUnixMilliseconds, long limit) => connection.Query<MemberRow>(
        $"{Columns} WHERE m.rollout = @rollout AND m.due_ms IS NOT NULL AND m.state {(isToOffer ? "= 0" : "<> 0")} AND m.due_ms <= @nowUnixMilliseconds ORDER BY m.due_ms, m.id LIMIT @limit",
        new { rollout, nowUnixMilliseconds, limit }).AsList();

    /// <summary>Nothing is due for nodes that are away, until they are heard; where something became due meanwhile, that stays.</summary>
    public static void Away(DbConnection connection, IEnumerable<MemberRow> members) =>
        connection.Execute("UPDATE rollout_node SET due_ms = NULL WHERE id = @Id AND due_ms = @DueUnixMilliseconds", members.Select(member => new { member.Id, member.DueUnixMilliseconds }));

    /// <summary>When to look at a node next.</summary>
    public static void SetDue(DbConnection connection, long id, long? unixMilliseconds) => connection.Execute("UPDATE rollout_node SET due_ms = @unixMilliseconds WHERE id = @id", new { id, unixMilliseconds });

    /// <summary>The same for many; what became due or changed since they were read stays.</summary>
    public static void SetDue(DbConnection connection, IReadOnlyList<(long Id, long? Due)> next, IReadOnlyList<MemberRow> read)
    {
        Dictionary<long, MemberRow> before = read.ToDictionary(member => member.Id);
        connection.Execute(
            "UPDATE rollout_node SET due_ms = @Due WHERE id = @Id AND due_ms = @Before AND state = @State",
            next.Select(one => new { one.Id, one.Due, Before = before[one.Id].DueUnixMilliseconds, State = before[one.Id].StateNumber }));
    }

    /// <summary>Begins an attempt; its number, or 0 where the node is not waiting for an offer any more.</summary>
    public static long Offer(DbConnection connection, MemberRow member, long nowUnixMilliseconds, long dueUnixMilliseconds)
    {
        long attempt = connection.ExecuteScalar<long>(
            "INSERT INTO node_update(node, attempts) VALUES(@Node, 1) ON CONFLICT(node) DO UPDATE SET attempts = node_update.attempts + 1 RETURNING attempts", new { member.Node });
        return connection.Execute(
            """
            UPDATE rollout_node SET state = 1, attempt = @attempt, reason = 0, due_ms = @dueUnixMilliseconds, offered_ms = @nowUnixMilliseconds, heard_ms = NULL, blocks_held = 0, blocks_sent = NULL
            WHERE id = @Id AND state = 0 AND EXISTS(SELECT 1 FROM rollout r WHERE r.id = rollout AND r.state IN ('canary', 'wave', 'done'))
            """,
            new { member.Id, attempt, nowUnixMilliseconds, dueUnixMilliseconds }) == 1 ? attempt : 0;
    }

    /// <summary>Puts a node whose next attempt is due back to those that wait for an offer.</summary>
    public static void Again(DbConnection connection, IEnumerable<MemberRow> members) =>
        connection.Execute("UPDATE rollout_node SET state = 0 WHERE id = @Id AND state IN (8, 9)", members.Select(member => new { member.Id }));

    /// <summary>Takes note of a report's counter; false where it is late.</summary>
    public static bool Count(DbConnection connection, long node, long counter) => connection.Execute(
        "INSERT INTO node_update(node, counter) VALUES(@node, @counter) ON CONFLICT(node) DO UPDATE SET counter = excluded.counter WHERE node_update.counter < excluded.counter", new { node, counter }) == 1;

    /// <summary>Stores what a report made of a node.</summary>
    public static void Step(DbConnection connection, MemberRow member, NodeStep step, UpdateReport report, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE rollout_node SET state = @state, failures = @Failures, reason = @reason, heard_ms = @now, due_ms = @due, blocks_held = max(blocks_held, @BlocksHeld),
            confirmed_ms = CASE WHEN @isConfirmed = 1 THEN @now ELSE confirmed_ms END, confirmed_sequence = CASE WHEN @isConfirmed = 1 THEN @Sequence ELSE confirmed_sequence END
        WHERE id = @Id
        """,
        new
        {
            member.Id,
            step.Failures,
            report.BlocksHeld,
            report.Sequence,
            state = (int)step.State,
            reason = (int)step.Reason,
            now = nowUnixMilliseconds,
            due = nowUnixMilliseconds + step.RetryMilliseconds,
            isConfirmed = step.State == NodeState.Confirmed,
        });

    /// <summary>Keeps the signed words that ended an attempt.</summary>
    public static void End(DbConnection connection, MemberRow member, NodeState state, UpdateReason reason, UpdateReport report, byte[] message, long nowUnixMilliseconds) => connection.Execute(
        """
        INSERT INTO rollout_end(rollout, node, attempt, wave, state, reason, firmware, at_ms, message)
        VALUES(@Rollout, @Node, @Attempt, @Wave, @state, @reason, @firmware, @nowUnixMilliseconds, @message) ON CONFLICT DO NOTHING
        """,
        new { member.Rollout, member.Node, member.Attempt, member.Wave, state = (int)state, reason = (int)reason, firmware = Convert.ToHexStringLower(report.Firmware), nowUnixMilliseconds, message });

    /// <summary>Withdraws every offer of a rollout. What is on trial goes on unless the release is harmful; who has an offer is told.</summary>
    public static void Withdraw(DbConnection connection, long rollout, bool isRecalled, long nowUnixMilliseconds) => connection.Execute(
        "UPDATE rollout_node SET due_ms = CASE WHEN state BETWEEN 1 AND 6 THEN @nowUnixMilliseconds END, state = 10 WHERE rollout = @rollout AND (state BETWEEN 0 AND @last OR state IN (8, 9))",
        new { rollout, nowUnixMilliseconds, last = (int)(isRecalled ? NodeState.Trial : NodeState.Waiting) });

    /// <summary>Tries again what failed: all of it, or the nodes that are named; silence counts from now on. Answers how many.</summary>
    public static long Retry(DbConnection connection, long rollout, IReadOnlyList<string>? nodes, long nowUnixMilliseconds) => connection.Execute(
        $"""
        UPDATE rollout_node SET state = 0, failures = 0, due_ms = @nowUnixMilliseconds, offered_ms = @nowUnixMilliseconds, heard_ms = NULL WHERE rollout = @rollout AND state IN (8, 9, 11)
        {(nodes is null ? "" : $"AND node IN (SELECT id FROM node WHERE {connection.In("node_id", "nodes")})")}
        """,
        new { rollout, nodes = nodes?.ToArray(), nowUnixMilliseconds });

    /// <summary>Adds what was sent since the last time.</summary>
    public static void AddSent(DbConnection connection, IEnumerable<SentBlocks> sent, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE rollout_node SET sent_bytes = sent_bytes + @Bytes, repeated_bytes = repeated_bytes + @RepeatedBytes, blocks_sent = @Blocks, day_bytes = CASE WHEN day = @Day THEN day_bytes ELSE 0 END + @Bytes, day = @Day,
            heard_ms = max(coalesce(heard_ms, 0), @nowUnixMilliseconds)
        WHERE id = @Member AND attempt = @Attempt
        """,
        sent.Select(one => new { one.Member, one.Attempt, one.Bytes, one.RepeatedBytes, one.Blocks, one.Day, nowUnixMilliseconds }));

    /// <summary>The firmware that a node's last status named, or null.</summary>
    public static string? Firmware(DbConnection connection, long node) => connection.ExecuteScalar<string?>("SELECT firmware FROM node_update WHERE node = @node", new { node });

    /// <summary>The version of the release keys that a node said it has; 0 for those it was flashed with.</summary>
    public static long KeysVersion(DbConnection connection, long node) => connection.ExecuteScalar<long>("SELECT coalesce((SELECT keys_version FROM node_update WHERE node = @node), 0)", new { node });

    /// <summary>Notes that a node has the keys of a version.</summary>
    public static void SetKeysVersion(DbConnection connection, long node, long version) =>
        connection.Execute("UPDATE node_update SET keys_version = max(keys_version, @version) WHERE node = @node", new { node, version });

    /// <summary>Notes what nodes run.</summary>
    public static void SetFirmware(DbConnection connection, long node, string firmware, long nowUnixMilliseconds) => connection.Execute(
        "INSERT INTO node_update(node, firmware, firmware_ms) VALUES(@node, @firmware, @nowUnixMilliseconds) ON CONFLICT(node) DO UPDATE SET firmware = excluded.firmware, firmware_ms = excluded.firmware_ms",
        new { node, firmware, nowUnixMilliseconds });
}

/// <summary>What was sent to a node in an attempt since the last time it was written down.</summary>
internal sealed record SentBlocks(long Member, long Attempt, long Bytes, long RepeatedBytes, byte[] Blocks, long Day);

/// <summary>A node in a rollout as stored.</summary>
internal sealed record MemberRow
{
    public long Id { get; init; }

    public long Rollout { get; init; }

    public long Node { get; init; }

    public required string NodeId { get; init; }

    public long Wave { get; init; }

    public long StateNumber { get; init; }

    public long Attempt { get; init; }

    public long Failures { get; init; }

    public long ReasonNumber { get; init; }

    public long? DueUnixMilliseconds { get; init; }

    public string? FromFirmware { get; init; }

    public long? OfferedUnixMilliseconds { get; init; }

    public long? HeardUnixMilliseconds { get; init; }

    public long? ConfirmedUnixMilliseconds { get; init; }

    public long BlocksHeld { get; init; }

    public byte[]? BlocksSent { get; init; }

    public long SentBytes { get; init; }

    public long RepeatedBytes { get; init; }

    public long Day { get; init; }

    public long DayBytes { get; init; }

    public NodeState State => (NodeState)StateNumber;

    public UpdateReason Reason => (UpdateReason)ReasonNumber;
}

/// <summary>A node's part in a rollout: where it stands, which attempt, and when it was last heard of it.</summary>
internal sealed record NodeUpdate(long Id, string Rollout, string Release, NodeState State, long Attempt, long? At);
