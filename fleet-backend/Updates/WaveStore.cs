using System.Data.Common;
using Dapper;
using DePin.Contracts.Updates;

namespace DePin.Fleet.Updates;

/// <summary>The figures of waves: counted from the rows of their nodes when they are asked for.</summary>
internal static class WaveStore
{
    // Neither confirmed nor failed: there is still something to hear of them.
    private const string Open = "state BETWEEN 0 AND 6";

    /// <summary>Nodes of a wave in each state.</summary>
    public static IReadOnlyDictionary<NodeState, long> States(DbConnection connection, long rollout, long wave) =>
        connection.Query<(long State, long Nodes)>("SELECT state, count(*) FROM rollout_node WHERE rollout = @rollout AND wave = @wave GROUP BY state", new { rollout, wave }).ToDictionary(row => (NodeState)row.State, row => row.Nodes);

    /// <summary>Nodes whose last attempt failed, those that are tried again included.</summary>
    public static long Failed(DbConnection connection, long rollout, long wave) =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM rollout_node WHERE rollout = @rollout AND wave = @wave AND failures > 0", new { rollout, wave });

    /// <summary>Nodes of which nothing was heard since a time; none while the wave is not watched for so long.</summary>
    public static long Silent(DbConnection connection, long rollout, long wave, long watchedUnixMilliseconds, long sinceUnixMilliseconds) => watchedUnixMilliseconds >= sinceUnixMilliseconds
        ? 0
        : connection.ExecuteScalar<long>(
            $"SELECT count(*) FROM rollout_node WHERE rollout = @rollout AND wave = @wave AND {Open} AND failures = 0 AND coalesce(heard_ms, offered_ms, 0) < @sinceUnixMilliseconds",
            new { rollout, wave, sinceUnixMilliseconds });

    /// <summary>How the attempts of a wave ended, by state and reason.</summary>
    public static IReadOnlyList<(NodeState State, UpdateReason Reason, long Attempts, long Nodes)> Ends(DbConnection connection, long rollout, long wave) =>
        [.. connection.Query<(long State, long Reason, long Attempts, long Nodes)>(
            "SELECT state, reason, count(*), count(DISTINCT node) FROM rollout_end WHERE rollout = @rollout AND wave = @wave AND state <> @Confirmed GROUP BY state, reason ORDER BY count(*) DESC, state, reason",
            new { rollout, wave, NodeState.Confirmed }).Select(row => ((NodeState)row.State, (UpdateReason)row.Reason, row.Attempts, row.Nodes))];

    /// <summary>Nodes with an offer made, bytes sent to the wave, and bytes of them that were sent before.</summary>
    public static (long Offered, long Sent, long Repeated) Traffic(DbConnection connection, long rollout, long wave) => connection.QuerySingle<(long, long, long)>(
        "SELECT count(offered_ms), CAST(coalesce(sum(sent_bytes), 0) AS BIGINT), CAST(coalesce(sum(repeated_bytes), 0) AS BIGINT) FROM rollout_node WHERE rollout = @rollout AND wave = @wave", new { rollout, wave });

    /// <summary>When so many percent of a wave were confirmed, Unix milliseconds; null where that is not reached.</summary>
    public static long? ConfirmedAt(DbConnection connection, long rollout, long wave, long size, int percent) => size == 0
        ? null
        : connection.ExecuteScalar<long?>(
            "SELECT confirmed_ms FROM rollout_node WHERE rollout = @rollout AND wave = @wave AND confirmed_ms IS NOT NULL ORDER BY confirmed_ms LIMIT 1 OFFSET @before", new { rollout, wave, before = (((size * percent) + 99) / 100) - 1 });

    /// <summary>Milliseconds from offer to confirmation within which nine of ten were; null where none is.</summary>
    public static long? SlowMilliseconds(DbConnection connection, long rollout, long wave, long confirmed) => confirmed == 0
        ? null
        : connection.ExecuteScalar<long?>(
            "SELECT confirmed_ms - offered_ms FROM rollout_node WHERE rollout = @rollout AND wave = @wave AND confirmed_ms IS NOT NULL ORDER BY confirmed_ms - offered_ms LIMIT 1 OFFSET @before", new { rollout, wave, before = ((confirmed * 9) + 9) / 10 - 1 });

    /// <summary>Nodes of a rollout in the order of their ids.</summary>
    public static IReadOnlyList<MemberView> Page(DbConnection connection, long rollout, long? wave, NodeState? state, UpdateReason? reason, bool isFailedOnly, string after, int limit) =>
        [.. connection.Query<(string NodeId, long Wave, long State, long Attempt, long Failures, long Reason, string? From, long? Offered, long? Heard, long? Confirmed, long Held, long Sent, long Repeated, long? Due)>(
            """
            SELECT n.node_id, m.wave, m.state, m.attempt, m.failures, m.reason, m.from_firmware, m.offered_ms, m.heard_ms, m.confirmed_ms, m.blocks_held, m.sent_bytes, m.repeated_bytes, m.due_ms
            FROM node n JOIN rollout_node m ON m.node = n.id AND m.rollout = @rollout
            WHERE n.node_id > @after AND (@wave IS NULL OR m.wave = @wave) AND (@state IS NULL OR m.state = @state) AND (@reason IS NULL OR m.reason = @reason) AND (@isFailedOnly = 0 OR m.failures > 0)
            ORDER BY n.node_id LIMIT @limit
            """,
            new { rollout, wave, state = (int?)state, reason = (int?)reason, isFailedOnly, after, limit })
            .Select(row => new MemberView(row.NodeId, row.Wave, (NodeState)row.State, row.Attempt, row.Failures, (UpdateReason)row.Reason, row.From, row.Offered, row.Heard, row.Confirmed, row.Held, row.Sent, row.Repeated, row.Due))];

    /// <summary>How each attempt of a rollout that failed ended, down to the node, newest first.</summary>
    public static IReadOnlyList<EndView> Failures(DbConnection connection, long rollout, UpdateReason? reason, long before, int limit) =>
        [.. connection.Query<(long Id, string NodeId, long Wave, long Attempt, long State, long Reason, string Firmware, long At, byte[] Message)>(
            """
            SELECT e.id, n.node_id, e.wave, e.attempt, e.state, e.reason, e.firmware, e.at_ms, e.message FROM rollout_end e JOIN node n ON n.id = e.node
            WHERE e.rollout = @rollout AND e.state <> @Confirmed AND (@reason IS NULL OR e.reason = @reason) AND e.id < @before ORDER BY e.id DESC LIMIT @limit
            """,
            new { rollout, reason = (int?)reason, before, limit, NodeState.Confirmed })
            .Select(row => new EndView(row.Id, row.NodeId, row.Wave, row.Attempt, (NodeState)row.State, (UpdateReason)row.Reason, row.Firmware, row.At, Convert.ToHexStringLower(row.Message)))];
}

/// <summary>A node of a rollout as the API shows it.</summary>
internal sealed record MemberView(
    string NodeId, long Wave, NodeState State, long Attempt, long Failures, UpdateReason Reason, string? FromFirmware, long? OfferedUnixMilliseconds, long? HeardUnixMilliseconds, long? ConfirmedUnixMilliseconds,
    long BlocksHeld, long SentBytes, long RepeatedBytes, long? DueUnixMilliseconds);

/// <summary>How an attempt ended, with the node's own signed words (hex).</summary>
internal sealed record EndView(long Id, string NodeId, long Wave, long Attempt, NodeState State, UpdateReason Reason, string Firmware, long AtUnixMilliseconds, string Signed);
