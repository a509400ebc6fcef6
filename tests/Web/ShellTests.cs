using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DePin.Fleet;
using DePin.Fleet.People;
using DePin.Tests.House;
using DePin.Tests.Support;

namespace DePin.Tests.Web;

/// <summary>What stands around every page: the bar, by role, in two languages.</summary>
public sealed partial class ShellTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_bar_leads_each_role_to_its_pages_marks_the_present_one_and_signs_out()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using PagesClient otieno = await PagesClient.JoinedAsync(backend, "otieno", Roles.Operator);
        using PagesClient mary = await PagesClient.JoinedAsync(backend, "mary", Roles.Manager);
        (_, string account) = await otieno.GetAsync("/account");
        Assert.Contains("<a href=\"/account\" aria-current=\"page\">Account</a>", account, StringComparison.Ordinal);
        Assert.Contains("href=\"#main\"", account, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/review\"", account, StringComparison.Ordinal);
        Assert.Contains("href=\"/review\"", (await mary.GetAsync("/people")).Text, StringComparison.Ordinal);

        // Every door of the bar opens for whom it is shown to.
        foreach (Match door in Doors().Matches(account))
        {
            Assert.Equal((door.Groups["path"].Value, HttpStatusCode.OK), (door.Groups["path"].Value, (await otieno.GetAsync(door.Groups["path"].Value)).Status));
        }

        Assert.Equal(HttpStatusCode.Redirect, (await otieno.SubmitAsync("/account", [], to: "/sign-out")).Status);
        (HttpStatusCode status, string to) = await otieno.GetAsync("/account");
        Assert.Equal((HttpStatusCode.Redirect, true), (status, to.Contains("/sign-in", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_language_is_the_chosen_one_or_the_browsers_and_a_choice_leads_back_inside_only()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var french = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = backend.Http.BaseAddress };
        french.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "sw, fr-CD;q=0.8, en;q=0.3");
        string page = await french.GetStringAsync("/", Cancel);
        Assert.Contains("<html lang=\"fr\">", page, StringComparison.Ordinal);
        Assert.Contains(">Se connecter</a>", page, StringComparison.Ordinal);
        foreach ((string back, string to) in ((string, string)[])[("/account", "/account"), ("//elsewhere.example", "/"), ("https://elsewhere.example", "/"), ("/\\elsewhere.example", "/"), ("", "/")])
        {
            using HttpResponseMessage chosen = await french.GetAsync($"/language/en?back={Uri.EscapeDataString(back)}", Cancel);
            Assert.Equal((HttpStatusCode.Redirect, to), (chosen.StatusCode, chosen.Headers.Location!.OriginalString));
            Assert.StartsWith("depin-language=en", chosen.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        }

        french.DefaultRequestHeaders.TryAddWithoutValidation("Cookie", "depin-language=en");
        Assert.Contains("<html lang=\"en\">", await french.GetStringAsync("/", Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "en")]
    [InlineData("fr", "fr")]
    [InlineData("en;q=0.5,fr;q=0.6", "fr")]
    [InlineData("fr;q=0,en", "en")]
    [InlineData(";;q=,,fr;q=nothing", "fr")]
    [InlineData("xx-YY", "en")]
    public void A_browsers_wishes_are_heard_in_their_order_whatever_they_look_like(string wishes, string code) => Assert.Equal(code, Language.Asked(wishes).Code);

    [Fact]
    public void Every_translation_has_the_words_of_its_english_file_with_the_same_places_for_figures()
    {
        string[] translated = [.. Sources.All.Where(path => path.EndsWith(".fr.resx", StringComparison.Ordinal))];
        Assert.NotEmpty(translated);
        foreach (string path in translated)
        {
            Dictionary<string, string> english = Entries(path.Replace(".fr.resx", ".resx", StringComparison.Ordinal));
            Dictionary<string, string> french = Entries(path);
            Assert.Equal(english.Keys.Order(StringComparer.Ordinal), french.Keys.Order(StringComparer.Ordinal));
            foreach ((string name, string words) in english)
            {
                Assert.True(Places(words).SequenceEqual(Places(french[name])), $"{path}: {name}");
                Assert.False(string.IsNullOrWhiteSpace(french[name]), $"{path}: {name}");
            }
        }
    }

    private static Dictionary<string, string> Entries(string path) => XDocument.Parse(Sources.Text(path)).Descendants("data").ToDictionary(entry => (string)entry.Attribute("name")!, entry => (string)entry.Element("value")!, StringComparer.Ordinal);

    private static IEnumerable<string> Places(string words) => Place().Matches(words).Select(match => match.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\{\d+")]
    private static partial Regex Place();

    [GeneratedRegex("""<li><a href="(?<path>/[^"]*)"[^>]*>""")]
    private static partial Regex Doors();
}
