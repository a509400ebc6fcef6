using System.Text;

namespace DePin.Tools.Label;

/// <summary>What a label becomes.</summary>
internal enum LabelFormat
{
    /// <summary>For a terminal.</summary>
    Text,

    /// <summary>Dots, one picture a label.</summary>
    Png,

    /// <summary>Vectors, one picture a label.</summary>
    Svg,

    /// <summary>Vectors, any number of pages.</summary>
    Pdf,

    /// <summary>A job for a label printer.</summary>
    Zpl,
}

/// <summary>Which side is printed.</summary>
[Flags]
internal enum LabelSide
{
    /// <summary>QR code, node id, claim, profile.</summary>
    Front = 1,

    /// <summary>The light's codes.</summary>
    Back = 2,

    /// <summary>Both: as pages after each other, or in one picture with a line to fold.</summary>
    Both = Front | Back,
}

/// <summary>How labels are printed.</summary>
/// <param name="Format">The file's format.</param>
/// <param name="Size">Size of a label, and the sheet it stands on (PDF only).</param>
/// <param name="Side">Which sides.</param>
/// <param name="DotsPerInch">Of the printer, for PNG and ZPL: 203, 300 or 600.</param>
internal sealed record LabelOptions(LabelFormat Format, LabelSize Size, LabelSide Side, int DotsPerInch)
{
    /// <summary>A format as it is usually wanted: on a roll, both sides but on a terminal, at a label printer's or a better printer's dots.</summary>
    public static LabelOptions Usual(LabelFormat format) => new(format, LabelSize.Roll, format == LabelFormat.Text ? LabelSide.Front : LabelSide.Both, format == LabelFormat.Zpl ? 203 : 300);

    /// <summary>Dots per millimetre; printers of 203, 300 and 600 dots per inch have 8, 12 and 24.</summary>
    public double DotsPerMillimetre => Math.Round(DotsPerInch / 25.4);

    /// <summary>Whether one file holds one label only.</summary>
    public bool IsOneLabelPerFile => Format is LabelFormat.Png or LabelFormat.Svg;
}

/// <summary>Labels as the bytes of a file.</summary>
internal static class LabelFile
{
    /// <summary>The file for these labels.</summary>
    /// <exception cref="CommandException">They do not fit, or the format holds one label and there are several.</exception>
    public static byte[] Make(IReadOnlyList<UnitLabel> labels, LabelOptions options)
    {
        if (options.IsOneLabelPerFile && labels.Count != 1)
        {
            throw CommandException.WrongInput($"A {options.Format.ToString().ToLowerInvariant()} file holds one label.");
        }

        if (options.Size.Sheet is not null && options.Format != LabelFormat.Pdf)
        {
            throw CommandException.WrongInput("Sheets are for --format pdf; the others take a --size such as 50x30.");
        }

        return options.Format switch
        {
            LabelFormat.Text => Encoding.UTF8.GetBytes(Text(labels, options.Side)),
            LabelFormat.Png => PngFile.Write(DotPicture.Of(OnePicture(labels[0], options), options.DotsPerMillimetre), options.DotsPerMillimetre),
            LabelFormat.Svg => Encoding.UTF8.GetBytes(SvgPicture.Write(OnePicture(labels[0], options))),
            LabelFormat.Pdf => PdfFile.Write(Pages(labels, options)),
            _ => Encoding.ASCII.GetBytes(ZplPrint.Write(Sides(labels, options).Select(side => DotPicture.Of(side, options.DotsPerMillimetre)))),
        };
    }

    /// <summary>Writes a file, whole or not at all: whoever reads it may pair its nodes, so it is its owner's alone from its first byte on.</summary>
    public static void Store(string path, byte[] content)
    {
        string part = path + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(part, options))
        {
            file.Write(content);
        }

        File.Move(part, path, overwrite: true);
    }

    private static string Text(IReadOnlyList<UnitLabel> labels, LabelSide side)
    {
        IEnumerable<string> fronts = side.HasFlag(LabelSide.Front) ? labels.Select(TextPicture.Write) : [];
        IEnumerable<string> back = side.HasFlag(LabelSide.Back) ? [TextPicture.WriteBack()] : [];
        return string.Join('\n', fronts.Concat(back));
    }

    private static Drawing OnePicture(UnitLabel label, LabelOptions options) => options.Side switch
    {
        LabelSide.Front => LabelSides.Front(label, options.Size),
        LabelSide.Back => LabelSides.Back(options.Size),
        _ => LabelSides.Front(label, options.Size).Above(LabelSides.Back(options.Size)),
    };

    // Front and back of each label after each other, as a roll is printed and cut.
    private static IEnumerable<Drawing> Sides(IReadOnlyList<UnitLabel> labels, LabelOptions options)
    {
        foreach (UnitLabel label in labels)
        {
            if (options.Side.HasFlag(LabelSide.Front))
            {
                yield return LabelSides.Front(label, options.Size);
            }

            if (options.Side.HasFlag(LabelSide.Back))
            {
                yield return LabelSides.Back(options.Size);
            }
        }
    }

    private static IReadOnlyList<Page> Pages(IReadOnlyList<UnitLabel> labels, LabelOptions options)
    {
        (double width, double height, Sheet? sheet) = options.Size;
        if (sheet is null)
        {
            return [.. Sides(labels, options).Select(side => new Page(width, height, [new Placed(0, 0, side)]))];
        }

        List<Page> pages = [];
        foreach (UnitLabel[] some in labels.Chunk(sheet.Labels))
        {
            if (options.Side.HasFlag(LabelSide.Front))
            {
                pages.Add(Filled(sheet, some.Length, i => LabelSides.Front(some[i], options.Size), isMirrored: false));
            }

            if (options.Side.HasFlag(LabelSide.Back))
            {
                pages.Add(Filled(sheet, some.Length, _ => LabelSides.Back(options.Size), isMirrored: true));
            }
        }

        return pages;

        // A back lies behind its front when the sheet is turned over its long edge.
        Page Filled(Sheet on, int count, Func<int, Drawing> draw, bool isMirrored) => new(
            Sheet.Width,
            Sheet.Height,
            [
                .. Enumerable.Range(0, count).Select(i =>
                {
                    double x = on.Left + (i % on.Columns * on.PitchX);
                    return new Placed(isMirrored ? Sheet.Width - x - width : x, on.Top + (i / on.Columns * on.PitchY), draw(i));
                }),
            ]);
    }
}
