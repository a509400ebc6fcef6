using System.Security.Cryptography;

namespace DePin.Fleet.Proof;

/// <summary>
/// The tree of RFC 6962, 2.1, over hashes that are kept in tiles: every subtree of 256 leaves, of 256 of those, and so on, has its hash
/// stored, so that a root or a proof needs a few tiles and not the leaves. Pure but for the reading of hashes.
/// </summary>
/// <param name="hashAt">The hash of the full subtree of 256^level leaves at an index of that level.</param>
internal sealed class MerkleTree(Func<int, long, byte[]> hashAt)
{
    /// <summary>Hashes in a full tile.</summary>
    public const int TileWidth = 256;

    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = 32;

    /// <summary>The root of an empty tree.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>Hash of a leaf: SHA-256 over 0x00 and the entry.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        Span<byte> input = stackalloc byte[1 + entry.Length];
        input[0] = 0;
        entry.CopyTo(input[1..]);
        return SHA256.HashData(input);
    }

    /// <summary>Hash of a node: SHA-256 over 0x01 and both hashes below it.</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * HashSize];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashSize)..]);
        return SHA256.HashData(input);
    }

    /// <summary>Hash of a full tile of hashes.</summary>
    public static byte[] OfTile(ReadOnlySpan<byte> hashes)
    {
        byte[] level = hashes.ToArray();
        for (int count = level.Length / HashSize; count > 1; count /= 2)
        {
            for (int i = 0; i < count / 2; i++)
            {
                Node(level.AsSpan(2 * i * HashSize, HashSize), level.AsSpan((2 * i + 1) * HashSize, HashSize)).CopyTo(level, i * HashSize);
            }
        }

        return level[..HashSize];
    }

    /// <summary>The root over the first leaves.</summary>
    public byte[] Root(long size) => size == 0 ? EmptyRoot : Hash(0, size);

    /// <summary>What proves that a leaf is in the tree of a size: the hashes beside its way up, lowest first.</summary>
    public IReadOnlyList<byte[]> Inclusion(long index, long size)
    {
        var path = new List<byte[]>();
        long from = 0;
        long to = size;
        while (to - from > 1)
        {
            long middle = from + Split(to - from);
            if (index < middle)
            {
                path.Add(Hash(middle, to));
                to = middle;
            }
            else
            {
                path.Add(Hash(from, middle));
                from = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>What proves that the tree of one size begins the tree of a larger one.</summary>
    public IReadOnlyList<byte[]> Consistency(long oldSize, long newSize)
    {
        var proof = new List<byte[]>();
        if (oldSize == 0 || oldSize == newSize)
        {
            return proof;
        }

        long from = 0;
        long to = newSize;
        bool isWhole = true;
        while (oldSize != to)
        {
            long middle = from + Split(to - from);
            if (oldSize <= middle)
            {
                proof.Add(Hash(middle, to));
                to = middle;
            }
            else
            {
                proof.Add(Hash(from, middle));
                from = middle;
                isWhole = false;
            }
        }

        // The old tree itself is known to who asks; a part of it is not.
        if (!isWhole)
        {
            proof.Add(Hash(from, to));
        }

        proof.Reverse();
        return proof;
    }

    // The largest power of two below the size.
    private static long Split(long size)
    {
        long half = 1;
        while (half * 2 < size)
        {
            half *= 2;
        }

        return half;
    }

    private byte[] Hash(long from, long to)
    {
        long size = to - from;
        int level = 0;
        long width = 1;
        while (width * TileWidth <= size)
        {
            width *= TileWidth;
            level++;
        }

        if (width == size)
        {
            return hashAt(level, from / width);
        }

        long middle = from + Split(size);
        return Node(Hash(from, middle), Hash(middle, to));
    }
}
