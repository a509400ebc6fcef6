using System.Data.Common;
using System.Globalization;
using Dapper;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;

namespace DePin.Fleet.Overview;

/// <summary>Lists, counts and maps of nodes, from the one line that is kept of each.</summary>
internal static class OverviewStore
{
    /// <summary>A list says no larger number of matching nodes than this.</summary>
    public const int MostCounted = 10_000;

    /// <summary>For so long a refused reading marks its node.</summary>
    public const long RefusedMs = 7L * 86_400_000;

    // More cells than lie side by side in any grid: row and column become one number, which is grouped twice as fast.
    private const long CellsAround = 10_000_000;

    // What the index of three letters in a row can find.
    private const int FoundLetters = 3;

    private const string Troubled = "(o.is_suspended = 1 OR o.is_silent = 1 OR o.held > 0 OR o.tickets > 0 OR o.refused_ms > @refusedSince)";

    /// <summary>Columns of <see cref="OverviewRow"/> from node_overview o.</summary>
    public const string Columns =
        """
        o.node AS Node, o.node_id AS NodeId, o.profile AS Profile, o.place AS Place, o.operator AS Operator, o.firmware AS Firmware, o.heard_ms AS HeardUnixMilliseconds, o.battery AS BatteryPermille,
            o.refused_ms AS RefusedUnixMilliseconds, o.held AS Held, o.is_suspended AS IsSuspended, o.is_silent AS IsSilent, o.tickets AS Tickets, o.due_ms AS DueUnixMilliseconds, o.is_retired AS IsRetired,
            CAST(CASE WHEN o.latitude IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS IsPaired
        """;

    /// <summary>A page of the list.</summary>
    public static IReadOnlyList<OverviewRow> Page(DbConnection connection, FleetFilter filter, long nowUnixMilliseconds, int limit)
    {
        (string where, DynamicParameters parameters) = Where(filter, nowUnixMilliseconds, connection.IsPostgres());
        string key = filter.Sort switch
        {
            NodeSort.Site => "o.place",
            NodeSort.Operator => "o.operator",
            NodeSort.Heard => "o.heard_ms",
            NodeSort.Battery => "coalesce(o.battery, 1001)",
            _ => "o.node_id",
        };
        if (filter.After is { } after)
        {
            where += $" AND ({key}, o.node) > (@value, @last)";
            parameters.Add("value", filter.Sort is NodeSort.Heard or NodeSort.Battery ? long.TryParse(after.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0 : after.Value);
            parameters.Add("last", after.Node);
        }

        // An expression keeps SQLite's planner from walking along the order's index where few match: it would look at nearly every node.
        parameters.Add("limit", limit);
        return connection.Query<OverviewRow>($"SELECT {Columns} FROM node_overview o WHERE {where} ORDER BY {(IsNarrow(filter) ? $"coalesce({key}, NULL)" : key)}, o.node LIMIT @limit", parameters).AsList();
    }

    /// <summary>How many nodes match, up to one more than <see cref="MostCounted"/>.</summary>
    public static long Count(DbConnection connection, FleetFilter filter, long nowUnixMilliseconds)
    {
        (string where, DynamicParameters parameters) = Where(filter, nowUnixMilliseconds, connection.IsPostgres());
        return connection.ExecuteScalar<long>($"SELECT count(*) FROM (SELECT 1 FROM node_overview o WHERE {where} LIMIT {MostCounted + 1}) AS matching", parameters);
    }

    /// <summary>A node's line, or null.</summary>
    public static OverviewRow? Find(DbConnection connection, long node) => connection.QuerySingleOrDefault<OverviewRow>($"SELECT {Columns} FROM node_overview o WHERE o.node = @node", new { node });

    /// <summary>Nodes whose credit waits for somebody's decision: they are suspended, or some of their readings are held.</summary>
    public static IEnumerable<string> CreditHeld(DbConnection connection) => connection.Query<string>("SELECT node_id FROM node_overview WHERE is_suspended = 1 UNION SELECT node_id FROM node_overview WHERE held > 0");

    /// <summary>What needs attention, in numbers of nodes.</summary>
    public static AttentionCounts Attention(DbConnection connection, long nowUnixMilliseconds) => connection.QuerySingle<AttentionCounts>(
        """
        SELECT (SELECT count(*) FROM node_overview WHERE is_suspended = 1) AS Suspended, (SELECT count(*) FROM node_overview WHERE is_silent = 1) AS Silent,
            (SELECT count(*) FROM node_overview WHERE refused_ms > 0 AND refused_ms > @refusedSince) AS Refused, (SELECT count(*) FROM node_overview WHERE held > 0) AS Held,
            (SELECT count(*) FROM node_overview WHERE due_ms IS NOT NULL AND due_ms < @nowUnixMilliseconds) AS Overdue
        """,
        new { nowUnixMilliseconds, refusedSince = nowUnixMilliseconds - RefusedMs });

    /// <summary>Firmware that nodes run, with how many run it, the most first.</summary>
    public static IReadOnlyList<(string Digest, string? Name, long Nodes)> Firmware(DbConnection connection, int limit) => connection.Query<(string, string?, long)>(
        """
        SELECT o.firmware, f.name, o.nodes FROM (SELECT firmware, count(*) AS nodes FROM node_overview WHERE firmware <> '' GROUP BY firmware) o
        LEFT JOIN firmware_release f ON f.digest = o.firmware ORDER BY o.nodes DESC, o.firmware LIMIT @limit
        """,
        new { limit }).AsList();

    /// <summary>Where nodes stand in a piece of the earth, gathered by cells of a grid of so many degrees.</summary>
    public static IReadOnlyList<MapCell> Cells(DbConnection connection, Area area, double cellDegrees) =>
        [.. connection.Query<(double, double, long, long, string?)>(
            """
            SELECT c.latitude, c.longitude, c.nodes, c.troubled, CASE WHEN c.nodes = 1 THEN (SELECT node_id FROM node_overview WHERE node = c.first) END
            FROM (
                SELECT avg(latitude) AS latitude, avg(longitude) AS longitude, count(*) AS nodes, sum(CASE WHEN is_suspended = 1 OR is_silent = 1 OR tickets > 0 OR held > 0 THEN 1 ELSE 0 END) AS troubled, min(node) AS first
                FROM node_overview WHERE latitude IS NOT NULL AND latitude BETWEEN @South AND @North AND longitude BETWEEN @West AND @East
                GROUP BY CAST((latitude + 90) * 1e9 AS BIGINT) / @cell * @CellsAround + CAST((longitude + 180) * 1e9 AS BIGINT) / @cell) c
            """,
            new { area.South, area.West, area.North, area.East, cell = (long)Math.Round(cellDegrees * 1e9), CellsAround }).Select(row => new MapCell(row.Item1, row.Item2, row.Item3, row.Item4, row.Item5))];

    /// <summary>The edges of all positions, or null where no node is paired.</summary>
    public static (double South, double West, double North, double East)? Edges(DbConnection connection)
    {
        (double? south, double? north, double? west, double? east) = connection.QuerySingle<(double?, double?, double?, double?)>(
            """
            SELECT (SELECT latitude FROM node_overview WHERE latitude IS NOT NULL ORDER BY latitude LIMIT 1), (SELECT latitude FROM node_overview WHERE latitude IS NOT NULL ORDER BY latitude DESC LIMIT 1),
                (SELECT min(longitude) FROM node_overview WHERE latitude IS NOT NULL), (SELECT max(longitude) FROM node_overview WHERE latitude IS NOT NULL)
            """);
        return south is null ? null : (south.Value, west!.Value, north!.Value, east!.Value);
    }

    // Few nodes are anything but well.
    private static bool IsNarrow(FleetFilter filter) => filter.Text is not null || filter.Tag is not null || filter.State is not (NodeMark.Any or NodeMark.Attention or NodeMark.Well);

    // A plus keeps the planner from the map's index where nearly every node matches: looking each up from there takes ten times as long.
    private static (string Where, DynamicParameters Parameters) Where(FleetFilter filter, long now, bool isPostgres)
    {
        var parameters = new DynamicParameters(new { now, refusedSince = now - RefusedMs });
        var where = new List<string>
        {
            filter.State switch
            {
                NodeMark.Attention => $"o.is_retired = 0 AND {Troubled}",
                NodeMark.Suspended => "o.is_suspended = 1",
                NodeMark.Silent => "o.is_silent = 1",
                NodeMark.Refused => "o.refused_ms > 0 AND o.refused_ms > @refusedSince",
                NodeMark.Held => "o.held > 0",
                NodeMark.Overdue => "o.due_ms IS NOT NULL AND o.due_ms < @now",
                NodeMark.Ticket => "o.due_ms IS NOT NULL",
                NodeMark.Well => $"o.is_retired = 0 AND +o.latitude IS NOT NULL AND o.is_new = 0 AND NOT {Troubled}",
                NodeMark.New => $"o.is_retired = 0 AND +o.latitude IS NOT NULL AND o.is_new = 1 AND NOT {Troubled}",
                NodeMark.Spare => "o.is_retired = 0 AND o.latitude IS NULL",
                NodeMark.Retired => "o.is_retired = 1",
                _ => "o.is_retired = 0",
            },
        };
        void And(string condition, string name, object? value)
        {
            if (value is not null)
            {
                where.Add(condition);
                parameters.Add(name, value);
            }
        }

        And("o.profile = @profile", "profile", filter.Profile);
        And("o.firmware = @firmware", "firmware", filter.Firmware);
        And("o.node IN (SELECT node FROM node_tag WHERE tag = @tag)", "tag", filter.Tag);
        if (filter.Area is { } area)
        {
            where.Add("o.latitude IS NOT NULL AND o.latitude BETWEEN @South AND @North AND o.longitude BETWEEN @West AND @East");
            parameters.AddDynamicParams(area);
        }

        // An id is a node, however it is written; a site may be called like one.
        if (filter.Text is { } text)
        {
            (string matching, string words) = Matching(text, isPostgres);
            where.Add($"o.node IN ({matching}{(filter.NodeId is null ? "" : " UNION SELECT node FROM node_overview WHERE node_id = @nodeId")})");
            parameters.Add("text", words);
            parameters.Add("nodeId", filter.NodeId);
        }

        return (string.Join(" AND ", where), parameters);
    }

    // SQLite finds three letters in a row by an index of their own, fewer by looking at every line; PostgreSQL's index stands on the very expression that is compared.
    private static (string Nodes, string Text) Matching(string text, bool isPostgres)
    {
        if (!isPostgres && text.EnumerateRunes().Count() >= FoundLetters)
        {
            return ("SELECT rowid FROM node_text WHERE node_text MATCH @text", $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        const string Words = "node_id || ' ' || place || ' ' || operator || ' ' || capital_builder || ' ' || board_serial";
        string pattern = (isPostgres ? text.ToLowerInvariant() : text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
        return (
            $"SELECT node FROM node_overview WHERE {(isPostgres ? $"lower(({Words}) COLLATE \"und-x-icu\")" : Words)} LIKE @text ESCAPE '\\'",
            $"%{pattern}%");
    }
}

/// <summary>A node's line.</summary>
internal record OverviewRow
{
    public long Node { get; init; }

    public required string NodeId { get; init; }

    public long Profile { get; init; }

    public required string Place { get; init; }

    public required string Operator { get; init; }

    /// <summary>Digest, empty where it never said.</summary>
    public required string Firmware { get; init; }

    /// <summary>When its last batch came, 0 for never.</summary>
    public long HeardUnixMilliseconds { get; init; }

    public long? BatteryPermille { get; init; }

    public long RefusedUnixMilliseconds { get; init; }

    /// <summary>Readings that wait for a decision.</summary>
    public long Held { get; init; }

    public bool IsSuspended { get; init; }

    public bool IsSilent { get; init; }

    /// <summary>Open tickets.</summary>
    public long Tickets { get; init; }

    public long? DueUnixMilliseconds { get; init; }

    public bool IsRetired { get; init; }

    public bool IsPaired { get; init; }

    /// <summary>What a list that is sorted so goes on after.</summary>
    public string SortedBy(NodeSort sort) => sort switch
    {
        NodeSort.Site => Place,
        NodeSort.Operator => Operator,
        NodeSort.Heard => HeardUnixMilliseconds.ToString(CultureInfo.InvariantCulture),
        NodeSort.Battery => (BatteryPermille ?? 1001).ToString(CultureInfo.InvariantCulture),
        _ => NodeId,
    };
}

/// <summary>Nodes that need attention; one may be in several.</summary>
internal sealed record AttentionCounts
{
    public long Suspended { get; init; }

    public long Silent { get; init; }

    public long Refused { get; init; }

    public long Held { get; init; }

    public long Overdue { get; init; }
}

/// <summary>Nodes of a cell of the map: their middle, how many, and how many of them need attention; the id where it is one.</summary>
internal sealed record MapCell(double Latitude, double Longitude, long Nodes, long Troubled, string? NodeId);
