namespace DePin.Tools.Label;

/// <summary>
/// Letters of 5 x 7 dots (7 rows and one below for descenders), from space to tilde: what a label printer prints must not hang on the fonts
/// of the machine that made it. Five columns a letter, two hex digits each, the top row in the lowest bit.
/// </summary>
internal static class DotFont
{
    /// <summary>Columns of a letter.</summary>
    public const int Columns = 5;

    /// <summary>Rows above the baseline.</summary>
    public const int Rows = 7;

    /// <summary>Columns from one letter to the next.</summary>
    public const int Advance = Columns + 1;

    private static readonly string[] Letters =
    [
        "0000000000", "00005F0000", "0007000700", "147F147F14", "242A7F2A12", "2313086462", "3649552250", "0005030000", // space to '
        "001C224100", "0041221C00", "082A1C2A08", "08083E0808", "0050300000", "0808080808", "0060600000", "2010080402", // ( to /
        "3E5149453E", "00427F4000", "4261514946", "2141454B31", "1814127F10", "2745454539", "3C4A494930", "0171090503", // 0 to 7
        "3649494936", "064949291E", "0036360000", "0056360000", "0008142241", "1414141414", "4122140800", "0201510906", // 8 to ?
        "324979413E", "7E1111117E", "7F49494936", "3E41414122", "7F4141221C", "7F49494941", "7F09090901", "3E41415132", // @ to G
        "7F0808087F", "00417F4100", "2040413F01", "7F08142241", "7F40404040", "7F0204027F", "7F0408107F", "3E4141413E", // H to O
        "7F09090906", "3E4151215E", "7F09192946", "4649494931", "01017F0101", "3F4040403F", "1F2040201F", "7F2018207F", // P to W
        "6314081463", "0304780403", "6151494543", "007F414100", "0204081020", "0041417F00", "0402010204", "4040404040", // X to _
        "0001020400", "2054545478", "7F48444438", "3844444420", "384444487F", "3854545418", "087E090102", "18A4A4A47C", // ` to g
        "7F08040478", "00447D4000", "4080847D00", "7F10284400", "00417F4000", "7C04180478", "7C08040478", "3844444438", // h to o
        "FC24242418", "18242418FC", "7C08040408", "4854545420", "043F444020", "3C4040207C", "1C2040201C", "3C4030403C", // p to w
        "4428102844", "1CA0A0A07C", "4464544C44", "0008364100", "00007F0000", "0041360800", "0804080810",               // x to ~
    ];

    /// <summary>Whether a dot of a letter is set; row 7 is the one below the baseline.</summary>
    public static bool IsSet(char letter, int column, int row) => ((Column(letter, column) >> row) & 1) != 0;

    private static int Column(char letter, int column) => Convert.ToInt32(Letters[letter - ' '].Substring(2 * column, 2), 16);
}
