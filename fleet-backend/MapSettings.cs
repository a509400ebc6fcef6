namespace DePin.Fleet;

/// <summary>What maps are drawn on. Without anything here it is the outline of the world's countries, which comes with this program.</summary>
public sealed record MapSettings
{
    private const int MostLetters = 300;

    /// <summary>Address of a server of tiles with {z}, {x} and {y} in it, such as https://tiles.example/{z}/{x}/{y}.png; null for none. Browsers then load pictures from there too.</summary>
    public string? Tiles { get; init; }

    /// <summary>Whose tiles these are, as their terms ask for it.</summary>
    public string Attribution { get; init; } = "";

    /// <summary>Where tiles come from, as a policy for browsers names it; null for none.</summary>
    internal string? Origin => Tiles is null ? null : new Uri(Example(Tiles)).GetLeftPart(UriPartial.Authority);

    /// <summary>What is wrong with them, or null.</summary>
    internal string? Problem() =>
        Tiles is not null && (Tiles.Length > MostLetters || !((string[])["{z}", "{x}", "{y}"]).All(part => Tiles.Contains(part, StringComparison.Ordinal)) || !IsAddress(Example(Tiles)))
            ? "map.tiles must be an https address (http on this machine) with {z}, {x} and {y} after the host."
        : Attribution.Length > MostLetters || Attribution.Any(char.IsControl) ? $"map.attribution must have at most {MostLetters} printable characters."
        : null;

    private static string Example(string tiles) => tiles.Replace("{z}", "1", StringComparison.Ordinal).Replace("{x}", "1", StringComparison.Ordinal).Replace("{y}", "1", StringComparison.Ordinal);

    // The host goes into a header: it has no place for anything but a host.
    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) && address.UserInfo.Length == 0
        && address.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 && address.Host.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-')
        && !text.Any(letter => letter is '{' or '}' or '"' or '\'' or '<' or '>' or ' ');
}
