using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Moving;

/// <summary>The SQL of changes of where nodes belong.</summary>
internal static class MovingStore
{
    /// <summary>Nodes that wait for a change, or try one.</summary>
    public static IEnumerable<long> Open(DbConnection connection) => connection.Query<long>("SELECT DISTINCT node FROM settings_delivery WHERE state <= 1");

    /// <summary>What a node has to be told, or null: the change it waits for or tries, of the highest version.</summary>
    public static StandingChange? Standing(DbConnection connection, long node) => connection.QuerySingleOrDefault<StandingChange>(
        """
        SELECT c.version AS Version, c.message AS Message
        FROM settings_delivery d JOIN settings_change c ON c.version = d.version
        WHERE d.node = @node AND d.state <= 1 AND c.message IS NOT NULL ORDER BY d.version DESC LIMIT 1
        """,
        new { node });

    /// <summary>Hash of a version's message, or null where there is none.</summary>
    public static byte[]? Hash(DbConnection connection, long version) => connection.QuerySingleOrDefault<byte[]>("SELECT hash FROM settings_change WHERE version = @version", new { version });

    /// <summary>Stores a change, or its message again.</summary>
    public static void Keep(DbConnection connection, ChangeRow row) => connection.Execute(
        """
        INSERT INTO settings_change(version, hash, message, host, port, networks, made_by, made_ms) VALUES(@Version, @Hash, @Message, @Host, @Port, @Networks, @By, @MadeMs)
        ON CONFLICT(version) DO UPDATE SET message = excluded.message
        """,
        row);

    /// <summary>The highest version that a node was told, or 0.</summary>
    public static long Highest(DbConnection connection, long node) =>
        connection.ExecuteScalar<long>("SELECT coalesce(max(version), 0) FROM settings_delivery WHERE node = @node AND state <> 5", new { node });

    /// <summary>Has a node told of a version; false where it was before and still counts.</summary>
    public static bool Deliver(DbConnection connection, long version, long node, long nowUnixMilliseconds)
    {
        connection.Execute("UPDATE settings_delivery SET state = 5, changed_ms = @nowUnixMilliseconds WHERE node = @node AND state = 0 AND version < @version", new { node, version, nowUnixMilliseconds });
        return connection.Execute(
            """
            INSERT INTO settings_delivery(version, node, state, changed_ms) VALUES(@version, @node, 0, @nowUnixMilliseconds)
            ON CONFLICT(version, node) DO UPDATE SET state = 0, refusal = 0, changed_ms = excluded.changed_ms WHERE settings_delivery.state = 5
            """,
            new { version, node, nowUnixMilliseconds }) == 1;
    }

    /// <summary>How a node says that a change stands; false where that is known or ended already.</summary>
    public static bool Report(DbConnection connection, long version, long node, int state, int refusal, long nowUnixMilliseconds) => connection.Execute(
        "UPDATE settings_delivery SET state = @state, refusal = @refusal, changed_ms = @nowUnixMilliseconds WHERE version = @version AND node = @node AND state <= 1 AND state <> @state",
        new { version, node, state, refusal, nowUnixMilliseconds }) == 1;

    /// <summary>Ends a version for nodes that were not heard to try it; how many.</summary>
    public static int End(DbConnection connection, long version, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE settings_delivery SET state = 5, changed_ms = @nowUnixMilliseconds WHERE version = @version AND state = 0", new { version, nowUnixMilliseconds });

    /// <summary>Forgets the messages that no node waits for: keys of networks stand in them.</summary>
    public static void Forget(DbConnection connection) => connection.Execute(
        "UPDATE settings_change SET message = NULL WHERE message IS NOT NULL AND NOT EXISTS(SELECT 1 FROM settings_delivery d WHERE d.version = settings_change.version AND d.state <= 1)");

    /// <summary>The last changes with how many nodes stand how.</summary>
    public static IReadOnlyList<ChangeView> Page(DbConnection connection, long before, int limit) => connection.Query<ChangeView>(
        """
        SELECT c.version AS Version, c.host AS Host, c.port AS Port, c.networks AS Networks, c.made_by AS MadeBy, c.made_ms AS MadeUnixMilliseconds,
            sum(CASE WHEN d.state = 0 THEN 1 ELSE 0 END) AS Waiting, sum(CASE WHEN d.state = 1 THEN 1 ELSE 0 END) AS Trying, sum(CASE WHEN d.state = 2 THEN 1 ELSE 0 END) AS Kept,
            sum(CASE WHEN d.state = 3 THEN 1 ELSE 0 END) AS TakenBack, sum(CASE WHEN d.state = 4 THEN 1 ELSE 0 END) AS Refused, sum(CASE WHEN d.state = 5 THEN 1 ELSE 0 END) AS Ended
        FROM settings_change c LEFT JOIN settings_delivery d ON d.version = c.version WHERE c.version < @before
        GROUP BY c.version, c.host, c.port, c.networks, c.made_by, c.made_ms ORDER BY c.version DESC LIMIT @limit
        """,
        new { before, limit }).AsList();

    /// <summary>How every node that was told of a version stands.</summary>
    public static IReadOnlyList<DeliveryRow> Deliveries(DbConnection connection, long version, string after, int limit) => connection.Query<DeliveryRow>(
        """
        SELECT n.node_id AS NodeId, d.state AS State, d.refusal AS Refusal, d.changed_ms AS ChangedUnixMilliseconds
        FROM settings_delivery d JOIN node n ON n.id = d.node WHERE d.version = @version AND n.node_id > @after ORDER BY n.node_id LIMIT @limit
        """,
        new { version, after, limit }).AsList();
}

/// <summary>A change as it is told to a node.</summary>
internal sealed record StandingChange
{
    public long Version { get; init; }

    public required byte[] Message { get; init; }
}

/// <summary>A change as it is stored.</summary>
internal sealed record ChangeRow(long Version, byte[] Hash, byte[] Message, string Host, int Port, int Networks, string By, long MadeMs);

/// <summary>A change, and how many nodes stand how.</summary>
internal sealed record ChangeView
{
    public long Version { get; init; }

    public required string Host { get; init; }

    public int Port { get; init; }

    public int Networks { get; init; }

    public required string MadeBy { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public int Waiting { get; init; }

    public int Trying { get; init; }

    public int Kept { get; init; }

    public int TakenBack { get; init; }

    public int Refused { get; init; }

    public int Ended { get; init; }
}

/// <summary>How one node stands.</summary>
internal sealed record DeliveryRow
{
    public required string NodeId { get; init; }

    public int State { get; init; }

    public int Refusal { get; init; }

    public long ChangedUnixMilliseconds { get; init; }
}
