namespace DePin.Fleet.Overview;

/// <summary>Energy over time as plots take it: rows of the same length, energies in Wh, null where nothing is known.</summary>
/// <param name="From">When each span begins, Unix seconds.</param>
/// <param name="Harvested">From the panels.</param>
/// <param name="Delivered">To people.</param>
/// <param name="Imported">From a grid.</param>
/// <param name="Percent">Charge of a node's battery at the end of each span, or the fleet's availability.</param>
internal sealed record EnergyView(IReadOnlyList<long> From, IReadOnlyList<double?> Harvested, IReadOnlyList<double?> Delivered, IReadOnlyList<double?> Imported, IReadOnlyList<double?> Percent)
{
    private const long SecondsPerDay = 86_400;
    private const double MilliwattHours = 1000;

    /// <summary>Of a node. A span without a reading is a gap, not a zero.</summary>
    public static EnergyView OfNode(IReadOnlyList<EnergySpan> spans, long spanSeconds) => Of(spans, spanSeconds, span => span.BatteryPermille / 10.0);

    /// <summary>Of the fleet: the percent are those of the time that paired nodes were to serve, up to now.</summary>
    public static EnergyView OfFleet(IReadOnlyList<EnergySpan> spans, IReadOnlyList<(long Day, long More)> pairings, long spanSeconds, long nowUnixSeconds)
    {
        int next = 0;
        long paired = 0;
        return Of(spans, spanSeconds, span =>
        {
            // A node that was paired on a day is expected from the next one on.
            while (next < pairings.Count && (pairings[next].Day + 1) * SecondsPerDay <= span.FromUnixSeconds)
            {
                paired += pairings[next++].More;
            }

            long expected = paired * Math.Min(spanSeconds, nowUnixSeconds - span.FromUnixSeconds);
            return expected <= 0 ? null : Math.Min(100, 100.0 * span.ServedSeconds / expected);
        });
    }

    private static EnergyView Of(IReadOnlyList<EnergySpan> spans, long spanSeconds, Func<EnergySpan, double?> percent)
    {
        var from = new List<long>();
        var harvested = new List<double?>();
        var delivered = new List<double?>();
        var imported = new List<double?>();
        var percents = new List<double?>();
        void Add(long at, double? h, double? d, double? i, double? p)
        {
            from.Add(at);
            harvested.Add(h);
            delivered.Add(d);
            imported.Add(i);
            percents.Add(p);
        }

        for (int i = 0; i < spans.Count; i++)
        {
            EnergySpan span = spans[i];
            if (i > 0 && span.FromUnixSeconds > from[^1] + spanSeconds)
            {
                Add(from[^1] + spanSeconds, null, null, null, null);
            }

            Add(span.FromUnixSeconds, span.HarvestedMilliwattHours / MilliwattHours, span.DeliveredMilliwattHours / MilliwattHours, span.ImportedMilliwattHours / MilliwattHours, percent(span) is { } value ? Math.Round(value, 1) : null);
        }

        return new EnergyView(from, harvested, delivered, imported, percents);
    }
}
