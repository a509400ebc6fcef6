using System.Data.Common;
using Dapper;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Nodes;

/// <summary>The SQL of nodes and pairings.</summary>
public static class NodeStore
{
    private const string Columns =
        """
        n.id AS RowId, n.node_id AS NodeId, n.public_key AS PublicKey, n.password_hash AS PasswordHash, n.down_key AS SealedDownKey, n.profile AS Profile,
        n.registered_ms AS RegisteredMs, s.from_ms AS SuspendedFromMs, s.reason AS SuspendedReason,
        p.operator AS Operator, p.capital_builder AS CapitalBuilder, p.place AS Place, p.latitude AS Latitude, p.longitude AS Longitude, p.from_unix AS FromUnix
        """;

    private const string From = "FROM node n LEFT JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL LEFT JOIN suspension s ON s.node = n.id AND s.to_ms IS NULL";

    private const string MayLogIn = "NOT EXISTS(SELECT 1 FROM registration g WHERE g.node = n.id AND g.scrapped_ms IS NOT NULL)";

    /// <summary>Whether any node is registered.</summary>
    public static bool HasAny(DbConnection connection) => connection.ExecuteScalar<long>("SELECT CASE WHEN EXISTS(SELECT 1 FROM node) THEN 1 ELSE 0 END") == 1;

    /// <summary>Every node that may log in, all but those that were scrapped, without what concerns its pairing: a million are read at the start.</summary>
    public static IEnumerable<NodeRow> All(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT n.id, n.node_id, n.public_key, n.password_hash, n.down_key, n.profile, n.registered_ms FROM node n WHERE {MayLogIn}";
        using DbDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            yield return new NodeRow
            {
                RowId = row.GetInt64(0),
                NodeId = row.GetString(1),
                PublicKey = (byte[])row.GetValue(2),
                PasswordHash = (byte[])row.GetValue(3),
                SealedDownKey = (byte[])row.GetValue(4),
                Profile = row.GetInt64(5),
                RegisteredMs = row.GetInt64(6),
            };
        }
    }

    /// <summary>The node of this id, where it may log in; else null.</summary>
    public static NodeRow? FindAllowed(DbConnection connection, string nodeId) =>
        connection.QuerySingleOrDefault<NodeRow>($"SELECT {Columns} {From} WHERE n.node_id = @nodeId AND {MayLogIn}", new { nodeId });

    /// <summary>The ids of the nodes that were scrapped.</summary>
    public static IReadOnlyList<string> Scrapped(DbConnection connection) =>
        connection.Query<string>("SELECT n.node_id FROM registration g JOIN node n ON n.id = g.node WHERE g.scrapped_ms IS NOT NULL").AsList();

    /// <summary>The node of this id, or null.</summary>
    public static NodeRow? Find(DbConnection connection, string nodeId) =>
        connection.QuerySingleOrDefault<NodeRow>($"SELECT {Columns} {From} WHERE n.node_id = @nodeId", new { nodeId });

    /// <summary>Nodes in the order of their ids, those after the given one.</summary>
    public static IReadOnlyList<NodeRow> Page(DbConnection connection, string after, int limit) =>
        [.. connection.Query<NodeRow>($"SELECT {Columns} {From} WHERE n.node_id > @after ORDER BY n.node_id LIMIT @limit", new { after, limit })];

    /// <summary>The same for the nodes of one person: those they operate, will operate or paid for.</summary>
    public static IReadOnlyList<NodeRow> PageOf(DbConnection connection, string name, string after, int limit, long nowUnixSeconds) => [.. connection.Query<NodeRow>(
        $"""
        SELECT {Columns} {From} WHERE n.node_id > @after
            AND (p.operator = @name OR p.capital_builder = @name OR EXISTS(SELECT 1 FROM pairing q WHERE q.node = n.id AND q.operator = @name AND q.to_unix > @nowUnixSeconds))
        ORDER BY n.node_id LIMIT @limit
        """,
        new { name, after, limit, nowUnixSeconds })];

    /// <summary>Stores a new node with its pairing and answers the key of its row.</summary>
    public static long Insert(DbConnection connection, NodeRow row)
    {
        long id = InsertNode(connection, row);
        EventStore.Record(connection, row.RegisteredMs, "registered", id, row.CapitalBuilder!, new
        {
            row.NodeId,
            PublicKey = Convert.ToHexStringLower(row.PublicKey),
            row.Profile,
            row.Operator,
            row.CapitalBuilder,
            FromUnixSeconds = row.FromUnix,
        });
        connection.Execute(
            """
            INSERT INTO pairing(node, operator, capital_builder, place, latitude, longitude, from_unix)
            VALUES(@id, @Operator, @CapitalBuilder, @Place, @Latitude, @Longitude, @FromUnix)
            """,
            new { id, row.Operator, row.CapitalBuilder, row.Place, row.Latitude, row.Longitude, row.FromUnix });
        return id;
    }

    /// <summary>Stores a new node that belongs to nobody yet; the key of its row. Whoever calls records the event.</summary>
    public static long InsertNode(DbConnection connection, NodeRow row) => connection.ExecuteScalar<long>(
        """
        INSERT INTO node(node_id, public_key, password_hash, down_key, profile, registered_ms)
        VALUES(@NodeId, @PublicKey, @PasswordHash, @SealedDownKey, @Profile, @RegisteredMs) RETURNING id
        """,
        row);
}

/// <summary>A node and its present pairing as stored; what concerns the pairing is null where it has none.</summary>
public sealed record NodeRow
{
    /// <summary>Key of the node's row.</summary>
    public long RowId { get; init; }

    /// <summary>The node's id, 16 characters.</summary>
    public required string NodeId { get; init; }

    /// <summary>Compressed P-256 key.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>SHA-256 of the login password.</summary>
    public required byte[] PasswordHash { get; init; }

    /// <summary>The down key as <see cref="DownKeyVault"/> encrypted it.</summary>
    public required byte[] SealedDownKey { get; init; }

    /// <summary>Number of the hardware profile.</summary>
    public required long Profile { get; init; }

    /// <summary>When it was registered, Unix milliseconds.</summary>
    public required long RegisteredMs { get; init; }

    /// <summary>From when on its credit is held, or null.</summary>
    public long? SuspendedFromMs { get; init; }

    /// <summary>Why: the name of a reject reason, or a person's words.</summary>
    public string? SuspendedReason { get; init; }

    /// <summary>Who keeps it running.</summary>
    public string? Operator { get; init; }

    /// <summary>Who paid for it.</summary>
    public string? CapitalBuilder { get; init; }

    /// <summary>Where it stands, for people.</summary>
    public string? Place { get; init; }

    /// <summary>Degrees north.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east.</summary>
    public double? Longitude { get; init; }

    /// <summary>From when on its readings count for these people, Unix seconds.</summary>
    public long? FromUnix { get; init; }
}
