using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DePin.Fleet;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Verification;
using DePin.Tests.House;
using DePin.Tests.Money;
using DePin.Tests.Support;

namespace DePin.Tests.Web;

/// <summary>French is whole: every file of words has it, nothing was left as it was, and no page shows English beside it.</summary>
public sealed partial class LanguageTests
{
    // Written the same in both languages.
    private static readonly HashSet<string> Alike =
    [
        "Site", "site", "Pages", "Verdicts", "Tickets", "Cause", "{0} UTC", "{0} min", "{0} points ± {1}",
    ];

    [Fact]
    public void Every_file_of_words_has_its_french_one_and_no_entry_was_left_in_english()
    {
        string[] english = [.. Sources.All.Where(path => path.EndsWith(".resx", StringComparison.Ordinal) && !path.EndsWith(".fr.resx", StringComparison.Ordinal))];
        Assert.True(english.Length >= 5, "there are words");
        foreach (string path in english)
        {
            Dictionary<string, string> words = Entries(path);
            Dictionary<string, string> french = Entries(path.Replace(".resx", ".fr.resx", StringComparison.Ordinal));
            Assert.Equal(words.Keys.Order(StringComparer.Ordinal), french.Keys.Order(StringComparer.Ordinal));
            Assert.Empty(words.Where(entry => french[entry.Key] == entry.Value && !Alike.Contains(entry.Value) && Place().Replace(entry.Value, "").Any(char.IsLetter)).Select(entry => $"{path}: {entry.Key} is '{entry.Value}' in both languages"));
        }
    }

    [Fact]
    public void Every_word_that_a_page_asks_for_by_its_name_is_there()
    {
        Dictionary<string, Dictionary<string, string>> files = Sources.All.Where(path => path.EndsWith("Words.resx", StringComparison.Ordinal)).ToDictionary(path => Path.GetFileNameWithoutExtension(path), Entries, StringComparer.Ordinal);
        int asked = 0;
        foreach (string path in Sources.All.Where(path => path.StartsWith("fleet-backend/", StringComparison.Ordinal) && (path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".razor", StringComparison.Ordinal))))
        {
            foreach (Match word in Asked().Matches(Sources.Text(path)))
            {
                asked++;
                Assert.True(files.TryGetValue(word.Groups["file"].Value, out Dictionary<string, string>? words), $"{path}: there is no {word.Groups["file"].Value}.resx");
                Assert.True(words.ContainsKey(word.Groups["name"].Value), $"{path}: {word.Groups["file"].Value}.resx has no '{word.Groups["name"].Value}'");
            }
        }

        Assert.True(asked > 300, $"only {asked} were found");
    }

    [Fact]
    public void Every_sentence_that_decides_or_refuses_has_its_words_and_no_other_is_kept()
    {
        Dictionary<string, string> words = Entries("fleet-backend/Sentences.resx");
        string[] templates = [.. Sources.CSharp("fleet-backend/").SelectMany(path => Said().Matches(Sources.Text(path)).Select(match => Template(match.Groups["sentence"].Value.Replace("\\\"", "\"", StringComparison.Ordinal)))).Distinct(StringComparer.Ordinal)];
        Assert.True(templates.Length > 200, $"only {templates.Length} sentences were found");
        Assert.All(Sources.CSharp("fleet-backend/"), path => Assert.Equal((path, Begun().Count(Sources.Text(path))), (path, Said().Count(Sources.Text(path)))));
        Assert.Equal(templates.Order(StringComparer.Ordinal), words.Keys.Order(StringComparer.Ordinal));
        string stored = Sentence.Of($"suspended since {"2026-03-01 10:00:00Z"}").Stored;
        Assert.Equal("suspendu depuis 2026-03-01 10:00:00Z", Sentence.Read(stored, DePin.Fleet.Language.French));
    }

    [Fact]
    public async Task No_page_shows_english_when_french_is_chosen()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        using PagesClient everything = await PagesClient.JoinedAsync(rig.Backend, "zoe", RoleNames.Together);
        Assert.Equal(HttpStatusCode.Redirect, (await everything.GetAsync("/language/fr?back=/home")).Status);
        string node = rig.Nodes[1].Id.ToString();
        var found = new List<string>();
        foreach (string path in (string[])
        [
            "/", "/home", "/money", "/money/payouts", "/money/terms", "/statement", "/statement?account=operator:njeri", "/statement?account=funders", $"/nodes/{node}/readings", "/review", "/account", "/people", "/nodes", $"/nodes/{node}", "/pair",
            "/fleet", "/rollouts", "/care", "/sign-in", "/join/none",
        ])
        {
            found.AddRange(EnglishOf((await everything.GetAsync(path)).Text).Select(words => $"{path}: {words}"));
        }

        Assert.Empty(found.Distinct(StringComparer.Ordinal));
    }

    /// <summary>English words of a page, each with what stands around it.</summary>
    internal static IEnumerable<string> EnglishOf(string page)
    {
        string text = WebUtility.HtmlDecode(Tags().Replace(page, " "));

        // What a profile is called stands in its hardware file, in English; a field of the API has one name.
        text = Fields().Replace(text, "");
        text = Profile.ByName.Values.Aggregate(text, (rest, profile) => rest.Replace(profile.Title, "", StringComparison.Ordinal));
        return English().Matches(text).Select(match => $"…{text[Math.Max(0, match.Index - 40)..Math.Min(text.Length, match.Index + 40)].Trim()}…");
    }

    // As Figures keeps it: values become numbered places.
    private static string Template(string sentence)
    {
        int places = 0;
        var template = new System.Text.StringBuilder();
        for (int i = 0; i < sentence.Length; i++)
        {
            if (sentence[i] != '{')
            {
                template.Append(sentence[i]);
                continue;
            }

            for (int depth = 1; depth > 0;)
            {
                i++;
                depth += sentence[i] switch { '{' => 1, '}' => -1, _ => 0 };
            }

            template.Append('{').Append(places++).Append('}');
        }

        return template.ToString();
    }

    private static Dictionary<string, string> Entries(string path) =>
        XDocument.Parse(Sources.Text(path)).Descendants("data").ToDictionary(entry => (string)entry.Attribute("name")!, entry => (string)entry.Element("value")!, StringComparer.Ordinal);

    // Words of English that are none in French, and that no name, id or code on these pages contains.
    [GeneratedRegex(@"\b(the|and|what|why|with|from|nothing|readings?|waits?|your|yours|node|nodes|choose|password|sign|which|was|were|this|that|by|up to)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex English();

    [GeneratedRegex(@"<(?<tag>script|style|code|textarea|title)\b.*?</\k<tag>>|<[^>]*>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Tags();

    [GeneratedRegex(@"\b\w+(\[\d+\])?(\.\w+)+\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Fields();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Place();

    [GeneratedRegex("""\b(?<file>[A-Z]\w+Words)\.(Of|Html)\("(?<name>[^"{]+)"[,)]""", RegexOptions.ExplicitCapture)]
    private static partial Regex Asked();

    [GeneratedRegex("""(Sentence\.Of\(|Decided\.Not\(\d+, |new Finding\(\s*VerdictName\.\w+,\s*|new Refused\("\w+",\s*)\$?["@]""", RegexOptions.ExplicitCapture)]
    private static partial Regex Begun();

    // Values are named first: one with a text of its own inside would not be found here.
    [GeneratedRegex("""(Sentence\.Of\(|Decided\.Not\(\d+, |new Finding\(\s*VerdictName\.\w+,\s*|new Refused\("\w+",\s*)\$"(?<sentence>([^"\\]|\\.)*)"\)""", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Said();
}
