namespace DePin.Tools.Label;

/// <summary>A line of text. Millimetres; the origin is the top left corner.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Baseline">What the letters stand on.</param>
/// <param name="Size">Size of the letters (em) as wished; smaller where the text is wider than <paramref name="MostWidth"/>.</param>
/// <param name="MostWidth">Room.</param>
/// <param name="Words">Printable ASCII.</param>
/// <param name="IsBold">Whether it is bold.</param>
internal sealed record TextLine(double X, double Baseline, double Size, double MostWidth, string Words, bool IsBold)
{
    /// <summary>The size at which it fits in Helvetica.</summary>
    public double FittingSize => Math.Min(Size, MostWidth / Helvetica.Width(Words, IsBold));
}

/// <summary>A QR code in a square that includes its quiet zone. Millimetres.</summary>
internal sealed record QrPlace(double X, double Y, double Side, QrSymbol Symbol)
{
    /// <summary>Side of one module.</summary>
    public double Module => Side / Symbol.SideWithQuiet;
}

/// <summary>A filled black rectangle. Millimetres.</summary>
internal sealed record Bar(double X, double Y, double Width, double Height);

/// <summary>One side of a label, before it becomes SVG, PDF or dots. Millimetres.</summary>
internal sealed record Drawing(double Width, double Height, QrPlace? Qr, IReadOnlyList<TextLine> Texts, IReadOnlyList<Bar> Bars)
{
    /// <summary>This side with another one below it and a line to fold along: for formats that hold one picture.</summary>
    public Drawing Above(Drawing other) => this with
    {
        Height = Height + other.Height,
        Texts = [.. Texts, .. other.Texts.Select(text => text with { Baseline = text.Baseline + Height })],
        Bars = [.. Bars, new Bar(0, Height - 0.06, Width, 0.12), .. other.Bars.Select(bar => bar with { Y = bar.Y + Height })],
    };
}
