using System.Security.Cryptography;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Imported public keys, the least recently used forgotten first. An import costs several verifications and a key 2.6 KB, so neither
/// none nor all of a fleet should be kept. For one thread.
/// </summary>
internal sealed class VerifyingKeys(int capacity) : IDisposable
{
    private readonly Dictionary<long, LinkedListNode<(long RowId, ECDsa Key)>> _byNode = [];
    private readonly LinkedList<(long RowId, ECDsa Key)> _recent = [];

    /// <summary>The node's key, ready to verify.</summary>
    public ECDsa Of(RegisteredNode node)
    {
        if (_byNode.TryGetValue(node.RowId, out LinkedListNode<(long RowId, ECDsa Key)>? known))
        {
            if (_recent.First != known)
            {
                _recent.Remove(known);
                _recent.AddFirst(known);
            }

            return known.Value.Key;
        }

        if (_byNode.Count == capacity)
        {
            (long rowId, ECDsa oldest) = _recent.Last!.Value;
            _recent.RemoveLast();
            _byNode.Remove(rowId);
            oldest.Dispose();
        }

        ECParameters point = CompressedPoint.Decompress(node.PublicKey)
            ?? throw new InvalidDataException($"node {node.IdText} is registered with a key that is no point of P-256");
        ECDsa key = ECDsa.Create(point);
        _byNode[node.RowId] = _recent.AddFirst((node.RowId, key));
        return key;
    }

    public void Dispose()
    {
        foreach ((_, ECDsa key) in _recent)
        {
            key.Dispose();
        }
    }
}
