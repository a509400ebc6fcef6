namespace DePin.Fleet.Signatures;

/// <summary>
/// Multiplication by a comb: an odd number is the sum of 2^i or -2^i over all its bits. Bits that lie <c>spacing</c> apart, one for each tooth, are taken together as a
/// column, whose multiple of the point stands in a table; a double leads from one column to the next.
/// </summary>
/// <param name="Teeth">Bits of a column. A table has 2^(teeth - 1) points, for the columns whose highest bit counts positive; the others are their opposites.</param>
/// <param name="Spacing">Columns. Teeth times spacing are at least 256 bits.</param>
internal readonly record struct CombShape(int Teeth, int Spacing)
{
    /// <summary>Points of a table.</summary>
    public int Points => 1 << (Teeth - 1);

    /// <summary>Which point stands for each column of a number, the lowest column first; its complement where the opposite does.</summary>
    public void Columns(OrderN number, Span<int> columns)
    {
        // An even number is the opposite of n less it, which is odd; zero is then n, whose multiple is the infinite point.
        int flip = number.IsOdd ? 0 : -1;
        OrderN odd = number.IsOdd ? number : number.Negated();
        Span<ulong> teeth = stackalloc ulong[Teeth];
        for (int tooth = 0; tooth < Teeth; tooth++)
        {
            // Of (odd - 1) / 2 plus the highest bit, where a one counts positive.
            teeth[tooth] = odd.Bits((tooth * Spacing) + 1, Spacing);
        }

        teeth[^1] |= 1UL << (Spacing - 1);
        for (int column = 0; column < Spacing; column++)
        {
            int ones = 0;
            for (int tooth = 0; tooth < Teeth - 1; tooth++)
            {
                ones |= (int)((teeth[tooth] >> column) & 1) << tooth;
            }

            bool isPositive = ((teeth[^1] >> column) & 1) != 0;
            columns[column] = (isPositive ? ones : ~(ones ^ (Points - 1))) ^ flip;
        }
    }
}
