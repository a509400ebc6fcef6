using System.Text;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Web;

/// <summary>
/// The last 24 hours as a picture: bars for energy delivered, a line for energy harvested. Drawn twice, in quarters of an hour for wide
/// screens and in hours for narrow ones; the style sheet shows one of them.
/// </summary>
internal static class EnergyPlot
{
    private const int QuartersPerDay = 96, QuartersPerHour = 4, SecondsPerQuarter = 900, HoursPerDay = 24;
    private const int Left = 56, Right = 12, Top = 32, Bottom = 30;

    // Tops whose quarters are plain numbers too.
    private static readonly double[] PlainTops = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10];

    /// <summary>Two SVG elements; energies come in mWh, the axis is in Wh.</summary>
    public static string Draw(IReadOnlyList<EnergyQuarter> energy, long lastQuarter)
    {
        long endHour = lastQuarter / QuartersPerHour + 1;
        return Draw(Bins.Of(energy, lastQuarter - QuartersPerDay + 1, QuartersPerDay, 1), "wide", 960, 260, WebWords.Html("Plot.Quarter"), 3)
            + Draw(Bins.Of(energy, (endHour - HoursPerDay) * QuartersPerHour, HoursPerDay, QuartersPerHour), "narrow", 380, 240, WebWords.Html("Plot.Hour"), 6);
    }

    private static string Draw(Bins bins, string kind, int width, int height, string title, int hoursPerLabel)
    {
        double top = RoundUp(Math.Max(bins.Harvested.Max(), bins.Delivered.Max()));
        double step = (width - Left - Right) / (double)bins.Count;
        double Y(double wattHours) => height - Bottom - wattHours / top * (height - Top - Bottom);
        double X(double bin) => Left + bin * step;
        var svg = new StringBuilder();
        svg.Append($"<svg class=\"plot {kind}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{WebWords.Html("Plot.Label", bins.Delivered.Sum(), bins.Harvested.Sum())}\">");
        svg.Append($"<text x=\"{Left}\" y=\"16\">{title}</text>");
        svg.Append($"<rect class=\"delivered\" x=\"{width - 176}\" y=\"6\" width=\"12\" height=\"12\"/><text x=\"{width - 160}\" y=\"16\">{WebWords.Html("Plot.Delivered")}</text>");
        svg.Append($"<rect class=\"key-harvested\" x=\"{width - 88}\" y=\"10\" width=\"12\" height=\"3\"/><text x=\"{width - 72}\" y=\"16\">{WebWords.Html("Plot.Harvested")}</text>");
        for (int i = 0; i <= 4; i++)
        {
            double value = top * i / 4;
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{width - Right}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\"/>");
            svg.Append($"<text x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.###}</text>");
        }

        for (int i = 0; i < bins.Count; i++)
        {
            if (bins.Delivered[i] > 0)
            {
                double y = Y(bins.Delivered[i]);
                svg.Append($"<rect class=\"delivered\" x=\"{X(i) + 1:0.#}\" y=\"{y:0.#}\" width=\"{step - 2:0.#}\" height=\"{height - Bottom - y:0.#}\"/>");
            }

            long seconds = bins.StartOf(i) * SecondsPerQuarter;
            if (seconds % (hoursPerLabel * 3600) == 0 && X(i) < width - 24)
            {
                svg.Append($"<text x=\"{X(i):0.#}\" y=\"{height - 10}\" text-anchor=\"middle\">{seconds % 86_400 / 3600:00}:00</text>");
            }
        }

        svg.Append("<polyline class=\"harvested\" points=\"");
        for (int i = bins.First; i <= bins.Last; i++)
        {
            svg.Append($"{X(i + 0.5):0.#},{Y(bins.Harvested[i]):0.#} ");
        }

        return svg.Append("\"/></svg>").ToString();
    }

    private static double RoundUp(double value)
    {
        if (value <= 0)
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return PlainTops.First(top => top * power >= value || top >= 10) * power;
    }

    // Energy in Wh, in equal parts of the day. First and last are the ends of what is known: a line to zero where nothing came yet would lie.
    private sealed record Bins(long FirstQuarter, int QuartersEach, double[] Harvested, double[] Delivered, int First, int Last)
    {
        public int Count => Harvested.Length;

        public static Bins Of(IReadOnlyList<EnergyQuarter> energy, long firstQuarter, int count, int quartersEach)
        {
            var harvested = new double[count];
            var delivered = new double[count];
            int first = count;
            int last = -1;
            foreach (EnergyQuarter part in energy.Where(part => part.Quarter >= firstQuarter && part.Quarter < firstQuarter + count * quartersEach))
            {
                int bin = (int)(part.Quarter - firstQuarter) / quartersEach;
                harvested[bin] += part.HarvestedMilliwattHours / 1000.0;
                delivered[bin] += part.DeliveredMilliwattHours / 1000.0;
                first = Math.Min(first, bin);
                last = Math.Max(last, bin);
            }

            return new Bins(firstQuarter, quartersEach, harvested, delivered, first, last);
        }

        public long StartOf(int bin) => FirstQuarter + bin * QuartersEach;
    }
}
