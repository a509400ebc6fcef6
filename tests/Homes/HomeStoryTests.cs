using DePin.Fleet.People;
using DePin.Tests.Money;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Homes;

/// <summary>Where people come to after signing in, in real Chromium: each role's own page, on a phone and at a desk. Pictures are kept.</summary>
public sealed class HomeStoryTests
{
    private const int MostBytes = 100_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_operator_signs_in_sees_what_to_put_right_and_how_and_writes_a_note(bool isPhone)
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        await using Browser browser = await Browser.StartAsync();
        IPage page = await SignedInAsync(browser, rig, "njeri", Roles.Operator, isPhone);
        Assert.InRange(await WeightAsync(page), 2_000, MostBytes);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Good to see you, njeri" })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("tr[data-node]")).ToHaveCountAsync(4);
        await Assertions.Expect(page.GetByText(MoneyRig.Hostile).First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("12 readings refused in the last days: More energy than the hardware's rating allows.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("delivered 9000 mWh in 300 s")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Press its button once").First).ToBeVisibleAsync();
        await JudgeAsync(page, $"home-operator-{(isPhone ? "phone" : "desk")}");

        await page.GetByLabel("Note").FillAsync("the panel was covered by dust");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the note" }).ClickAsync();
        await Assertions.Expect(page.GetByText("njeri: the panel was covered by dust")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Why, reading by reading" }).First.ClickAsync();
        await Assertions.Expect(page.GetByText("OverRating").First).ToBeVisibleAsync();

        await page.GotoAsync($"{rig.Backend.Http.BaseAddress}language/fr?back=/home");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Bienvenue, njeri" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Plus d'énergie que la puissance nominale du matériel ne le permet.").First).ToBeVisibleAsync();
        await JudgeAsync(page, $"home-operator-french-{(isPhone ? "phone" : "desk")}");
        Assert.Empty(browser.Errors);
    }

    [Theory]
    [InlineData("ngo-1", Roles.CapitalBuilder, "delivered to people so far", "Repayment of loans on them", true)]
    [InlineData("ngo-1", Roles.CapitalBuilder, "delivered to people so far", "Repayment of loans on them", false)]
    [InlineData("bank", Roles.Lender, "credits lent", "Repayment", true)]
    [InlineData("ann", Roles.Auditor, "entries in the log of proofs", "The log of proofs", false)]
    [InlineData("ann", Roles.Auditor, "entries in the log of proofs", "Suspended nodes", true)]
    public async Task Who_paid_who_lent_and_who_checks_find_theirs(string name, Roles role, string figure, string heading, bool isPhone)
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        await using Browser browser = await Browser.StartAsync();
        IPage page = await SignedInAsync(browser, rig, name, role, isPhone);
        await Assertions.Expect(page.Locator(".cards li", new() { HasText = figure })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading, Exact = true })).ToBeVisibleAsync();
        if (role != Roles.Auditor)
        {
            await Assertions.Expect(page.GetByText("credits behind")).ToBeVisibleAsync();
            await Assertions.Expect(page.Locator("progress")).ToHaveCountAsync(1);
        }

        if (role == Roles.CapitalBuilder)
        {
            // Where a lamp stands is a home.
            await Assertions.Expect(page.Locator("tr[data-node]")).ToHaveCountAsync(4);
            await Assertions.Expect(page.GetByText("Kisumu 12")).ToHaveCountAsync(0);
        }

        string picture = $"home-{role.ToString().ToLowerInvariant()}-{(isPhone ? "phone" : "desk")}";
        await JudgeAsync(page, picture);
        await page.GotoAsync($"{rig.Backend.Http.BaseAddress}language/fr?back=/home");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = $"Bienvenue, {name}" })).ToBeVisibleAsync();
        await JudgeAsync(page, picture + "-french");
        Assert.Empty(browser.Errors);
    }

    private static async Task<IPage> SignedInAsync(Browser browser, MoneyRig rig, string name, Roles role, bool isPhone)
    {
        (await PagesClient.JoinedAsync(rig.Backend, name, role)).Dispose();
        IPage page = await browser.OpenAsync(isPhone);
        await page.GotoAsync($"{rig.Backend.Http.BaseAddress}sign-in");
        await page.Locator("input[name=name]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync(PagesClient.Password);
        await page.Locator("main button").First.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/home$"), new() { Timeout = 60_000 });
        return page;
    }

    // All that a phone fetches which was never here, with headers.
    private static async Task<long> WeightAsync(IPage page)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Network.enable");
        await session.SendAsync("Network.setCacheDisabled", new Dictionary<string, object> { ["cacheDisabled"] = true });
        var answers = new List<IResponse>();
        page.Response += (_, answer) => answers.Add(answer);
        await page.ReloadAsync(new PageReloadOptions { WaitUntil = WaitUntilState.NetworkIdle });
        long bytes = 0;
        foreach (IResponse answer in answers.ToArray())
        {
            RequestSizesResult sizes = await answer.Request.SizesAsync();
            bytes += sizes.ResponseBodySize + sizes.ResponseHeadersSize;
        }

        return bytes;
    }

    private static async Task JudgeAsync(IPage page, string picture)
    {
        Assert.False(await Browser.IsTooWideAsync(page), $"{page.Url} is wider than the screen");
        await Browser.PictureAsync(page, picture, "homes");
        await Axe.JudgeAsync(page);
    }
}
