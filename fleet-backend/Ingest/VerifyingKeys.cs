using System.Security.Cryptography;
using DePin.Fleet.Nodes;
using DePin.Fleet.Signatures;

namespace DePin.Fleet.Ingest;

/// <summary>
/// What verifies the signatures of nodes, the least recently used forgotten first. An import costs several verifications and a key 2.6 KB, with its table 4.8 KB, so neither
/// none nor all of a fleet should be kept. For one thread.
/// </summary>
internal sealed class VerifyingKeys(int capacity) : IDisposable
{
    private readonly Dictionary<long, LinkedListNode<Entry>> _byNode = [];
    private readonly LinkedList<Entry> _recent = [];

    /// <summary>The node's key on the platform, ready to verify.</summary>
    public ECDsa Of(RegisteredNode node)
    {
        Entry entry = EntryOf(node);
        return entry.Key ??= ECDsa.Create(PointOf(node));
    }

    /// <summary>
    /// The tables of these nodes for <see cref="SignatureLanes"/>. None of a node that was not heard of since it was forgotten: to make one costs as much as the platform
    /// takes for one signature, and pays off with the second.
    /// </summary>
    public CombTable?[] TablesOf(IReadOnlyList<RegisteredNode> nodes)
    {
        RegisteredNode[] known = [.. nodes.Where(node => _byNode.ContainsKey(node.RowId) && EntryOf(node).Table is null).Distinct()];
        foreach (RegisteredNode[] some in known.Chunk(SignatureLanes.Count))
        {
            CombTable[] made = SignatureLanes.TablesOf([.. some.Select(node => PointOf(node).Q)]);
            for (int i = 0; i < some.Length; i++)
            {
                EntryOf(some[i]).Table = made[i];
            }
        }

        return [.. nodes.Select(node => EntryOf(node).Table)];
    }

    public void Dispose()
    {
        foreach (Entry entry in _recent)
        {
            entry.Key?.Dispose();
        }
    }

    private Entry EntryOf(RegisteredNode node)
    {
        if (_byNode.TryGetValue(node.RowId, out LinkedListNode<Entry>? known))
        {
            if (_recent.First != known)
            {
                _recent.Remove(known);
                _recent.AddFirst(known);
            }

            return known.Value;
        }

        if (_byNode.Count == capacity)
        {
            Entry oldest = _recent.Last!.Value;
            _recent.RemoveLast();
            _byNode.Remove(oldest.RowId);
            oldest.Key?.Dispose();
        }

        LinkedListNode<Entry> entry = _recent.AddFirst(new Entry(node.RowId));
        _byNode[node.RowId] = entry;
        return entry.Value;
    }

    private static ECParameters PointOf(RegisteredNode node) =>
        CompressedPoint.Decompress(node.PublicKey) ?? throw new InvalidDataException($"node {node.IdText} is registered with a key that is no point of P-256");

    private sealed class Entry(long rowId)
    {
        public long RowId => rowId;

        public ECDsa? Key { get; set; }

        public CombTable? Table { get; set; }
    }
}
