using System.Net.Http.Json;
using DePin.Fleet;
using DePin.Fleet.Care;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Overview;

/// <summary>A manager's morning in real Chromium: what needs attention, the node behind it, and why its readings were refused. Pictures are kept.</summary>
public sealed class ManagerStoryTests
{
    private const string Hostile = "<script>alert(1)</script>";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_finds_what_needs_attention_and_reads_why(bool isPhone)
    {
        string size = isPhone ? "phone" : "desk";
        await using RunningBackend backend = await RunningBackend.StartAsync();
        List<TestNode> nodes = await FleetAsync(backend);
        (await PagesClient.JoinedAsync(backend, "mary", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone);
        await Browser.SignInAsync(page, backend, "mary", "/fleet");
        await Assertions.Expect(page.Locator(".cards .calls")).ToHaveCountAsync(3);
        await page.Locator("#fleet-map").ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(page.Locator(".cell").First).ToBeVisibleAsync();
        await page.Locator(".plots").ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(page.Locator(".plot-energy canvas")).ToBeVisibleAsync();
        await Browser.PictureAsync(page, $"fleet-{size}", "overview");
        await JudgeAsync(page);

        await page.GetByRole(AriaRole.Link, new() { NameRegex = new("had readings refused") }).ClickAsync();
        await Assertions.Expect(page.Locator("tr[data-node]")).ToHaveCountAsync(1);
        await page.Locator("tr[data-node] a").ClickAsync();
        await Assertions.Expect(page.Locator(".plot-energy canvas")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".strip li")).ToHaveCountAsync(2);
        await Browser.PictureAsync(page, $"node-{size}", "overview");
        await JudgeAsync(page);

        // By touch on a phone, by keyboard at a desk.
        ILocator refused = page.Locator(".strip li.refused button");
        if (isPhone)
        {
            await refused.TapAsync();
        }
        else
        {
            await refused.FocusAsync();
            await page.Keyboard.PressAsync("Enter");
        }

        ILocator why = page.Locator(".why:popover-open");
        await Assertions.Expect(why).ToContainTextAsync("OverRating");
        await Assertions.Expect(why).ToContainTextAsync("delivered 9000 mWh");
        await Browser.PictureAsync(page, $"why-{size}", "overview");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(why).ToHaveCountAsync(0);
        await page.GetByText("The same as a table").ClickAsync();
        await Assertions.Expect(page.Locator(".plot-table tr").Nth(1)).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "3 months" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "3 months" })).ToHaveAttributeAsync("aria-pressed", "true");

        await page.GotoAsync($"{backend.Http.BaseAddress}fleet?q={Uri.EscapeDataString(Hostile)}");
        await Assertions.Expect(page.GetByText(Hostile).First).ToBeVisibleAsync();
        await page.GotoAsync($"{backend.Http.BaseAddress}language/fr?back=/fleet");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Le parc" })).ToBeVisibleAsync();
        await Browser.PictureAsync(page, $"fleet-french-{size}", "overview");
        Assert.Empty(browser.Errors);
        nodes.ForEach(node => node.Dispose());
    }

    [Fact]
    public async Task With_the_keyboard_alone_a_manager_skips_the_bar_searches_and_opens_a_node()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        List<TestNode> nodes = await FleetAsync(backend);
        (await PagesClient.JoinedAsync(backend, "mary", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone: false);
        await Browser.SignInAsync(page, backend, "mary", "/fleet");
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator(".skip")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "input[name=q]");
        await page.Keyboard.TypeAsync("village 3");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("tr[data-node]")).ToHaveCountAsync(1);
        await TabToAsync(page, "tr[data-node] a");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex($"/nodes/{nodes[3].Id}$"), new() { Timeout = 60_000 });
        await TabToAsync(page, ".ranges button[data-by=hour]");
        Assert.Empty(browser.Errors);
        nodes.ForEach(node => node.Dispose());
    }

    private static async Task JudgeAsync(IPage page)
    {
        Assert.False(await Browser.IsTooWideAsync(page), $"{page.Url} is wider than the screen");
        await Axe.JudgeAsync(page);
    }

    private static async Task TabToAsync(IPage page, string selector)
    {
        for (int i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("(selector) => document.activeElement?.matches(selector) ?? false", selector))
            {
                return;
            }
        }

        Assert.Fail($"{selector} is not reached by Tab");
    }

    // Ten nodes in villages; one had a reading refused, one is suspended and one has held readings; one site has a hostile name.
    private static async Task<List<TestNode>> FleetAsync(RunningBackend backend)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        List<TestNode> nodes = [.. Enumerable.Range(0, 10).Select(_ => new TestNode { OpensUnixSeconds = now - (3 * 3600) })];
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync(
            "/api/nodes",
            nodes.Select((node, i) => node.Registration(place: i == 9 ? Hostile : $"Village {i}") with { Latitude = -0.5 + (i * 0.2), Longitude = 34 + (i % 4 * 0.5), PairedFromUnixSeconds = now - (2 * 86_400) }),
            Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        using HttpResponseMessage funded = await backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        Assert.True(funded.IsSuccessStatusCode);
        await backend.Part<Review>().SuspendAsync(nodes[2].Id.ToString(), "mary", "a second key", Sentence.OfStored("seen"), Sentence.OfStored("a visit"));
        foreach (TestNode node in nodes.Take(6))
        {
            var sink = new CollectingSink(backend.Part<IngestPipeline>(), backend.Part<NodeDirectory>().Find(node.Id)!, node.Session, now * 1000);
            await sink.AskAsync(node.SignNext(readings: 12, delivered: 120));
            await sink.AskAsync(node.SignNext(readings: 12, delivered: node == nodes[1] ? 9000 : 90));
        }

        using PagesClient auditor = await PagesClient.JoinedAsync(backend, "ann", Roles.Auditor);
        await Eventually.HoldsAsync(async () => (await auditor.GetAsync("/fleet?state=refused")).Text.Contains(nodes[1].Id.ToString(), StringComparison.Ordinal)
            && (await auditor.GetAsync("/fleet?state=held")).Text.Contains(nodes[2].Id.ToString(), StringComparison.Ordinal)
            && await LinesAsync("/fleet?state=well") == 4, "everything is judged", 60);
        Assert.Equal(4, await LinesAsync("/fleet?state=new"));
        return nodes;

        async Task<int> LinesAsync(string path) => (await auditor.GetAsync(path)).Text.Split("<tr data-node").Length - 1;
    }
}
