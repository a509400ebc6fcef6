using System.Numerics;
using DePin.Fleet.Signatures;

namespace DePin.Tests.Signatures;

/// <summary>Eight numbers side by side against the platform's arithmetic with one.</summary>
public sealed class FieldLanesTests(ITestOutputHelper output)
{
    private const ulong All = (1UL << FieldLanes.Lanes) - 1;

    // The edges of the field and of the limbs of 29 bits.
    private static readonly BigInteger[] Edges =
    [
        0, 1, 2, Numbers.P - 1, Numbers.P - 2, (Numbers.P - 1) / 2, (BigInteger.One << 29) - 1, BigInteger.One << 29, (BigInteger.One << 232) - 1, BigInteger.One << 232, (BigInteger.One << 255) - 1,
        BigInteger.One << 224, (BigInteger.One << 224) - 1, BigInteger.One << 96, (BigInteger.One << 192) - 1, Numbers.P - (BigInteger.One << 192),
    ];

    [Fact]
    public void Products_squares_sums_and_differences_are_those_of_the_platform()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 2000; i++)
        {
            Check(Some(random), Some(random));
        }
    }

    [Fact]
    public void Numbers_at_the_edges_meet_each_other_rightly()
    {
        foreach (BigInteger a in Edges)
        {
            foreach (BigInteger[] b in Edges.Chunk(FieldLanes.Lanes))
            {
                Check([.. Enumerable.Repeat(a, FieldLanes.Lanes)], b);
            }
        }
    }

    // What the bounds allow at most: limbs of 5/4 times 9/4 after a difference and a sum, and tripled products, before they are tidied.
    [Fact]
    public void Untidy_numbers_as_large_as_a_point_makes_them_multiply_rightly()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 2000; i++)
        {
            BigInteger[] x = Some(random), z = Some(random);
            FieldLanes tidy = (Of(x) - Of(z)).Tidy(), square = Of(z).Square();
            FieldLanes product = (tidy - square) * (tidy + square);
            FieldLanes tripled = (product + product + product).Tidy().Square();
            BigInteger[] expected = [.. x.Zip(z, (a, b) => BigInteger.Pow(3 * (BigInteger.Pow(a - b, 2) - BigInteger.Pow(b, 4)), 2))];
            Equal(expected, tripled);
        }
    }

    [Fact]
    public void An_inverse_times_its_number_is_one_and_that_of_zero_is_zero()
    {
        foreach (BigInteger[] numbers in Edges.Chunk(FieldLanes.Lanes))
        {
            Equal([.. numbers.Select(number => number.IsZero ? BigInteger.Zero : BigInteger.One)], Of(numbers).Inverse() * Of(numbers));
        }
    }

    [Fact]
    public void Only_lanes_that_are_zero_modulo_p_are_zero()
    {
        BigInteger[] numbers = [0, 1, Numbers.P - 1, 0, BigInteger.One << 255, 5, 0, BigInteger.One << 29];
        Assert.Equal(0b0100_1001UL, Of(numbers).ZeroLanes());
        Assert.Equal(0b0100_1001UL, (Of(numbers) << 5).Tidy().ZeroLanes());
        Assert.Equal(All, (Of(numbers) - Of(numbers)).ZeroLanes());

        // p itself, which is zero too, and p + 1 are below 2^256.
        BigInteger[] beyond = [Numbers.P, Numbers.P + 1, (BigInteger.One << 256) - 1, Numbers.P, 0, 1, 2, 3];
        Assert.Equal(0b0001_1001UL, Of(beyond).ZeroLanes());
    }

    private static void Check(BigInteger[] a, BigInteger[] b)
    {
        FieldLanes x = Of(a), y = Of(b);
        Equal([.. a.Zip(b, (one, other) => one * other)], x * y);
        Equal([.. a.Select(one => one * one)], x.Square());
        Equal([.. a.Zip(b, (one, other) => one + other)], (x + y).Tidy());
        Equal([.. a.Zip(b, (one, other) => one - other)], (x - y).Tidy());
        Equal([.. a.Zip(b, (one, other) => 16 * (one - other))], ((x - y) << 4).Tidy());
        Equal([.. a.Select(one => -one)], x.NegatedWhere(System.Runtime.Intrinsics.Vector512<long>.AllBitsSet).Tidy());

        ulong[] words = new ulong[FieldLanes.Words * FieldLanes.Lanes];
        (x - y).Pack(words);
        Equal([.. a.Zip(b, (one, other) => one - other)], FieldLanes.Unpack(words));
    }

    private static void Equal(BigInteger[] expected, FieldLanes actual) =>
        Assert.Equal(All, (Of([.. expected.Select(number => ((number % Numbers.P) + Numbers.P) % Numbers.P)]) - actual).ZeroLanes());

    private static BigInteger[] Some(Random random) => [.. Enumerable.Range(0, FieldLanes.Lanes).Select(_ => Numbers.Next(random, Numbers.P))];

    private static FieldLanes Of(BigInteger[] numbers) => FieldLanes.Read([.. numbers.SelectMany(Numbers.Bytes)]);
}
