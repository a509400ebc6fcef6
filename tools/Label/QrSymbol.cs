using QRCoder;

namespace DePin.Tools.Label;

/// <summary>The modules of a label's QR code without its quiet zone: alphanumeric mode, error correction M, upright.</summary>
internal sealed class QrSymbol
{
    /// <summary>Light modules that the standard wants on each side.</summary>
    public const int QuietModules = 4;

    private const string Alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    private readonly bool[,] _isDark;

    private QrSymbol(bool[,] isDark) => _isDark = isDark;

    /// <summary>Modules of one side: 29 hold 61 characters, 33 hold 90, 37 hold 122.</summary>
    public int Side => _isDark.GetLength(0);

    /// <summary>Modules of one side with the quiet zone.</summary>
    public int SideWithQuiet => Side + (2 * QuietModules);

    /// <summary>Whether a module is dark; outside of the symbol none is.</summary>
    public bool IsDark(int column, int row) => column >= 0 && row >= 0 && column < Side && row < Side && _isDark[column, row];

    /// <summary>The symbol for an address.</summary>
    /// <exception cref="ArgumentException">A character is outside of the alphanumeric mode: the code would grow by half and nobody would notice.</exception>
    public static QrSymbol Of(string address)
    {
        if (!address.All(Alphanumeric.Contains))
        {
            throw new ArgumentException("a label's address has only characters of QR's alphanumeric mode");
        }

        using QRCodeData data = QRCodeGenerator.GenerateQrCode(address, QRCodeGenerator.ECCLevel.M);
        int side = data.ModuleMatrix.Count - (2 * QuietModules);
        var isDark = new bool[side, side];
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                isDark[column, row] = data.ModuleMatrix[row + QuietModules][column + QuietModules];
            }
        }

        return new QrSymbol(isDark);
    }

    /// <summary>The dark modules as horizontal runs: first column, row, length. Merged, so that no hairline shows between modules.</summary>
    public IEnumerable<(int Column, int Row, int Length)> Runs()
    {
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                int first = column;
                while (IsDark(column, row))
                {
                    column++;
                }

                if (column > first)
                {
                    yield return (first, row, column - first);
                }
            }
        }
    }
}
