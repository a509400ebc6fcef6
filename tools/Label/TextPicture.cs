using System.Text;

namespace DePin.Tools.Label;

/// <summary>
/// A label in half-block characters for a terminal, two rows of modules to a line. Light modules are drawn and dark ones left out, since
/// most terminals are dark; on a light one scanners read it inverted.
/// </summary>
internal static class TextPicture
{
    public static string Write(UnitLabel label)
    {
        QrSymbol symbol = QrSymbol.Of(label.Address);
        var text = new StringBuilder();
        int end = symbol.Side + QrSymbol.QuietModules;
        for (int row = -QrSymbol.QuietModules; row < end; row += 2)
        {
            for (int column = -QrSymbol.QuietModules; column < end; column++)
            {
                // The side with its quiet zone is odd: the last half line lies outside.
                bool isUpper = !symbol.IsDark(column, row);
                bool isLower = row + 1 < end && !symbol.IsDark(column, row + 1);
                text.Append((isUpper, isLower) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => ' ' });
            }

            text.Append('\n');
        }

        return text.Append($"node     {label.Node.ToReadable()}\nclaim    {label.Claim.ToReadable()}\nprofile  {label.Profile}\n").ToString();
    }

    /// <summary>The light codes below the label.</summary>
    public static string WriteBack() =>
        "the light says\n" + string.Concat(LightCodes.All.Select(code => $"  {code.Sign,-12} {code.Meaning}\n")) + $"  {LightCodes.Button}\n";
}
