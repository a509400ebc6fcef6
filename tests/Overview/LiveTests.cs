using System.Net.Http.Json;
using DePin.Contracts;
using DePin.Fleet.Overview;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Overview;

/// <summary>What the gateway stored is on pages that are open, without loading them again.</summary>
public sealed class LiveTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reading_that_a_node_sent_is_on_the_open_pages_of_fleet_and_node_and_on_two_hundred_others()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var node = new TestNode { OpensUnixSeconds = now - 3700 };
        using HttpResponseMessage registered = await backend.Http.PostAsJsonAsync("/api/nodes", new[] { node.Registration() with { PairedFromUnixSeconds = now - 86_400 } }, Cancel);
        Assert.True(registered.IsSuccessStatusCode);
        (await PagesClient.JoinedAsync(backend, "mary", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage fleet = await browser.OpenAsync(isPhone: false);
        await Browser.SignInAsync(fleet, backend, "mary", "/fleet");
        IPage page = await fleet.Context.NewPageAsync();
        await page.GotoAsync($"{backend.Http.BaseAddress}nodes/{node.Id}");
        var live = backend.Part<Live>();
        await Eventually.HoldsAsync(() => live.Count == 2, "both pages listen", 60);
        using PagesClient mary = new(backend);
        await mary.SubmitAsync("/sign-in", new() { ["name"] = "mary", ["password"] = PagesClient.Password });
        Task<string>[] others = [.. Enumerable.Range(0, 200).Select(_ => mary.FirstNewsAsync($"/fleet/live?nodes={node.Id}", "lastReading", Cancel))];
        await Eventually.HoldsAsync(() => live.Count == 202, "200 others listen too", 60);

        await using PairingNode connected = await PairingNode.ConnectAsync(backend, node);
        await connected.PublishAsync(node.SignNext(readings: 12, delivered: 100), Topics.Batch);
        await Assertions.Expect(fleet.Locator($"tr[data-node='{node.Id}'] [data-battery]")).ToHaveTextAsync("70 %");
        await Assertions.Expect(fleet.Locator($"tr[data-node='{node.Id}'] [data-online]")).ToBeVisibleAsync();
        await Assertions.Expect(fleet.Locator("#stored")).ToContainTextAsync("opened: 1");
        await Assertions.Expect(page.Locator("[data-latest]")).ToContainTextAsync("reading 12; 0.2 Wh harvested, 1.2 Wh delivered, battery 70 %; 12 good, 0 held, 0 refused");
        foreach (string heard in await Task.WhenAll(others))
        {
            Assert.Contains($"\"node\":\"{node.Id}\"", heard, StringComparison.Ordinal);
            Assert.Contains("\"lastReading\":12", heard, StringComparison.Ordinal);
        }

        // Who is gone takes no place.
        await fleet.Context.CloseAsync();
        await Eventually.HoldsAsync(() => live.Count == 0, "nobody listens any more", 60);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task A_page_that_hears_slowly_gets_the_last_word_of_each_node_and_keeps_no_more()
    {
        using var page = new LivePage(["A", "B"], _ => { });
        for (int i = 1; i <= 10_000; i++)
        {
            page.Hear([News("A", i), News("C", i)]);
        }

        page.Hear([News("B", 7)]);
        LiveNews? news = await page.NextAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal((20_001, 2), (news!.Batches, news.Nodes.Count));
        Assert.Equal([("A", 10_000L), ("B", 7L)], news.Nodes.Select(node => (node.Node, node.LastReading)).Order());
        Assert.Null(await page.NextAsync(TimeSpan.Zero, Cancel));
        page.Hear("B", true);
        Assert.True((await page.NextAsync(TimeSpan.Zero, Cancel))!.Online["B"]);

        // Closed while something comes: nobody is harmed.
        page.Dispose();
        page.Hear([News("A", 1)]);
    }

    private static LiveNode News(string node, long reading) => new(node, 1, reading, 700, 1, 1, 1, 1, 0, 0);
}
