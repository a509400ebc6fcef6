using System.Globalization;
using System.Text;

namespace DePin.Tools.Label;

/// <summary>A drawing somewhere on a page. Millimetres from the top left corner.</summary>
internal sealed record Placed(double X, double Y, Drawing Drawing);

/// <summary>A page. Millimetres.</summary>
internal sealed record Page(double Width, double Height, IReadOnlyList<Placed> Drawings);

/// <summary>
/// PDF 1.4 with nothing but filled rectangles and the two standard Helveticas, not compressed: it prints alike everywhere, and anybody
/// can read what is in it.
/// </summary>
internal static class PdfFile
{
    // PDF counts in points, 72 to the inch.
    private const double Points = 72 / 25.4;
    private const int FirstPage = 5;

    public static byte[] Write(IReadOnlyList<Page> pages)
    {
        var file = new StringBuilder("%PDF-1.4\n");
        List<int> offsets = [];
        void Add(string content)
        {
            offsets.Add(file.Length);
            file.Append(CultureInfo.InvariantCulture, $"{offsets.Count} 0 obj\n{content}\nendobj\n");
        }

        Add("<< /Type /Catalog /Pages 2 0 R >>");
        Add($"<< /Type /Pages /Count {pages.Count} /Kids [{string.Join(' ', pages.Select((_, i) => $"{FirstPage + (2 * i)} 0 R"))}] >>");
        Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
        Add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>");
        foreach (Page page in pages)
        {
            string content = Content(page);
            Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {Number(page.Width * Points)} {Number(page.Height * Points)}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {offsets.Count + 2} 0 R >>");
            Add($"<< /Length {content.Length} >>\nstream\n{content}\nendstream");
        }

        int table = file.Length;
        file.Append($"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (int offset in offsets)
        {
            file.Append(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        }

        file.Append($"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(file.ToString());
    }

    private static string Content(Page page)
    {
        var content = new StringBuilder();
        void Rectangle(double x, double y, double width, double height) =>
            content.Append($"{Number(x * Points)} {Number((page.Height - y - height) * Points)} {Number(width * Points)} {Number(height * Points)} re\n");

        foreach ((double x, double y, Drawing drawing) in page.Drawings)
        {
            if (drawing.Qr is { } qr)
            {
                double left = x + qr.X + (QrSymbol.QuietModules * qr.Module), top = y + qr.Y + (QrSymbol.QuietModules * qr.Module);
                foreach ((int column, int row, int length) in qr.Symbol.Runs())
                {
                    Rectangle(left + (column * qr.Module), top + (row * qr.Module), length * qr.Module, qr.Module);
                }

                content.Append("f\n");
            }

            foreach (Bar bar in drawing.Bars)
            {
                Rectangle(x + bar.X, y + bar.Y, bar.Width, bar.Height);
                content.Append("f\n");
            }

            foreach (TextLine text in drawing.Texts)
            {
                content.Append($"BT /{(text.IsBold ? "F2" : "F1")} {Number(text.FittingSize * Points)} Tf {Number((x + text.X) * Points)} {Number((page.Height - y - text.Baseline) * Points)} Td ({Escape(text.Words)}) Tj ET\n");
            }
        }

        return content.ToString();
    }

    private static string Escape(string text) => text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("(", @"\(", StringComparison.Ordinal).Replace(")", @"\)", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
