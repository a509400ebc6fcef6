using System.Globalization;

namespace DePin.Tools.Label;

/// <summary>A sheet of labels. Millimetres; the pitch is from one label's left (top) edge to the next one's.</summary>
internal sealed record Sheet(int Columns, int Rows, double Left, double Top, double PitchX, double PitchY)
{
    public const double Width = 210;
    public const double Height = 297;

    public int Labels => Columns * Rows;
}

/// <summary>How large a label is, and on what sheet it stands, if on one. Millimetres.</summary>
internal sealed record LabelSize(double Width, double Height, Sheet? Sheet)
{
    /// <summary>A common roll for label printers.</summary>
    public static readonly LabelSize Roll = new(50, 30, null);

    // 21 labels of 63.5 x 38.1 mm, the most common sheet of A4 labels.
    private static readonly LabelSize CommonSheet = new(63.5, 38.1, new Sheet(3, 7, 7.21, 15.15, 66.04, 38.1));

    private const double SheetMargin = 8;
    private const int LeastWidth = 25;
    private const int LeastHeight = 20;
    private const int MostSide = 150;

    /// <summary>Reads 50x30, a4 or a4:COLUMNSxROWS; null when it is none of them or out of bounds.</summary>
    public static LabelSize? Parse(string text)
    {
        if (text == "a4")
        {
            return CommonSheet;
        }

        bool isSheet = text.StartsWith("a4:", StringComparison.Ordinal);
        string[] parts = (isSheet ? text[3..] : text).Split('x');
        if (parts.Length != 2 || !TryNumber(parts[0], out int first) || !TryNumber(parts[1], out int second))
        {
            return null;
        }

        if (isSheet)
        {
            // More would be smaller than the least label; none would divide by zero.
            return first is >= 1 and <= 7 && second is >= 1 and <= 14 ? OnSheet(first, second) : null;
        }

        return first is >= LeastWidth and <= MostSide && second is >= LeastHeight and <= MostSide ? new LabelSize(first, second, null) : null;
    }

    /// <summary>What <see cref="Parse"/> takes, for people.</summary>
    public static string Forms => $"WIDTHxHEIGHT in millimetres ({LeastWidth}x{LeastHeight} to {MostSide}x{MostSide}), a4 (3x7 labels of 63.5 x 38.1 mm) or a4:COLUMNSxROWS (1x1 to 7x14)";

    // Labels without gaps between them, to be cut.
    private static LabelSize OnSheet(int columns, int rows)
    {
        double width = (Sheet.Width - (2 * SheetMargin)) / columns;
        double height = (Sheet.Height - (2 * SheetMargin)) / rows;
        return new LabelSize(width, height, new Sheet(columns, rows, SheetMargin, SheetMargin, width, height));
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, null, out number);
}
