using System.Collections.Concurrent;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Nodes;

/// <summary>What the gateway last heard of each node, and what other instances say of theirs. In memory only: after a restart a node is offline until it logs in again.</summary>
public sealed class NodePresence
{
    private readonly ConcurrentDictionary<string, NodeStanding> _standings = new(StringComparer.Ordinal);

    /// <summary>A node, by its id, logged in (true) or left.</summary>
    public Action<string, bool>? Moved { get; set; }

    /// <summary>Nodes that are logged in now.</summary>
    public int OnlineCount => _standings.Values.Count(standing => standing.IsOnline);

    /// <summary>What is known of a node, or null when it was not heard since the start.</summary>
    public NodeStanding? Find(string idText) => _standings.GetValueOrDefault(idText);

    /// <summary>A node logged in or left here.</summary>
    public void Changed(RegisteredNode node, bool isOnline, long unixMilliseconds)
    {
        NodeStanding standing = _standings.AddOrUpdate(
            node.IdText,
            _ => new NodeStanding(isOnline, unixMilliseconds, null),
            (_, before) => !isOnline && before.Instance is not null ? before : before with { IsOnline = isOnline, ChangedUnixMilliseconds = unixMilliseconds, Instance = null });
        if (standing.Instance is null)
        {
            Moved?.Invoke(node.IdText, isOnline);
        }
    }

    /// <summary>A node said here how it is.</summary>
    public void Reported(RegisteredNode node, Status status, long unixMilliseconds) =>
        _standings[node.IdText] = new NodeStanding(true, unixMilliseconds, status);

    /// <summary>Another instance says that a node is there, by the login of this number. Where a later one elsewhere is known, that changes nothing.</summary>
    public void IsElsewhere(string idText, long unixMilliseconds, string instance, long login)
    {
        NodeStanding standing = _standings.AddOrUpdate(
            idText,
            _ => new NodeStanding(true, unixMilliseconds, null, instance, login),
            (_, before) => before.Instance is not null && before.Login > login ? before : new NodeStanding(true, unixMilliseconds, before.LastStatus, instance, login));
        if (standing.IsOnline)
        {
            Moved?.Invoke(idText, true);
        }
    }

    /// <summary>Another instance says that a node said there how it is; where it is by now somewhere else, that changes nothing.</summary>
    public void ReportedElsewhere(string idText, Status status, long unixMilliseconds, string instance)
    {
        if (_standings.TryGetValue(idText, out NodeStanding? standing) && standing.Instance == instance)
        {
            _standings.TryUpdate(idText, standing with { IsOnline = true, ChangedUnixMilliseconds = unixMilliseconds, LastStatus = status }, standing);
        }
    }

    /// <summary>Another instance says that a node left it; where it is by now somewhere else, that changes nothing.</summary>
    public void LeftElsewhere(string idText, long unixMilliseconds, string instance)
    {
        if (_standings.TryGetValue(idText, out NodeStanding? standing) && standing.Instance == instance
            && _standings.TryUpdate(idText, standing with { IsOnline = false, ChangedUnixMilliseconds = unixMilliseconds }, standing))
        {
            Moved?.Invoke(idText, false);
        }
    }

    /// <summary>An instance ended, and with it its connections.</summary>
    public void InstanceLeft(string instance, long unixMilliseconds)
    {
        foreach ((string idText, NodeStanding standing) in _standings)
        {
            if (standing.IsOnline && standing.Instance == instance)
            {
                LeftElsewhere(idText, unixMilliseconds, instance);
            }
        }
    }
}

/// <summary>Whether a node is logged in, since when or when last heard (by the backend's clock), its last status, the instance that it is or was at (null for this one), and the number of its login there.</summary>
public sealed record NodeStanding(bool IsOnline, long ChangedUnixMilliseconds, Status? LastStatus, string? Instance = null, long Login = 0);
