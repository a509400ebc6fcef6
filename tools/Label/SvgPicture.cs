using System.Globalization;
using System.Security;
using System.Text;

namespace DePin.Tools.Label;

/// <summary>A drawing as SVG, one user unit to the millimetre. Lines of text are set to the width of Helvetica, whatever font the viewer has.</summary>
internal static class SvgPicture
{
    public static string Write(Drawing drawing)
    {
        var svg = new StringBuilder();
        string width = Number(drawing.Width), height = Number(drawing.Height);
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n");
        svg.Append($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n");
        if (drawing.Qr is { } qr)
        {
            // Whole modules in their own scale: no rounding can open a gap between two of them.
            int quiet = QrSymbol.QuietModules;
            svg.Append($"<path transform=\"translate({Number(qr.X)} {Number(qr.Y)}) scale({Number(qr.Module)})\" shape-rendering=\"crispEdges\" d=\"");
            foreach ((int column, int row, int length) in qr.Symbol.Runs())
            {
                svg.Append(CultureInfo.InvariantCulture, $"M{column + quiet} {row + quiet}h{length}v1h-{length}z");
            }

            svg.Append("\"/>\n");
        }

        foreach (Bar bar in drawing.Bars)
        {
            svg.Append($"<rect x=\"{Number(bar.X)}\" y=\"{Number(bar.Y)}\" width=\"{Number(bar.Width)}\" height=\"{Number(bar.Height)}\"/>\n");
        }

        foreach (TextLine text in drawing.Texts)
        {
            string weight = text.IsBold ? " font-weight=\"bold\"" : "";
            double length = text.FittingSize * Helvetica.Width(text.Words, text.IsBold);
            svg.Append($"<text x=\"{Number(text.X)}\" y=\"{Number(text.Baseline)}\" font-size=\"{Number(text.FittingSize)}\"{weight} textLength=\"{Number(length)}\" lengthAdjust=\"spacingAndGlyphs\">{SecurityElement.Escape(text.Words)}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
