namespace DePin.Fleet.Updates;

/// <summary>
/// How the energy delivered by some nodes of one hardware profile changed between the same hours before and after, and by how much these nodes
/// differ among each other. Sums only: nothing is kept of a node.
/// </summary>
/// <param name="Nodes">Nodes whose readings cover both.</param>
/// <param name="After">Their energy after, mWh.</param>
/// <param name="Before">Their energy before, mWh.</param>
/// <param name="AfterSquares">Sum of squares of each node's energy after.</param>
/// <param name="Products">Sum of products of each node's two energies.</param>
/// <param name="BeforeSquares">Sum of squares of each node's energy before.</param>
public sealed record EnergyChange(long Nodes, double After, double Before, double AfterSquares, double Products, double BeforeSquares)
{
    /// <summary>No nodes.</summary>
    public static EnergyChange None { get; } = new(0, 0, 0, 0, 0, 0);

    /// <summary>With one node more.</summary>
    public EnergyChange With(double after, double before) =>
        new(Nodes + 1, After + after, Before + before, AfterSquares + (after * after), Products + (after * before), BeforeSquares + (before * before));

    /// <summary>Whether a change can be told, and how sure it is.</summary>
    public bool IsTold() => Nodes >= 2 && After > 0 && Before > 0;

    /// <summary>Logarithm of after divided by before.</summary>
    public double Logarithm() => Math.Log(After / Before);

    /// <summary>Variance of <see cref="Logarithm"/>, from how the nodes scatter around their common change (a ratio estimator's).</summary>
    public double Variance()
    {
        double ratio = After / Before;
        double scatter = Math.Max(0, AfterSquares - (2 * ratio * Products) + (ratio * ratio * BeforeSquares));
        return scatter * Nodes / (Nodes - 1) / (After * After);
    }
}

/// <summary>Nodes of one hardware profile, updated and not.</summary>
/// <param name="Profile">Number of the profile.</param>
/// <param name="Updated">Updated nodes.</param>
/// <param name="Others">Nodes that are not updated yet.</param>
public sealed record ProfileChange(long Profile, EnergyChange Updated, EnergyChange Others);

/// <summary>By how much what updated nodes deliver differs from what the others' does, and how sure that is; pure.</summary>
/// <param name="Profile">Number of the profile that it is about; null for all together.</param>
/// <param name="Difference">Logarithm of the updated nodes' change divided by the others'.</param>
/// <param name="Margin">So much of it chance alone brings about once in a thousand comparisons.</param>
/// <param name="Updated">Updated nodes compared.</param>
/// <param name="Others">Other nodes compared.</param>
public sealed record EnergyDifference(long? Profile, double Difference, double Margin, long Updated, long Others)
{
    /// <summary>The difference, percent.</summary>
    public double Percent => 100 * (Math.Exp(Difference) - 1);

    /// <summary>The margin, percent.</summary>
    public double MarginPercent => 100 * (Math.Exp(Margin) - 1);

    /// <summary>Whether it lies beyond a band, and beyond what chance does.</summary>
    public bool IsBeyond(int bandPercent) => Math.Abs(Difference) > Math.Max(Margin, Math.Log(1 + (bandPercent / 100.0)));

    /// <summary>Whether it can be told at all: in an hour in which hardly anybody uses anything a few homes multiply what all deliver, and the margin, which is as wide then, is itself a guess.</summary>
    public bool IsSure => Margin <= Math.Log(1.5);

    /// <summary>Whether a difference of the band would be seen.</summary>
    public bool Sees(int bandPercent) => Margin <= Math.Log(1 + (bandPercent / 100.0));

    /// <summary>Each profile by itself where both sides have two nodes, since a fault may sit in one of them, and at the end all together, each weighted by how sure it is; none where nothing can be told.</summary>
    public static IReadOnlyList<EnergyDifference> Of(IEnumerable<ProfileChange> profiles)
    {
        var differences = new List<EnergyDifference>();
        double weights = 0, weighted = 0, doubts = 0;
        foreach (ProfileChange profile in profiles.Where(profile => profile.Updated.IsTold() && profile.Others.IsTold()))
        {
            double difference = profile.Updated.Logarithm() - profile.Others.Logarithm();
            (double updated, double others) = (profile.Updated.Variance(), profile.Others.Variance());
            double variance = updated + others, freedom = Chance.Freedom(updated, profile.Updated.Nodes, others, profile.Others.Nodes);
            differences.Add(new EnergyDifference(profile.Profile, difference, Chance.Margin(variance, freedom), profile.Updated.Nodes, profile.Others.Nodes));

            // Nodes that deliver exactly the same each day are as sure as it gets.
            double weight = 1 / Math.Max(variance, 1e-9);
            (weights, weighted, doubts) = (weights + weight, weighted + (weight * difference), doubts + (weight * weight / freedom));
        }

        if (differences.Count > 0)
        {
            double variance = differences.TrueForAll(one => one.Margin == 0) ? 0 : 1 / weights;
            differences.Add(new EnergyDifference(null, weighted / weights, Chance.Margin(variance, weights * weights / doubts), differences.Sum(one => one.Updated), differences.Sum(one => one.Others)));
        }

        return differences;
    }
}

/// <summary>How far chance alone takes a difference between nodes.</summary>
internal static class Chance
{
    // Two-sided, one in a thousand.
    private const double Quantile = 3.2905;

    /// <summary>How much is known of a difference's variance, by how many nodes each side has and how much each scatters (Welch): few nodes that scatter much are not made up for by many others.</summary>
    public static double Freedom(double one, long nodes, double other, long otherNodes)
    {
        double all = one + other;
        return all == 0 ? nodes + otherNodes - 2 : all * all / ((one * one / (nodes - 1)) + (other * other / (otherNodes - 1)));
    }

    /// <summary>So much of a difference comes about once in a thousand comparisons: Student's quantile by its expansion, since few nodes do not know well how much they differ.</summary>
    public static double Margin(double variance, double freedom)
    {
        double cube = Quantile * Quantile * Quantile;
        double first = (cube + Quantile) / 4;
        double second = ((5 * cube * Quantile * Quantile) + (16 * cube) + (3 * Quantile)) / 96;
        return Math.Sqrt(variance) * (Quantile + (first / freedom) + (second / (freedom * freedom)));
    }
}
