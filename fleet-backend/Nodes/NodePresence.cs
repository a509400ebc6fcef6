using System.Collections.Concurrent;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Nodes;

/// <summary>What the gateway last heard of each node. In memory only: after a restart a node is offline until it logs in again.</summary>
public sealed class NodePresence
{
    private readonly ConcurrentDictionary<string, NodeStanding> _standings = new(StringComparer.Ordinal);

    /// <summary>A node, by its id, logged in (true) or left.</summary>
    public Action<string, bool>? Moved { get; set; }

    /// <summary>Nodes that are logged in now.</summary>
    public int OnlineCount => _standings.Values.Count(standing => standing.IsOnline);

    /// <summary>What is known of a node, or null when it was not heard since the start.</summary>
    public NodeStanding? Find(string idText) => _standings.GetValueOrDefault(idText);

    /// <summary>A node logged in or left.</summary>
    public void Changed(RegisteredNode node, bool isOnline, long unixMilliseconds)
    {
        _standings.AddOrUpdate(
            node.IdText,
            _ => new NodeStanding(isOnline, unixMilliseconds, null),
            (_, before) => before with { IsOnline = isOnline, ChangedUnixMilliseconds = unixMilliseconds });
        Moved?.Invoke(node.IdText, isOnline);
    }

    /// <summary>A node said how it is.</summary>
    public void Reported(RegisteredNode node, Status status, long unixMilliseconds) =>
        _standings[node.IdText] = new NodeStanding(true, unixMilliseconds, status);
}

/// <summary>Whether a node is logged in, since when or when last heard (by the backend's clock), and its last status.</summary>
public sealed record NodeStanding(bool IsOnline, long ChangedUnixMilliseconds, Status? LastStatus);
