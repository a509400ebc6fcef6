using System.Runtime.Intrinsics;

namespace DePin.Fleet.Signatures;

/// <summary>The multiples of one point that a comb adds up: 64 bytes each, made once and read by any number of threads.</summary>
internal sealed class CombTable
{
    // Four words of x, four of y.
    private const int WordsOfPoint = 2 * FieldLanes.Words;

    private readonly ulong[] _words;

    private CombTable(int points) => _words = new ulong[points * WordsOfPoint];

    /// <summary>Makes the tables of as many points as there are lanes.</summary>
    /// <param name="shape">Of the comb.</param>
    /// <param name="x">The x of points other than the infinite one.</param>
    /// <param name="y">Their y.</param>
    public static CombTable[] Make(CombShape shape, in FieldLanes x, in FieldLanes y)
    {
        // What each tooth stands for, and its double, which leads from a column without this tooth's bit to the one with it.
        var points = new PointLanes[(2 * shape.Teeth) - 1];
        points[0] = PointLanes.Of(x, y);
        for (int tooth = 0; tooth < shape.Teeth; tooth++)
        {
            PointLanes point = points[tooth];
            if (tooth < shape.Teeth - 1)
            {
                points[shape.Teeth + tooth] = point = point.Double();
                for (int i = 1; i < shape.Spacing; i++)
                {
                    point = point.Double();
                }

                points[tooth + 1] = point;
            }
        }

        (FieldLanes X, FieldLanes Y)[] affine = ToAffine(points);
        var columns = new PointLanes[shape.Points];
        PointLanes none = PointLanes.Of(affine[shape.Teeth - 1].X, affine[shape.Teeth - 1].Y);
        for (int tooth = 0; tooth < shape.Teeth - 1; tooth++)
        {
            none = none.Add(affine[tooth].X, affine[tooth].Y.NegatedWhere(Vector512<long>.AllBitsSet));
        }

        columns[0] = none;
        for (int tooth = 0; tooth < shape.Teeth - 1; tooth++)
        {
            (FieldLanes doubleX, FieldLanes doubleY) = affine[shape.Teeth + tooth];
            for (int i = 0; i < 1 << tooth; i++)
            {
                columns[(1 << tooth) + i] = columns[i].Add(doubleX, doubleY);
            }
        }

        var tables = new CombTable[FieldLanes.Lanes];
        for (int lane = 0; lane < tables.Length; lane++)
        {
            tables[lane] = new CombTable(shape.Points);
        }

        (FieldLanes X, FieldLanes Y)[] all = ToAffine(columns);
        for (int i = 0; i < all.Length; i++)
        {
            Store(tables, i * WordsOfPoint, all[i].X);
            Store(tables, (i * WordsOfPoint) + FieldLanes.Words, all[i].Y);
        }

        return tables;
    }

    /// <summary>The points of one column, from each lane's own table.</summary>
    /// <param name="tables">A table for each lane.</param>
    /// <param name="columns">Of each lane, see <see cref="CombShape.Columns"/>.</param>
    public static (FieldLanes X, FieldLanes Y) Look(ReadOnlySpan<CombTable> tables, ReadOnlySpan<int> columns)
    {
        Span<ulong> words = stackalloc ulong[WordsOfPoint * FieldLanes.Lanes];
        Span<long> signs = stackalloc long[FieldLanes.Lanes];
        for (int lane = 0; lane < FieldLanes.Lanes; lane++)
        {
            int sign = columns[lane] >> 31;
            signs[lane] = sign;
            ReadOnlySpan<ulong> point = tables[lane]._words.AsSpan((columns[lane] ^ sign) * WordsOfPoint, WordsOfPoint);
            for (int word = 0; word < point.Length; word++)
            {
                words[(word * FieldLanes.Lanes) + lane] = point[word];
            }
        }

        return (FieldLanes.Unpack(words), FieldLanes.Unpack(words[(FieldLanes.Words * FieldLanes.Lanes)..]).NegatedWhere(Vector512.Create<long>(signs)));
    }

    private static void Store(CombTable[] tables, int first, in FieldLanes number)
    {
        Span<ulong> words = stackalloc ulong[FieldLanes.Words * FieldLanes.Lanes];
        number.Pack(words);
        for (int i = 0; i < words.Length; i++)
        {
            tables[i % FieldLanes.Lanes]._words[first + (i / FieldLanes.Lanes)] = words[i];
        }
    }

    // One inversion for all: that of the product of every Z, times all of them but one, is that of the one.
    private static (FieldLanes X, FieldLanes Y)[] ToAffine(PointLanes[] points)
    {
        var before = new FieldLanes[points.Length];
        FieldLanes product = FieldLanes.One;
        for (int i = 0; i < points.Length; i++)
        {
            before[i] = product;
            product *= points[i].Z;
        }

        FieldLanes inverse = product.Inverse();
        var affine = new (FieldLanes X, FieldLanes Y)[points.Length];
        for (int i = points.Length - 1; i >= 0; i--)
        {
            FieldLanes z = inverse * before[i];
            FieldLanes zz = z.Square();
            affine[i] = (points[i].X * zz, points[i].Y * (zz * z));
            inverse *= points[i].Z;
        }

        return affine;
    }
}
