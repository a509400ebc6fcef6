using System.Net;
using DePin.Fleet.People;
using DePin.Tests.Money;
using DePin.Tests.Support;

namespace DePin.Tests.Web;

/// <summary>Whoever reads French is refused in French, whatever was filled in wrong.</summary>
public sealed class RefusalLanguageTests
{
    [Fact]
    public async Task A_form_filled_in_wrong_is_refused_in_the_language_of_the_page()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        using PagesClient everything = await FrenchAsync(rig);
        string node = $"/nodes/{rig.Nodes[0].Id}";
        string other = rig.Nodes[2].Id.ToString();
        var found = new List<string>();
        foreach ((string page, string to, string fields) in ((string, string, string)[])
        [
            ("/people", "/people/invite", "name=Anna&role=operator"), ("/people", "/people/invite", "name=zoe&role=operator"), ("/people", "/people/invite", "name=anna"),
            ("/people", "/people/change", "name=nemo&what=reset"), ("/people", "/people/change", "name=zoe&what=roles"), ("/people", "/people/change", "name=zoe"),
            ("/account", "/account/password", "new=short"), ("/account", "/account/password", "old=wrong&new=quite+long+enough"),
            ("/account", "/account/tokens", "label=&days=3&scope=manager"), ("/account", "/account/tokens", "label=a&days=0&scope=manager"), ("/account", "/account/tokens", "label=a&days=3"), ("/account", "/account/tokens/end", "id=77"), ("/account", "/account/passkeys/remove", "id=00"),
            ("/account", "/sign-in", "name=nemo&password=x"), ("/account", "/join/none", "name=anna&password=quite+long+enough"), ("/account", "/join/none", "name=anna&password=short"), ("/account", "/reset/none", "password=quite+long+enough"),
            ("/money", "/money/changes/99", "decision=approve"), ("/money", "/money/changes/99", "decision="), ("/money/payouts", "/money/payouts", "minimum=x&reason=r"), ("/money/payouts", "/money/payouts", "minimum=1000000&reason=r"),
            ("/money/terms", "/money/terms/tariff", "profile=none&perKilowattHour=1&perHour=1&perVoucher=0&from=2020-01-01"), ("/money/terms", "/money/terms/tariff", "profile=lamp&perKilowattHour=1&perHour=1&perVoucher=0&from=2020-01-01&step=propose&reason=r"),
            ("/money/terms", "/money/terms/tariff", "profile=none&perKilowattHour=1&perHour=1&perVoucher=0&from=2020-01-01&step=propose&reason=r"), ("/money/terms", "/money/terms/tariff", "profile=lamp&perKilowattHour=x"),
            ("/money/terms", "/money/terms/agreement", $"node={other}&operator=10&capitalBuilder=10&manager=0&reserve=0&dueHours=72&from=2090-01-01"), ("/money/terms", "/money/terms/agreement", $"node={other}&operator=50&capitalBuilder=50&manager=0&reserve=0&dueHours=72&from=2020-01-01&step=propose&reason=r"),
            ("/money/terms", "/money/terms/agreement", $"node={other}&operator=50&capitalBuilder=40&manager=10&reserve=0&dueHours=72&from=2090-01-01&step=propose&reason=r"),
            (node, $"{node}/move", "reason=r&place=&latitude=1&longitude=1"), (node, $"{node}/move", "reason=r&place=a&latitude=&longitude=1"), (node, $"{node}/move", "reason=&place=a&latitude=1&longitude=1"),
            (node, $"{node}/unpair", "reason=r&confirm=yes"), (node, $"{node}/found", "reason=r&confirm=yes"), (node, $"{node}/handover", "reason=r&operator=nemo&from=2090-01-01&confirm=yes"), (node, $"{node}/handover", "reason=r&operator=njeri&from=2090-01-01&confirm=yes"), (node, $"{node}/handover", "reason=r&operator=nemo&from="),
            (node, $"{node}/approve", "change=99"), (node, $"{node}/approve", "change=x"), (node, $"{node}/fly", "reason=r"),
            ("/review", "/review", "node=none&decision=lift&reason=r"), ("/review", "/review", $"node={other}&decision=lift&reason=r"), ("/review", "/review", $"node={other}&decision=release&reason=r"), ("/review", "/review", $"node={other}&decision=release&name=Overlap&reason=r"),
            ("/review", "/review", $"node={other}&decision=close&name=clone&reason=r"), ("/review", "/review", $"node={other}&decision=lift&reason="), ("/review", "/review", $"node={other}&decision=&reason=r"),
            ("/rollouts/new", "/rollouts", "name=&reason=r"), ("/rollouts/new", "/rollouts", "name=a&reason="), ("/rollouts/new", "/rollouts", "name=a&reason=r&canary=0"), ("/rollouts/new", "/rollouts", "name=a&reason=r&canary=x"), ("/rollouts/new", "/rollouts", "name=a&reason=r&waves=x"),
            ("/rollouts/new", "/rollouts", "name=a&reason=r&waves=0"), ("/rollouts/new", "/rollouts", "name=a&reason=r&waves=200%25"), ("/rollouts/new", "/rollouts", "name=a&reason=r&executed=0"), ("/rollouts/new", "/rollouts", "name=a&reason=r&offers=0"), ("/rollouts/new", "/rollouts", "name=a&reason=r&area=1,2"),
            ("/rollouts/new", "/rollouts", "name=a&reason=r&tags=A"), ("/rollouts/new", "/rollouts", "name=a&reason=r&operators=A"), ("/rollouts/new", "/rollouts", "name=a&reason=r&firmware=x"), ("/rollouts/new", "/rollouts", "name=a&reason=r&profiles=x"), ("/rollouts/new", "/rollouts", "name=a&reason=r&release=x"),
            ("/rollouts", "/rollouts/99/start", "reason=r"), ("/rollouts", "/rollouts/99/start", "reason="), ("/rollouts", "/rollouts/recalls", "digest=0011223344556677&reason=r"), ("/rollouts", "/rollouts/recalls", "digest=x&reason=r"), ("/rollouts", "/rollouts/recalls/99/approve", ""),
            ("/care", "/care/tickets/99/notes", "note=n"), ("/care", "/care/tickets/99/close", "closing=x&note=n"), ("/care", "/care/tickets/99/close", "closing=repaired&note=n"), ("/care", "/care/disputes/99/answer", "outcome=x&answer=a"), ("/care", "/care/disputes/99/answer", "outcome=stands&answer=a"),
            ("/care", $"{node}/disputes", "reading=0&text=t"), ("/care", $"{node}/disputes", "reading=0&text="), ("/care", "/tickets/99/notes", "note=n"),
            ("/account", $"/p/{other}/AAAA", "place=a&latitude=1&longitude=1"), ("/account", $"/p/{other}/AAAA", "place=&latitude=1&longitude=1"),
        ])
        {
            Dictionary<string, string> filled = fields.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => WebUtility.UrlDecode(field[1]));
            (HttpStatusCode status, string text) = await everything.SubmitAsync(page, filled, to);
            Assert.True((int)status is >= 400 and < 500, $"{to} {fields} was answered with {status}");
            found.AddRange(LanguageTests.EnglishOf(text).Select(words => $"{to} {fields}: {words}"));
        }

        foreach ((string file, byte[] content) in ((string, byte[])[])[("no columns", "a,b\n1,2\n"u8.ToArray()), ("a result", "reference,result\nr,odd\n"u8.ToArray()), ("twice", "reference,result\nr,paid\nr,paid\n"u8.ToArray()), ("unknown", "reference,result\nr,paid\n"u8.ToArray())])
        {
            (HttpStatusCode status, string text) = await everything.UploadAsync("/money/payouts", "/money/payouts/results", "results", content);
            Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict, $"{file} was answered with {status}");
            found.AddRange(LanguageTests.EnglishOf(text).Select(words => $"{file}: {words}"));
        }

        Assert.Empty(found.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Why_a_node_is_suspended_is_told_in_the_language_of_the_page_and_english_to_programs()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        using PagesClient everything = await FrenchAsync(rig);
        string node = rig.Nodes[0].Id.ToString();
        Assert.Equal(HttpStatusCode.OK, (await everything.SubmitAsync($"/nodes/{node}", new() { ["reason"] = "[volé] la nuit", ["confirm"] = "yes" }, $"/nodes/{node}/stolen")).Status);
        Assert.Equal(HttpStatusCode.OK, (await everything.SubmitAsync("/review", new() { ["node"] = rig.Nodes[1].Id.ToString(), ["decision"] = "suspend", ["reason"] = "douteux" }, "/review")).Status);
        foreach (string path in (string[])["/review", "/home", "/nodes", $"/nodes/{node}", "/"])
        {
            string text = (await everything.GetAsync(path)).Text;
            Assert.Contains("signalé volé", WebUtility.HtmlDecode(text), StringComparison.Ordinal);
            Assert.Empty(LanguageTests.EnglishOf(text).Select(words => $"{path}: {words}"));
        }

        string listed = await rig.Backend.Http.GetStringAsync("/api/review/suspensions", TestContext.Current.CancellationToken);
        Assert.Contains("A manager who has seen it again says that it is found.", listed, StringComparison.Ordinal);
        Assert.Contains("la nuit", listed, StringComparison.Ordinal);
    }

    private static async Task<PagesClient> FrenchAsync(MoneyRig rig)
    {
        PagesClient client = await PagesClient.JoinedAsync(rig.Backend, "zoe", RoleNames.Together);
        Assert.Equal(HttpStatusCode.Redirect, (await client.GetAsync("/language/fr?back=/home")).Status);
        return client;
    }
}
