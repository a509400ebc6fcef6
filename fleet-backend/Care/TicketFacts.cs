using System.Globalization;
using System.Text.RegularExpressions;

namespace DePin.Fleet.Care;

/// <summary>The facts of a ticket, which are stored as an English sentence, in the language of the request; what is none of these sentences stays as it was written.</summary>
internal static class TicketFacts
{
    // As the watch over the fleet writes them; the words stand under the sentences.
    private static readonly (string Sentence, Regex Form)[] Known =
    [
        .. new[]
        {
            "nothing ever came",
            "the last batch came at {0}",
            "it was full and dropped the readings {0} to {1}",
            "{0} of {1} readings from sequence {2} on say so",
            "it was over three quarters full when it measured from sequence {0} on: the link was away for long",
            "{0} Wh took {1} % of its charge: it holds {2} Wh of the {3} Wh it was built with",
        }.Select(sentence => (sentence, FormOf(sentence))),
    ];

    /// <summary>The facts in the language of the request.</summary>
    public static string Read(string facts) => Read(facts, Language.Present);

    /// <summary>The same in a language.</summary>
    internal static string Read(string facts, Language language)
    {
        foreach ((string sentence, Regex form) in Known)
        {
            if (form.Match(facts) is { Success: true } match && CareWords.Find(sentence, language) is { } words)
            {
                return string.Format(CultureInfo.InvariantCulture, words, [.. match.Groups.Values.Skip(1).Select(group => group.Value)]);
            }
        }

        return facts;
    }

    private static Regex FormOf(string sentence)
    {
        string[] parts = Regex.Split(sentence, @"\{[0-9]\}", RegexOptions.NonBacktracking);
        return new Regex($@"\A{string.Join("(.+)", parts.Select(Regex.Escape))}\z", RegexOptions.NonBacktracking);
    }
}
