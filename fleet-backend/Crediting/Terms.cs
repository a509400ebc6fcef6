namespace DePin.Fleet.Crediting;

/// <summary>Who earns from a node, how they share and at what tariff, from one second up to another (exclusive; long.MaxValue for still).</summary>
public sealed record Terms(long FromUnixSeconds, long ToUnixSeconds, PairedTerm Pairing, AgreementVersion AgreementVersion, TariffVersion TariffVersion)
{
    /// <summary>Who runs the node.</summary>
    public string Operator => Pairing.Operator;

    /// <summary>Who paid for it.</summary>
    public string CapitalBuilder => Pairing.CapitalBuilder;

    /// <summary>Where it stands.</summary>
    public Place Place => Pairing.Place;

    /// <summary>How they share.</summary>
    public Agreement Agreement => AgreementVersion.Agreement;

    /// <summary>At what tariff.</summary>
    public Tariff Tariff => TariffVersion.Tariff;

    /// <summary>
    /// The terms of a node over time: its pairings, cut wherever an agreement or a tariff takes effect. In order and without overlap.
    /// What stands before the first agreement or tariff goes by the first.
    /// </summary>
    public static IReadOnlyList<Terms> Of(IReadOnlyList<PairedTerm> pairings, IReadOnlyList<AgreementVersion> agreements, IReadOnlyList<TariffVersion> tariffs)
    {
        var terms = new List<Terms>();
        long[] changes = [.. agreements.Select(version => version.FromUnixSeconds).Concat(tariffs.Select(version => version.FromUnixSeconds)).Distinct().Order()];
        foreach (PairedTerm pairing in pairings.OrderBy(pairing => pairing.FromUnixSeconds))
        {
            long from = pairing.FromUnixSeconds;
            foreach (long to in changes.Where(change => change > pairing.FromUnixSeconds && change < pairing.ToUnixSeconds).Append(pairing.ToUnixSeconds))
            {
                AgreementVersion agreement = agreements.LastOrDefault(version => version.FromUnixSeconds <= from, agreements[0]);
                TariffVersion tariff = tariffs.LastOrDefault(version => version.FromUnixSeconds <= from, tariffs[0]);
                terms.Add(new Terms(from, to, pairing, agreement, tariff));
                from = to;
            }
        }

        return terms;
    }

    /// <summary>The terms at this time; null while the node is not paired.</summary>
    public static Terms? At(IReadOnlyList<Terms> terms, long unixSeconds)
    {
        for (int i = terms.Count - 1; i >= 0; i--)
        {
            if (unixSeconds >= terms[i].FromUnixSeconds)
            {
                return unixSeconds < terms[i].ToUnixSeconds ? terms[i] : null;
            }
        }

        return null;
    }
}

/// <summary>Who ran and who paid for a node, and where it stood, from one second up to another.</summary>
public sealed record PairedTerm(long FromUnixSeconds, long ToUnixSeconds, string Operator, string CapitalBuilder, Place Place, long Id = 0);

/// <summary>Where a node stands, degrees north and east.</summary>
public readonly record struct Place(double Latitude, double Longitude);

/// <summary>An agreement and the second it takes effect; the one before it ends there. Ids are keys of rows.</summary>
public sealed record AgreementVersion(long FromUnixSeconds, Agreement Agreement, long Id = 0);

/// <summary>A tariff and the second it takes effect; the one before it ends there.</summary>
public sealed record TariffVersion(long FromUnixSeconds, Tariff Tariff, long Id = 0);
