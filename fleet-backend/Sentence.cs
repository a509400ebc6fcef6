using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace DePin.Fleet;

/// <summary>
/// What was decided or refused, in words: a sentence with places, and what stands in them, be it another such sentence. Stored apart, so that it can
/// be told in another language; a translation stands in Sentences.*.resx under the English sentence. In JSON it is English.
/// </summary>
[JsonConverter(typeof(InEnglish))]
public sealed partial class Sentence
{
    private static readonly Words Words = new("DePin.Fleet.Sentences");

    private readonly FormattableString? _sentence;
    private readonly string? _stored;

    private Sentence(FormattableString? sentence, string? stored)
    {
        _sentence = sentence;
        _stored = stored;
    }

    /// <summary>As it is stored: a JSON array of the sentence and what stands in its places; of plain words the words.</summary>
    public string Stored => _stored ?? Parts(_sentence!).ToJsonString(JsonSerializerOptions.Default);

    /// <summary>An interpolated sentence. Taken apart when it is asked for: of most figures only the first of a run is.</summary>
    public static Sentence Of(FormattableString sentence) => new(sentence, null);

    /// <summary>A sentence as it was stored, or plain words, which are the same in every language.</summary>
    public static Sentence OfStored(string stored) => new(null, stored);

    /// <summary>A stored sentence in the language of the request, English where it is not translated; null for null.</summary>
    public static string? Read(string? stored) => Read(stored, Language.Present);

    /// <summary>The sentence in the language of the request.</summary>
    public string Told() => Read(Stored)!;

    /// <summary>The sentence in English.</summary>
    public override string ToString() => Read(Stored, Language.English)!;

    /// <summary>The same in a language, whoever asks: what is kept or published is English.</summary>
    internal static string? Read(string? stored, Language language) => stored is null ? null : PartsOf(stored) is { } parts ? Read(parts, language) : stored;

    private static string Read(JsonNode part, Language language)
    {
        if (part is not JsonArray parts)
        {
            return (string)part!;
        }

        string sentence = (string)parts[0]!;
        return Place().Replace(Words.Find(sentence, language) ?? sentence, place =>
            int.TryParse(place.Groups["number"].Value, CultureInfo.InvariantCulture, out int number) && number < parts.Count - 1 ? Read(parts[number + 1]!, language) : place.Value);
    }

    // What people write may begin with a bracket too: only what is made of texts alone is a sentence.
    private static JsonArray? PartsOf(string stored)
    {
        if (!stored.StartsWith("[\"", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(stored) is JsonArray parts && IsSentence(parts) ? parts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsSentence(JsonArray parts) => parts.Count > 0 && parts[0]?.GetValueKind() == JsonValueKind.String
        && parts.All(part => part is JsonArray inner ? IsSentence(inner) : part?.GetValueKind() == JsonValueKind.String);

    private static JsonArray Parts(FormattableString sentence)
    {
        // Each value is written once, by its own format; the sentence keeps numbered places for them.
        var values = new List<JsonNode?>();
        string template = Place().Replace(sentence.Format, place =>
        {
            object? value = sentence.GetArgument(int.Parse(place.Groups["number"].Value, CultureInfo.InvariantCulture));
            values.Add(value is Sentence inner
                ? inner._stored is { } stored ? PartsOf(stored) ?? (JsonNode)stored : Parts(inner._sentence!)
                : string.Format(CultureInfo.InvariantCulture, "{0" + place.Groups["format"].Value + "}", value));
            return $"{{{values.Count - 1}}}";
        });
        return [template, .. values];
    }

    [GeneratedRegex(@"\{(?<number>[0-9]+)(?<format>[^}]*)\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Place();

    /// <summary>Writes it for programs.</summary>
    private sealed class InEnglish : JsonConverter<Sentence>
    {
        /// <inheritdoc />
        public override Sentence Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => OfStored(reader.GetString()!);

        /// <inheritdoc />
        public override void Write(Utf8JsonWriter writer, Sentence value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
