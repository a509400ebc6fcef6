using System.Globalization;
using System.Resources;

namespace DePin.Fleet.Pairing;

/// <summary>The words of the pairing pages; they stand in PairWords.resx, ready for other languages.</summary>
internal static class PairWords
{
    private static readonly ResourceManager Words = new("DePin.Fleet.Pairing.PairWords", typeof(PairWords).Assembly);

    /// <summary>The words of this name.</summary>
    /// <exception cref="MissingManifestResourceException">There are none.</exception>
    public static string Of(string name) => Words.GetString(name, CultureInfo.CurrentUICulture) ?? throw new MissingManifestResourceException($"PairWords.resx has no '{name}'.");

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => string.Format(CultureInfo.InvariantCulture, Of(name), values);
}
