namespace DePin.Tools.Label;

/// <summary>Lays out the two sides of a label.</summary>
internal static class LabelSides
{
    /// <summary>Millimetres of the smallest module that cheap phones read from the length of a forearm.</summary>
    private const double LeastModule = 0.33;

    private const double Margin = 1.5;

    /// <summary>QR code and text: beside each other on a wide label, else the text below.</summary>
    /// <exception cref="CommandException">The code's modules would be too small to be read.</exception>
    public static Drawing Front(UnitLabel label, LabelSize size)
    {
        QrSymbol symbol = QrSymbol.Of(label.Address);
        bool isWide = size.Width >= 1.4 * size.Height;
        Drawing drawing = isWide ? Wide(label, size, symbol) : Tall(label, size, symbol);
        return drawing.Qr!.Module >= LeastModule
            ? drawing
            : throw CommandException.WrongInput($"A label of {size.Width:0.#} x {size.Height:0.#} mm is too small for an address of {label.Address.Length} characters: phones could not read it. Choose a larger --size or a shorter --host; no label was made.");
    }

    /// <summary>What the light says; the same for every node.</summary>
    public static Drawing Back(LabelSize size)
    {
        double room = size.Width - (2 * Margin);
        bool isWide = size.Width >= 1.4 * size.Height;
        // On a wide label sign and meaning share a line, else the meaning stands below its sign.
        double column = isWide ? room * 0.3 : 1;
        int rows = (LightCodes.All.Count * (isWide ? 1 : 2)) + 2;
        double step = (size.Height - Margin) / rows;
        double letters = step * 0.9;
        List<TextLine> texts = [];
        void Add(int row, double indent, double width, string words, bool isBold) => texts.Add(new(Margin + indent, (row + 1) * step, letters, width, words, isBold));

        Add(0, 0, room, "THE LIGHT SAYS", isBold: true);
        for (int i = 0; i < LightCodes.All.Count; i++)
        {
            (string sign, string meaning) = LightCodes.All[i];
            int row = 1 + (isWide ? i : 2 * i);
            Add(row, 0, isWide ? column : room, sign, isBold: true);
            Add(isWide ? row : row + 1, column, room - column, meaning, isBold: false);
        }

        Add(rows - 1, 0, room, LightCodes.Button, isBold: false);
        // One size for all lines, that of the one which needs the most room.
        double fitting = texts.Min(text => text.FittingSize);
        return new Drawing(size.Width, size.Height, null, [.. texts.Select(text => text with { Size = fitting })], []);
    }

    private static Drawing Wide(UnitLabel label, LabelSize size, QrSymbol symbol)
    {
        double side = size.Height - (2 * Margin);
        double x = side + Margin;
        double room = size.Width - x - 1;
        double letters = Math.Min(size.Height / 9.4, room / 6.2);
        (string[] node, string[] claim) = (Halves(label.Node.ToReadable()), Halves(label.Claim.ToReadable()));
        double unit = size.Height / 30;
        TextLine Caption(double y, string words) => new(x, y * unit, letters * 0.58, room, words, IsBold: false);
        TextLine Strong(double y, string words) => new(x, y * unit, letters, room, words, IsBold: true);
        return new Drawing(
            size.Width,
            size.Height,
            new QrPlace(0.5, Margin, side, symbol),
            [
                Caption(4.6, "NODE"), Strong(8.2, node[0]), Strong(11.8, node[1]),
                Caption(15.8, "CLAIM"), Strong(19.4, claim[0]), Strong(23, claim[1]),
                new(x, 26.9 * unit, letters * 0.72, room, label.Profile, IsBold: false),
            ],
            []);
    }

    private static Drawing Tall(UnitLabel label, LabelSize size, QrSymbol symbol)
    {
        double room = size.Width - (2 * Margin);
        double below = Math.Max(size.Height - size.Width, size.Height * 0.36);
        double side = Math.Min(size.Width, size.Height - below);
        double step = (below - 1) / 5.6;
        double letters = Math.Min(step * 1.1, room / 6.2);
        TextLine Row(double row, string words) => new(Margin, side + (row * step), letters, room, words, IsBold: true);
        (string[] node, string[] claim) = (Halves(label.Node.ToReadable()), Halves(label.Claim.ToReadable()));
        return new Drawing(
            size.Width,
            size.Height,
            new QrPlace((size.Width - side) / 2, 0, side, symbol),
            [Row(0.8, node[0]), Row(1.9, node[1]), Row(3.2, claim[0]), Row(4.3, claim[1]), Row(5.4, label.Profile) with { Size = letters * 0.72, IsBold = false }],
            []);
    }

    // KX4M-7Q2P-9ABC-DEFG on two lines.
    private static string[] Halves(string readable) => [readable[..9], readable[10..]];
}
