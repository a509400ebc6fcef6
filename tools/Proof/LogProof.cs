using System.Security.Cryptography;

namespace DePin.Tools.Proof;

/// <summary>
/// Checks proofs of a log by the rules for clients in RFC 9162, 2.1.3.2 and 2.1.4.2: with a walk from the bottom, so by another way than
/// logs make them.
/// </summary>
internal static class LogProof
{
    private const int HashSize = 32;

    /// <summary>Hash of an entry.</summary>
    public static byte[] Leaf(byte[] entry) => SHA256.HashData([0, .. entry]);

    /// <summary>Whether an entry with this leaf hash is at an index of the tree.</summary>
    public static bool IsIncluded(byte[] leaf, long index, long size, IReadOnlyList<byte[]> proof, byte[] root)
    {
        if (index < 0 || index >= size || proof.Any(hash => hash.Length != HashSize) || leaf.Length != HashSize)
        {
            return false;
        }

        long node = index;
        long last = size - 1;
        byte[] hash = leaf;
        foreach (byte[] beside in proof)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = Node(beside, hash);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                hash = Node(hash, beside);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>Whether the smaller tree is the beginning of the larger one; an empty one begins every other, which proves nothing.</summary>
    public static bool IsConsistent(long oldSize, long newSize, IReadOnlyList<byte[]> proof, byte[] oldRoot, byte[] newRoot)
    {
        if (oldSize < 1 || newSize < oldSize || proof.Any(hash => hash.Length != HashSize))
        {
            return false;
        }

        if (oldSize == newSize)
        {
            return proof.Count == 0 && oldRoot.AsSpan().SequenceEqual(newRoot);
        }

        var path = new Queue<byte[]>(proof);
        if (long.IsPow2(oldSize))
        {
            path = new Queue<byte[]>([oldRoot, .. proof]);
        }

        if (path.Count == 0)
        {
            return false;
        }

        long node = oldSize - 1;
        long last = newSize - 1;
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        byte[] older = path.Dequeue();
        byte[] newer = older;
        while (path.TryDequeue(out byte[]? beside))
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                older = Node(beside, older);
                newer = Node(beside, newer);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                newer = Node(newer, beside);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && older.AsSpan().SequenceEqual(oldRoot) && newer.AsSpan().SequenceEqual(newRoot);
    }

    private static byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
}
