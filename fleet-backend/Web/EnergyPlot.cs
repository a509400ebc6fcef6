using System.Text;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Web;

/// <summary>The last 24 hours as a picture: bars for energy delivered, a line for energy harvested, per quarter of an hour.</summary>
internal static class EnergyPlot
{
    private const int Quarters = 96;
    private const int Width = 960, Height = 260, Left = 64, Right = 12, Top = 28, Bottom = 30;

    /// <summary>An SVG element; energies are mWh, the axis is in Wh.</summary>
    public static string Draw(IReadOnlyList<EnergyQuarter> energy, long lastQuarter)
    {
        long first = lastQuarter - Quarters + 1;
        var harvested = new double[Quarters];
        var delivered = new double[Quarters];
        foreach (EnergyQuarter part in energy.Where(part => part.Quarter >= first && part.Quarter <= lastQuarter))
        {
            harvested[part.Quarter - first] = part.HarvestedMilliwattHours / 1000.0;
            delivered[part.Quarter - first] = part.DeliveredMilliwattHours / 1000.0;
        }

        double top = RoundUp(Math.Max(harvested.Max(), delivered.Max()));
        double step = (Width - Left - Right) / (double)Quarters;
        double Y(double wattHours) => Height - Bottom - wattHours / top * (Height - Top - Bottom);
        var svg = new StringBuilder();
        svg.Append($"<svg class=\"plot\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Energy of the last 24 hours: {delivered.Sum():0.#} Wh delivered, {harvested.Sum():0.#} Wh harvested\">");
        svg.Append($"<text x=\"{Left}\" y=\"16\">Wh per quarter of an hour</text>");
        svg.Append($"<rect class=\"delivered\" x=\"{Width - 430}\" y=\"6\" width=\"12\" height=\"12\"/><text x=\"{Width - 410}\" y=\"16\">delivered</text>");
        svg.Append($"<rect class=\"key-harvested\" x=\"{Width - 200}\" y=\"10\" width=\"12\" height=\"3\"/><text x=\"{Width - 180}\" y=\"16\">harvested</text>");
        for (int i = 0; i <= 4; i++)
        {
            double value = top * i / 4;
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\"/>");
            svg.Append($"<text x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.###}</text>");
        }

        for (int i = 0; i < Quarters; i++)
        {
            if (delivered[i] > 0)
            {
                svg.Append($"<rect class=\"delivered\" x=\"{Left + i * step + 1:0.#}\" y=\"{Y(delivered[i]):0.#}\" width=\"{step - 2:0.#}\" height=\"{Height - Bottom - Y(delivered[i]):0.#}\"/>");
            }

            long seconds = (first + i) * 900;
            if (seconds % 10_800 == 0)
            {
                svg.Append($"<text x=\"{Left + i * step:0.#}\" y=\"{Height - 10}\" text-anchor=\"middle\">{seconds % 86_400 / 3600:00}:00</text>");
            }
        }

        svg.Append("<polyline class=\"harvested\" points=\"");
        for (int i = 0; i < Quarters; i++)
        {
            svg.Append($"{Left + (i + 0.5) * step:0.#},{Y(harvested[i]):0.#} ");
        }

        return svg.Append("\"/></svg>").ToString();
    }

    // 1, 2 or 5 times a power of ten, so that the axis has plain numbers.
    private static double RoundUp(double value)
    {
        if (value <= 0)
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        double first = value / power;
        return (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10) * power;
    }
}
