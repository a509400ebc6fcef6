using System.Numerics;
using DePin.Fleet.Signatures;

namespace DePin.Tests.Signatures;

/// <summary>Numbers modulo the order, and the columns that a comb takes of them.</summary>
public sealed class OrderNTests(ITestOutputHelper output)
{
    private static readonly BigInteger[] Edges = [1, 2, 3, Numbers.N - 1, Numbers.N - 2, (Numbers.N - 1) / 2, BigInteger.One << 64, (BigInteger.One << 192) - 1, BigInteger.One << 255];

    [Fact]
    public void A_quotient_times_its_divisor_is_the_dividend()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 300; i++)
        {
            BigInteger[] divisors = [.. Enumerable.Range(0, 8).Select(k => i < Edges.Length ? Edges[(i + k) % Edges.Length] : BigInteger.Max(1, Numbers.Next(random, Numbers.N)))];
            OrderN[] inverses = [.. divisors.Select(divisor => Of(divisor).Montgomery())];
            OrderN.Invert(inverses);
            for (int k = 0; k < divisors.Length; k++)
            {
                BigInteger dividend = Numbers.Next(random, Numbers.N);
                Assert.Equal(dividend, ValueOf(Of(dividend) * inverses[k]) * divisors[k] % Numbers.N);
            }
        }
    }

    [Fact]
    public void Only_numbers_below_n_are_read_and_a_hash_is_reduced()
    {
        Assert.NotNull(OrderN.Read(Numbers.Bytes(Numbers.N - 1)));
        Assert.Null(OrderN.Read(Numbers.Bytes(Numbers.N)));
        Assert.Null(OrderN.Read(Numbers.Bytes((BigInteger.One << 256) - 1)));
        Assert.True(OrderN.ReadReduced(Numbers.Bytes(Numbers.N)).IsZero);
        Assert.Equal((BigInteger.One << 256) - 1 - Numbers.N, ValueOf(OrderN.ReadReduced(Numbers.Bytes((BigInteger.One << 256) - 1))));
    }

    // A table has the columns whose highest bit counts positive, the others are their opposites.
    [Theory]
    [InlineData(6, 43)]
    [InlineData(12, 22)]
    public void The_columns_of_a_number_add_up_to_it(int teeth, int spacing)
    {
        var random = new Random(7);
        var shape = new CombShape(teeth, spacing);
        int[] columns = new int[spacing];
        foreach (BigInteger number in Edges.Append(BigInteger.Zero).Concat(Enumerable.Range(0, 200).Select(_ => Numbers.Next(random, Numbers.N))))
        {
            shape.Columns(Of(number), columns);
            BigInteger sum = 0;
            for (int column = 0; column < spacing; column++)
            {
                int point = columns[column] < 0 ? ~columns[column] : columns[column];
                Assert.InRange(point, 0, shape.Points - 1);
                BigInteger value = BigInteger.One << (spacing * (teeth - 1));
                for (int tooth = 0; tooth < teeth - 1; tooth++)
                {
                    value += ((point >> tooth) & 1) == 1 ? BigInteger.One << (spacing * tooth) : -(BigInteger.One << (spacing * tooth));
                }

                sum += (columns[column] < 0 ? -value : value) << column;
            }

            Assert.Equal(number, ((sum % Numbers.N) + Numbers.N) % Numbers.N);
        }
    }

    private static OrderN Of(BigInteger number) => OrderN.ReadReduced(Numbers.Bytes(number));

    private static BigInteger ValueOf(OrderN number) => Enumerable.Range(0, 8).Aggregate(BigInteger.Zero, (sum, i) => sum + ((BigInteger)number.Bits(32 * i, 32) << (32 * i)));
}
