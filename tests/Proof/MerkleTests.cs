using System.Security.Cryptography;
using DePin.Fleet.Proof;
using DePin.Tools.Proof;

namespace DePin.Tests.Proof;

/// <summary>The tree of the log: against published figures, and its proofs against a verifier that goes another way.</summary>
public sealed class MerkleTests
{
    // Leaves, roots and proofs of the test data of transparency-dev/merkle (testdata/inclusion and testdata/consistency).
    private static readonly string[] Leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=", "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=", "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=", "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=", "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=",
        "3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=", "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
    ];

    [Fact]
    public void Roots_of_one_to_eight_leaves_are_the_published_ones()
    {
        MerkleTree tree = Published();
        Assert.Equal(Roots, Enumerable.Range(1, 8).Select(size => Convert.ToBase64String(tree.Root(size))));
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(MerkleTree.EmptyRoot));
    }

    [Theory]
    [InlineData(0, 8, "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=")]
    [InlineData(5, 8, "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=", "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=", "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=")]
    [InlineData(2, 3, "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=")]
    [InlineData(1, 5, "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=")]
    [InlineData(0, 1)]
    public void Inclusion_proofs_are_the_published_ones(long index, long size, params string[] proof) =>
        Assert.Equal(proof, Published().Inclusion(index, size).Select(Convert.ToBase64String));

    [Theory]
    [InlineData(1, 8, "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=", "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=")]
    [InlineData(6, 8, "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=", "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=", "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=")]
    [InlineData(2, 5, "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=")]
    [InlineData(6, 7, "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=", "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=", "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=")]
    [InlineData(1, 1)]
    public void Consistency_proofs_are_the_published_ones(long from, long to, params string[] proof) =>
        Assert.Equal(proof, Published().Consistency(from, to).Select(Convert.ToBase64String));

    [Fact]
    public void Every_proof_of_small_trees_is_accepted_and_every_bent_one_is_not()
    {
        MerkleTree tree = Of([.. Enumerable.Range(0, 40).Select(i => MerkleTree.Leaf([(byte)i]))]);
        for (int size = 1; size <= 40; size++)
        {
            byte[] root = tree.Root(size);
            for (int index = 0; index < size; index++)
            {
                byte[] leaf = MerkleTree.Leaf([(byte)index]);
                IReadOnlyList<byte[]> proof = tree.Inclusion(index, size);
                Assert.True(LogProof.IsIncluded(leaf, index, size, proof, root), $"{index} of {size}");
                Assert.False(LogProof.IsIncluded(leaf, index, size, [.. proof, root], root));
                Assert.False(LogProof.IsIncluded(root, index, size, proof, leaf) && size > 1);
                Assert.False(size > 1 && LogProof.IsIncluded(leaf, (index + 1) % size, size, proof, root));
                Assert.All(Enumerable.Range(0, proof.Count), i => Assert.False(LogProof.IsIncluded(leaf, index, size, Bent(proof, i), root)));
            }

            for (int old = 1; old <= size; old++)
            {
                IReadOnlyList<byte[]> proof = tree.Consistency(old, size);
                Assert.True(LogProof.IsConsistent(old, size, proof, tree.Root(old), root), $"{old} in {size}");
                Assert.False(LogProof.IsConsistent(old, size, [.. proof, root], tree.Root(old), root));
                Assert.All(Enumerable.Range(0, proof.Count), i => Assert.False(LogProof.IsConsistent(old, size, Bent(proof, i), tree.Root(old), root)));
                Assert.False(LogProof.IsConsistent(old, size, proof, MerkleTree.Leaf([99]), root));
            }
        }
    }

    [Fact]
    public void A_tree_over_tiles_is_the_tree_over_leaves_whatever_its_size()
    {
        byte[][] leaves = [.. Enumerable.Range(0, 70_000).Select(i => SHA256.HashData(BitConverter.GetBytes(i)))];
        MerkleTree tree = Of(leaves);
        foreach (int size in (int[])[255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
        {
            byte[] root = tree.Root(size);
            Assert.Equal(Plain(leaves.AsSpan(0, size)), root);
            foreach (int index in (int[])[0, 1, size / 2, size - 2, size - 1])
            {
                Assert.True(LogProof.IsIncluded(leaves[index], index, size, tree.Inclusion(index, size), root));
                Assert.True(LogProof.IsConsistent(index + 1, size, tree.Consistency(index + 1, size), tree.Root(index + 1), root));
            }
        }
    }

    private static MerkleTree Published() => Of([.. Leaves.Select(leaf => MerkleTree.Leaf(Convert.FromHexString(leaf)))]);

    // The hashes that tiles would hold, from the leaves each time.
    private static MerkleTree Of(byte[][] leaves)
    {
        var levels = new List<byte[][]> { leaves };
        while (levels[^1].Length >= MerkleTree.TileWidth)
        {
            levels.Add([.. levels[^1].Chunk(MerkleTree.TileWidth).Where(tile => tile.Length == MerkleTree.TileWidth).Select(tile => MerkleTree.OfTile(tile.SelectMany(hash => hash).ToArray()))]);
        }

        return new MerkleTree((level, index) => levels[level][index]);
    }

    // RFC 6962, 2.1, word for word.
    private static byte[] Plain(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        int half = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)leaves.Length) / 2;
        return SHA256.HashData([1, .. Plain(leaves[..half]), .. Plain(leaves[half..])]);
    }

    private static List<byte[]> Bent(IReadOnlyList<byte[]> proof, int i)
    {
        List<byte[]> bent = [.. proof];
        bent[i] = [.. bent[i]];
        bent[i][i % 32] ^= 4;
        return bent;
    }
}
