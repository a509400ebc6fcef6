namespace DePin.Tools.Label;

/// <summary>
/// A drawing in the dots of a printer: what PNG and ZPL hold. QR modules and letters are whole numbers of dots, so nothing is blurred.
/// </summary>
internal sealed class DotPicture
{
    private readonly byte[] _rows;

    private DotPicture(int width, int height)
    {
        Width = width;
        Height = height;
        BytesPerRow = (width + 7) / 8;
        _rows = new byte[BytesPerRow * height];
    }

    /// <summary>Dots from left to right.</summary>
    public int Width { get; }

    /// <summary>Dots from top to bottom.</summary>
    public int Height { get; }

    /// <summary>Bytes of one row.</summary>
    public int BytesPerRow { get; }

    /// <summary>Row after row, the leftmost dot in the highest bit; 1 is black.</summary>
    public ReadOnlySpan<byte> Rows => _rows;

    /// <summary>Draws at a number of dots to the millimetre.</summary>
    /// <exception cref="CommandException">A module of the QR code would be under two dots, which printers smear.</exception>
    public static DotPicture Of(Drawing drawing, double dotsPerMillimetre)
    {
        int Dots(double millimetres) => (int)Math.Round(millimetres * dotsPerMillimetre);
        var picture = new DotPicture(Dots(drawing.Width), Dots(drawing.Height));
        if (drawing.Qr is { } qr)
        {
            int room = Dots(qr.Side);
            int module = room / qr.Symbol.SideWithQuiet;
            if (module < 2)
            {
                throw CommandException.WrongInput("At these dots per inch a module of the QR code would be smaller than two dots: choose a larger --size or --dpi; no label was made.");
            }

            int shift = ((room - (module * qr.Symbol.SideWithQuiet)) / 2) + (QrSymbol.QuietModules * module);
            foreach ((int column, int row, int length) in qr.Symbol.Runs())
            {
                picture.Fill(Dots(qr.X) + shift + (column * module), Dots(qr.Y) + shift + (row * module), length * module, module);
            }
        }

        foreach (Bar bar in drawing.Bars)
        {
            picture.Fill(Dots(bar.X), Dots(bar.Y), Dots(bar.Width), Math.Max(1, Dots(bar.Height)));
        }

        // Lines of one size stay alike: the one that needs the most room decides for all of them.
        foreach (IGrouping<double, TextLine> alike in drawing.Texts.GroupBy(text => text.Size))
        {
            // Capitals are 0.72 of Helvetica's size.
            int wished = (int)Math.Round(alike.Key * 0.72 * dotsPerMillimetre / DotFont.Rows);
            int fitting = alike.Min(text => (int)(text.MostWidth * dotsPerMillimetre / ((DotFont.Advance * text.Words.Length) - 1)));
            foreach (TextLine text in alike)
            {
                picture.Write(text.Words, Dots(text.X), Dots(text.Baseline), Math.Max(1, Math.Min(wished, fitting)), text.IsBold);
            }
        }

        return picture;
    }

    private void Write(string words, int x, int baseline, int dot, bool isBold)
    {
        // Bold is one printer dot wider where a letter's dot has three or more.
        int width = isBold && dot >= 3 ? dot + 1 : dot;
        for (int i = 0; i < words.Length; i++)
        {
            for (int column = 0; column < DotFont.Columns; column++)
            {
                for (int row = 0; row <= DotFont.Rows; row++)
                {
                    if (DotFont.IsSet(words[i], column, row))
                    {
                        Fill(x + (((i * DotFont.Advance) + column) * dot), baseline + ((row - DotFont.Rows) * dot), width, dot);
                    }
                }
            }
        }
    }

    private void Fill(int x, int y, int width, int height)
    {
        for (int row = Math.Max(0, y); row < Math.Min(Height, y + height); row++)
        {
            for (int column = Math.Max(0, x); column < Math.Min(Width, x + width); column++)
            {
                _rows[(row * BytesPerRow) + (column / 8)] |= (byte)(0x80 >> (column % 8));
            }
        }
    }
}
