using System.Collections.Concurrent;
using DePin.Contracts.Identity;

namespace DePin.Fleet.Nodes;

/// <summary>All registered nodes in memory, by id. Filled from the store at start, then by registration.</summary>
public sealed class NodeDirectory
{
    private readonly ConcurrentDictionary<string, RegisteredNode> _byText = new(StringComparer.Ordinal);

    /// <summary>Number of registered nodes.</summary>
    public int Count => _byText.Count;

    /// <summary>Every registered node, in no order.</summary>
    public IEnumerable<RegisteredNode> All => _byText.Values;

    /// <summary>The node of this id, or null.</summary>
    public RegisteredNode? Find(NodeId id) => Find(id.ToString());

    /// <summary>The node of this id as 16 upper-case characters, or null.</summary>
    public RegisteredNode? Find(string idText) => _byText.GetValueOrDefault(idText);

    /// <summary>Forgets a node that was scrapped: it may not log in any more.</summary>
    public void Remove(string idText) => _byText.TryRemove(idText, out _);

    /// <summary>Makes a node known; called after its row is committed.</summary>
    public void Add(RegisteredNode node) => _byText[node.IdText] = node;
}
