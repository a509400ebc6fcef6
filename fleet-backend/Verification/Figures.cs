using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DePin.Fleet.Verification;

/// <summary>
/// The figures that decided over a reading: a sentence with places, and what stands in them. Stored apart, so that the sentence can be told
/// in another language; a translation stands in Explanations.*.resx under the English sentence.
/// </summary>
public sealed partial class Figures
{
    private static readonly Words Words = new("DePin.Fleet.Verification.Explanations");

    private readonly FormattableString? _sentence;
    private readonly string? _stored;

    private Figures(FormattableString? sentence, string? stored)
    {
        _sentence = sentence;
        _stored = stored;
    }

    /// <summary>As it is stored: a JSON array of the sentence and what stands in its places.</summary>
    public string Stored => _stored ?? JsonSerializer.Serialize(Parts(_sentence!));

    /// <summary>The figures of an interpolated sentence. Taken apart when they are asked for: of most only the first of a run is.</summary>
    public static Figures Of(FormattableString sentence) => new(sentence, null);

    /// <summary>Figures as they were stored.</summary>
    public static Figures OfStored(string stored) => new(null, stored);

    /// <summary>Stored figures as a sentence in the language of the request, English where it is not translated; null for null.</summary>
    public static string? Read(string? stored) => Read(stored, Language.Present);

    /// <summary>The sentence in English.</summary>
    public override string ToString() => Read(Stored, Language.English)!;

    /// <summary>The same in a language, whoever asks: what is kept or published is English.</summary>
    internal static string? Read(string? stored, Language language)
    {
        if (stored is null || !stored.StartsWith('['))
        {
            return stored;
        }

        string[] parts = JsonSerializer.Deserialize<string[]>(stored)!;
        return string.Format(CultureInfo.InvariantCulture, Words.Find(parts[0], language) ?? parts[0], [.. parts.AsSpan(1)]);
    }

    private static string[] Parts(FormattableString sentence)
    {
        // Each value is written once, by its own format; the sentence keeps numbered places for them.
        var values = new List<string>();
        string template = Place().Replace(sentence.Format, place =>
        {
            values.Add(string.Format(CultureInfo.InvariantCulture, "{0" + place.Groups["format"].Value + "}", sentence.GetArgument(int.Parse(place.Groups["number"].Value, CultureInfo.InvariantCulture))));
            return $"{{{values.Count - 1}}}";
        });
        return [template, .. values];
    }

    [GeneratedRegex(@"\{(?<number>[0-9]+)(?<format>[^}]*)\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Place();
}
