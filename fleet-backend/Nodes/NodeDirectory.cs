using System.Collections.Concurrent;
using DePin.Contracts.Identity;

namespace DePin.Fleet.Nodes;

/// <summary>All registered nodes in memory, by id. Filled from the store at start, then by registration, here or at another instance.</summary>
public sealed class NodeDirectory
{
    private readonly ConcurrentDictionary<string, RegisteredNode> _byText = new(StringComparer.Ordinal);

    /// <summary>Looks for a node that is not in memory; null where all are.</summary>
    public Func<NodeId, RegisteredNode?>? Missing { get; set; }

    /// <summary>A node was registered here.</summary>
    public Action<RegisteredNode>? Added { get; set; }

    /// <summary>A node, by its id, was scrapped here.</summary>
    public Action<string>? Removed { get; set; }

    /// <summary>Number of registered nodes.</summary>
    public int Count => _byText.Count;

    /// <summary>The node of this id where it is in memory; nothing is looked for.</summary>
    public RegisteredNode? InMemory(string idText) => _byText.GetValueOrDefault(idText);

    /// <summary>The node of this id, or null.</summary>
    public RegisteredNode? Find(NodeId id) => Find(id.ToString());

    /// <summary>The node of this id as 16 upper-case characters, or null.</summary>
    public RegisteredNode? Find(string idText)
    {
        if (_byText.TryGetValue(idText, out RegisteredNode? node) || Missing is null || NodeId.Parse(idText) is not { } id || id.ToString() != idText)
        {
            return node;
        }

        // Whoever found it first stays, so that there is one of each node.
        return Missing(id) is { } found ? _byText.GetOrAdd(idText, found) : null;
    }

    /// <summary>Forgets a node that was scrapped: it may not log in any more.</summary>
    public void Remove(string idText)
    {
        Forget(idText);
        Removed?.Invoke(idText);
    }

    /// <summary>Forgets a node that was scrapped elsewhere.</summary>
    public void Forget(string idText) => _byText.TryRemove(idText, out _);

    /// <summary>Makes a node known; called after its row is committed.</summary>
    public void Add(RegisteredNode node)
    {
        _byText[node.IdText] = node;
        Added?.Invoke(node);
    }
}
