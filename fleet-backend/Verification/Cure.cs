using System.Globalization;
using System.Resources;

namespace DePin.Fleet.Verification;

/// <summary>What a person is told beside a verdict's name; the words stand in Explanations.resx, ready for other languages.</summary>
public static class Cure
{
    private static readonly ResourceManager Words = new("DePin.Fleet.Verification.Explanations", typeof(Cure).Assembly);

    /// <summary>What would cure it, in one sentence.</summary>
    public static string Of(VerdictName name, CultureInfo? language = null) => Word($"{name}.Cure", language);

    /// <summary>What the name means, in one sentence.</summary>
    public static string Meaning(VerdictName name, CultureInfo? language = null) => Word($"{name}.Means", language);

    private static string Word(string key, CultureInfo? language) =>
        Words.GetString(key, language ?? CultureInfo.InvariantCulture) ?? throw new ArgumentOutOfRangeException(nameof(key), key, "there are no words for this name");
}
