using System.Numerics;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Fleet.Nodes;
using DePin.Fleet.Signatures;
using DePin.Fleet.Upkeep;
using Check = DePin.Fleet.Signatures.SignatureLanes.Check;

namespace DePin.Tests.Signatures;

/// <summary>Signatures checked side by side: the platform is the judge. What is not vouched for goes to it, so only a wrong yes is wrong.</summary>
public sealed class SignatureLanesTests
{
    private readonly SignatureLanes _lanes = new();

    [Fact]
    public void Thousands_of_signatures_half_of_them_with_a_changed_bit_are_judged_as_by_the_platform()
    {
        SignatureBenchResult result = SignatureBench.Compare(4000, _ => { });
        Assert.Equal(4000, result.Signatures);
        Assert.InRange(result.Right, 1600, 2400);
        Assert.Equal(0, result.Wrong);
    }

    [Fact]
    public void No_bit_of_a_signature_may_change()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CombTable table = TableOf(key);
        byte[] hash = SHA256.HashData([1, 2, 3]);
        byte[] signature = key.SignHash(hash);
        Check[] changed = [.. Enumerable.Range(0, 8 * signature.Length).Select(bit => new Check(table, hash, Changed(signature, bit)))];
        Assert.All(changed.Chunk(SignatureLanes.Count), some => Assert.Equal(0U, _lanes.Vouch(some)));
        Assert.Equal(1U, _lanes.Vouch([new Check(table, hash, signature)]));
    }

    [Fact]
    public void Any_number_of_signatures_up_to_eight_is_checked_and_each_by_its_own_key()
    {
        ECDsa[] keys = [.. Enumerable.Range(0, SignatureLanes.Count).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
        CombTable[] tables = SignatureLanes.TablesOf([.. keys.Select(PointOf)]);
        byte[] hash = SHA256.HashData([7]);
        Check[] checks = [.. keys.Select((key, i) => new Check(tables[i], hash, key.SignHash(hash)))];
        for (int count = 1; count <= checks.Length; count++)
        {
            Assert.Equal((1U << count) - 1, _lanes.Vouch(checks.AsSpan(0, count)));
        }

        // Each signature with the key of its neighbour.
        Assert.Equal(0U, _lanes.Vouch([.. checks.Select((check, i) => check with { Key = tables[(i + 1) % tables.Length] })]));
        Array.ForEach(keys, key => key.Dispose());
    }

    [Fact]
    public void Hashes_at_the_edges_are_right()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CombTable table = TableOf(key);
        Check[] checks = [.. new BigInteger[] { 0, 1, Numbers.N - 1, Numbers.N, Numbers.N + 1, (BigInteger.One << 256) - 1 }.Select(Numbers.Bytes).Select(hash => new Check(table, hash, key.SignHash(hash)))];
        Assert.Equal(0b11_1111U, _lanes.Vouch(checks));
    }

    [Fact]
    public void Numbers_outside_of_1_to_n_less_1_and_a_cut_signature_are_not_vouched_for_and_keep_no_neighbour_from_it()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CombTable table = TableOf(key);
        byte[] hash = SHA256.HashData([9]);
        byte[] good = key.SignHash(hash);
        byte[] zero = new byte[32], order = SignatureForm.Order(), most = Numbers.Bytes((BigInteger.One << 256) - 1);
        byte[][] signatures = [[.. zero, .. good[32..]], [.. good[..32], .. zero], [.. order, .. good[32..]], good, [.. good[..32], .. order], [.. most, .. most], good[..63], []];
        Assert.Equal(0b1000U, _lanes.Vouch([.. signatures.Select(signature => new Check(table, hash, signature))]));
        Assert.Equal(0U, _lanes.Vouch([.. signatures.Where(signature => signature != good).Select(signature => new Check(table, hash, signature))]));
    }

    // Q is the generator, twice it, its opposite ...: with small r and s the sums of the comb meet equal, opposite and infinite points, which its formulas do not have.
    [Fact]
    public void Sums_that_meet_equal_opposite_and_infinite_points_are_never_vouched_for_wrongly()
    {
        int vouched = 0, right = 0;
        foreach (BigInteger scalar in new BigInteger[] { 1, 2, 3, 4, 16, 31, Numbers.N - 1, Numbers.N - 2 })
        {
            using ECDsa key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Numbers.Bytes(scalar) });
            CombTable table = TableOf(key);
            for (int r = 1; r <= 8; r++)
            {
                BigInteger[] hashes = [0, r * scalar % Numbers.N, Numbers.N - (r * scalar % Numbers.N), Numbers.N - 1, 1, r];
                Check[] checks = [.. hashes.Select(hash => new Check(table, Numbers.Bytes(hash), new byte[][] { Numbers.Bytes(r), Numbers.Bytes(1) }.SelectMany(part => part).ToArray()))];
                uint yes = _lanes.Vouch(checks);
                for (int i = 0; i < checks.Length; i++)
                {
                    bool isRight = key.VerifyHash(checks[i].Hash.Span, checks[i].Signature.Span);
                    Assert.False((yes & (1U << i)) != 0 && !isRight, $"key {scalar}, r {r}, hash {i}");
                }
            }

            // And real signatures by such a key.
            for (int i = 0; i < 16; i++)
            {
                byte[] hash = Numbers.Bytes(i);
                byte[] signature = key.SignHash(hash);
                right++;
                vouched += (int)_lanes.Vouch([new Check(table, hash, signature)]);
            }
        }

        Assert.Equal(right, vouched);
    }

    // x of the sum is n + 5 or the like, so r is what is left of it: one signature in 2^128. Made by hand, with u1 = 0 and u2 = 1 the sum is the key itself.
    [Fact]
    public void An_x_beyond_n_is_left_to_the_platform_which_finds_it_right()
    {
        int left = Enumerable.Range(1, 200).First(k => CompressedPoint.Decompress([2, .. Numbers.Bytes(Numbers.N + k)]) is not null);
        ECParameters point = CompressedPoint.Decompress([2, .. Numbers.Bytes(Numbers.N + left)])!.Value;
        using ECDsa key = ECDsa.Create(point);
        byte[] signature = [.. Numbers.Bytes(left), .. Numbers.Bytes(left)];
        Assert.True(key.VerifyHash(new byte[32], signature));
        Assert.Equal(0U, _lanes.Vouch([new Check(TableOf(key), new byte[32], signature)]));
    }

    private static byte[] Changed(byte[] bytes, int bit)
    {
        byte[] changed = [.. bytes];
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        return changed;
    }

    private static CombTable TableOf(ECDsa key) => SignatureLanes.TablesOf([PointOf(key)])[0];

    private static ECPoint PointOf(ECDsa key) => key.ExportParameters(includePrivateParameters: false).Q;
}
