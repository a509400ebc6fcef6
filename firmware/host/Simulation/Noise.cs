namespace DePin.Host.Simulation;

/// <summary>
/// Chance as a pure function of a seed and a place in it: the same in every run, whatever was asked before, so that a fleet that
/// stops and starts again sees the same clouds.
/// </summary>
public static class Noise
{
    /// <summary>A number in [0, 1).</summary>
    public static double Unit(long seed, long index) => (Mix(unchecked((ulong)seed * 0x9E3779B97F4A7C15 + (ulong)index)) >> 11) * (1.0 / (1L << 53));

    /// <summary>A seed of its own for a part of something that has a seed.</summary>
    public static long Child(long seed, long part) => unchecked((long)Mix((ulong)seed ^ Mix((ulong)part + 0x632BE59BD9B4E019)));

    /// <summary>A smooth curve in [0, 1) with a new, independent value at every whole <paramref name="at"/>.</summary>
    public static double Smooth(long seed, double at)
    {
        double whole = Math.Floor(at);
        double part = Ease(at - whole);
        return Blend(Unit(seed, (long)whole), Unit(seed, (long)whole + 1), part);
    }

    /// <summary>The same over time and a plane.</summary>
    public static double Smooth(long seed, double at, double x, double y)
    {
        double wholeX = Math.Floor(x);
        double wholeY = Math.Floor(y);
        double partX = Ease(x - wholeX);
        double left = Blend(Column(seed, at, wholeX, wholeY), Column(seed, at, wholeX + 1, wholeY), partX);
        double right = Blend(Column(seed, at, wholeX, wholeY + 1), Column(seed, at, wholeX + 1, wholeY + 1), partX);
        return Blend(left, right, Ease(y - wholeY));
    }

    private static double Column(long seed, double at, double x, double y) => Smooth(Child(seed, unchecked(((long)x * 73_856_093) ^ ((long)y * 19_349_663))), at);

    private static double Ease(double part) => part * part * (3 - 2 * part);

    private static double Blend(double from, double to, double part) => from + (to - from) * part;

    // The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
