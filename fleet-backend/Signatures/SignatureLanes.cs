using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using DePin.Contracts.Signing;

namespace DePin.Fleet.Signatures;

/// <summary>
/// Checks ECDSA signatures over P-256 (SEC 1, 4.1.4), eight side by side. It only vouches: a signature that it does not find right the platform has to judge. So a fault that
/// misses a right one costs time; one that let in a wrong one would show wherever stored bytes are verified again, since that is the platform's too. For one thread.
/// </summary>
internal sealed class SignatureLanes
{
    /// <summary>Signatures that are checked side by side.</summary>
    public const int Count = FieldLanes.Lanes;

    private const int NumberBytes = SignatureForm.Size / 2;

    /// <summary>Whether the processor has the vectors that this is made for: without them it works, and the platform is faster.</summary>
    public static bool AreFast => Avx512F.IsSupported;

    // A node's table has 2 KB; the generator's, which all share, 128 KB.
    private static readonly CombShape NodeShape = new(Teeth: 6, Spacing: 43);
    private static readonly CombShape GeneratorShape = new(Teeth: 12, Spacing: 22);

    private static readonly CombTable Generator = CombTable.Make(
        GeneratorShape,
        FieldLanes.OfAll("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        FieldLanes.OfAll("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))[0];

    private readonly CombTable[] _generators = [.. Enumerable.Repeat(Generator, Count)];
    private readonly CombTable[] _keys = new CombTable[Count];

    // By column, then by lane.
    private readonly int[] _generatorColumns = new int[GeneratorShape.Spacing * Count];
    private readonly int[] _keyColumns = new int[NodeShape.Spacing * Count];
    private readonly byte[] _r = new byte[NumberBytes * Count];
    private readonly OrderN[] _inverses = new OrderN[Count];

    /// <summary>Makes what is needed to check signatures of these keys.</summary>
    /// <param name="keys">1 to 8 public keys, points of the curve.</param>
    public static CombTable[] TablesOf(ReadOnlySpan<ECPoint> keys)
    {
        byte[] x = new byte[NumberBytes * Count], y = new byte[NumberBytes * Count];
        for (int lane = 0; lane < Count; lane++)
        {
            ECPoint key = keys[Math.Min(lane, keys.Length - 1)];
            key.X!.CopyTo(x, NumberBytes * lane);
            key.Y!.CopyTo(y, NumberBytes * lane);
        }

        return CombTable.Make(NodeShape, FieldLanes.Read(x), FieldLanes.Read(y))[..keys.Length];
    }

    /// <summary>Which signatures are right for certain, a bit for each.</summary>
    /// <param name="checks">1 to 8 of them.</param>
    public uint Vouch(ReadOnlySpan<Check> checks)
    {
        uint formed = Prepare(checks);
        if (formed == 0)
        {
            return 0;
        }

        PointLanes sum = default;
        for (int column = NodeShape.Spacing - 1; column >= 0; column--)
        {
            (FieldLanes x, FieldLanes y) = CombTable.Look(_keys, _keyColumns.AsSpan(column * Count, Count));
            sum = column == NodeShape.Spacing - 1 ? PointLanes.Of(x.Tidy(), y.Tidy()) : sum.Double().Add(x, y);
            if (column < GeneratorShape.Spacing)
            {
                (x, y) = CombTable.Look(_generators, _generatorColumns.AsSpan(column * Count, Count));
                sum = sum.Add(x, y);
            }
        }

        // x = X / Z² is r modulo n: here r itself, since only one in 2^128 is r + n.
        ulong isR = ((FieldLanes.Read(_r) * sum.Z.Square()) - sum.X).ZeroLanes();
        return formed & (uint)(isR & ~sum.Z.ZeroLanes());
    }

    // The numbers u1 = hash / s and u2 = r / s of every lane as columns; which lanes have a signature of the right form. The others, and those beyond the last, repeat one.
    private uint Prepare(ReadOnlySpan<Check> checks)
    {
        uint formed = 0;
        int first = -1;
        Span<OrderN> r = stackalloc OrderN[Count];
        for (int lane = 0; lane < checks.Length; lane++)
        {
            ReadOnlySpan<byte> signature = checks[lane].Signature.Span;
            if (signature.Length == SignatureForm.Size && OrderN.Read(signature[..NumberBytes]) is { IsZero: false } left && OrderN.Read(signature[NumberBytes..]) is { IsZero: false } right)
            {
                r[lane] = left;
                _inverses[lane] = right.Montgomery();
                formed |= 1U << lane;
                first = first < 0 ? lane : first;
            }
        }

        if (first < 0)
        {
            return 0;
        }

        for (int lane = 0; lane < Count; lane++)
        {
            if ((formed & (1U << lane)) == 0)
            {
                r[lane] = r[first];
                _inverses[lane] = _inverses[first];
            }
        }

        OrderN.Invert(_inverses);
        Span<int> columns = stackalloc int[NodeShape.Spacing];
        for (int lane = 0; lane < Count; lane++)
        {
            Check check = checks[(formed & (1U << lane)) == 0 ? first : lane];
            _keys[lane] = check.Key;
            check.Signature.Span[..NumberBytes].CopyTo(_r.AsSpan(NumberBytes * lane));
            NodeShape.Columns(r[lane] * _inverses[lane], columns);
            Spread(columns[..NodeShape.Spacing], _keyColumns, lane);
            GeneratorShape.Columns(OrderN.ReadReduced(check.Hash.Span) * _inverses[lane], columns);
            Spread(columns[..GeneratorShape.Spacing], _generatorColumns, lane);
        }

        return formed;
    }

    private static void Spread(ReadOnlySpan<int> columns, int[] destination, int lane)
    {
        for (int column = 0; column < columns.Length; column++)
        {
            destination[(column * Count) + lane] = columns[column];
        }
    }

    /// <summary>A signature to check.</summary>
    /// <param name="Key">Of whom it is said to be, see <see cref="TablesOf"/>.</param>
    /// <param name="Hash">SHA-256 of what was signed.</param>
    /// <param name="Signature">r and s, 32 bytes each.</param>
    internal readonly record struct Check(CombTable Key, ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> Signature);
}
