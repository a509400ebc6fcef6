using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;

namespace DePin.Fleet.Storage;

/// <summary>The log of what people decided: append only, in the order in which it took effect.</summary>
public static class EventStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Records one, inside the job that does what it says.</summary>
    /// <param name="connection">The writing connection.</param>
    /// <param name="atUnixMilliseconds">When.</param>
    /// <param name="kind">What, in one word.</param>
    /// <param name="node">Row of the node that it is about, or null.</param>
    /// <param name="by">Who.</param>
    /// <param name="content">All that matters of it, as an object to write as JSON; the node's name is added, so that the text alone says whom it concerns.</param>
    public static void Record(DbConnection connection, long atUnixMilliseconds, string kind, long? node, string by, object content)
    {
        JsonObject json = JsonSerializer.SerializeToNode(content, content.GetType(), Json)!.AsObject();
        if (node is not null)
        {
            json["nodeId"] = connection.ExecuteScalar<string>("SELECT node_id FROM node WHERE id = @node", new { node });
        }

        connection.Execute(
            "INSERT INTO event(at_ms, kind, node, by, content) VALUES(@atUnixMilliseconds, @kind, @node, @by, @text)",
            new { atUnixMilliseconds, kind, node, by, text = json.ToJsonString(Json) });
    }

    /// <summary>Events after one, oldest first; of one node where it is named.</summary>
    public static IReadOnlyList<EventRow> Page(DbConnection connection, long after, string? nodeId, int limit) =>
        connection.Query<EventRow>(
            """
            SELECT e.n AS N, e.at_ms AS AtUnixMilliseconds, e.kind AS Kind, n.node_id AS NodeId, e.by AS By, e.content AS Content
            FROM event e LEFT JOIN node n ON n.id = e.node WHERE e.n > @after AND (CAST(@nodeId AS TEXT) IS NULL OR n.node_id = @nodeId) ORDER BY e.n LIMIT @limit
            """,
            new { after, nodeId, limit }).AsList();
}

/// <summary>One line of the log of events.</summary>
public sealed record EventRow
{
    /// <summary>Its number, rising.</summary>
    public long N { get; init; }

    /// <summary>When.</summary>
    public long AtUnixMilliseconds { get; init; }

    /// <summary>What, in one word.</summary>
    public required string Kind { get; init; }

    /// <summary>The node that it is about, or null.</summary>
    public string? NodeId { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>All that matters of it, JSON.</summary>
    public required string Content { get; init; }
}
