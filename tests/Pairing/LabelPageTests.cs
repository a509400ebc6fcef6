using System.Net;
using System.Net.Http.Json;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>What the page of a label tells, to whom, and how much a phone has to load for it.</summary>
public sealed class LabelPageTests : IAsyncLifetime
{
    private PairingRig _rig = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _rig = await PairingRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Who_is_not_signed_in_gets_the_same_bytes_for_a_known_node_an_unknown_one_and_a_wrong_claim()
    {
        (TestNode node, string label) = await _rig.RegisterAsync();
        using var anybody = new HttpClient { BaseAddress = _rig.Backend.Http.BaseAddress };
        byte[] known = await anybody.GetByteArrayAsync(label, Cancel);
        foreach (string other in (string[])[$"/p/{node.Id}/0000000000000000", "/p/0000000000000000/0000000000000000", "/p/nothing/at-all", label.ToUpperInvariant()])
        {
            Assert.Equal(known, await anybody.GetByteArrayAsync(other, Cancel));
        }
    }

    [Fact]
    public async Task The_first_view_is_far_under_50_kilobytes_signed_in_or_not()
    {
        await using PairingRig rig = await PairingRig.StartAsync(forBrowser: true);
        (_, string label) = await rig.RegisterAsync();
        await using Browser browser = await Browser.StartAsync();
        Microsoft.Playwright.IPage phone = await browser.OpenAsync(isPhone: true);
        var loaded = new System.Collections.Concurrent.ConcurrentBag<(string Url, Task<Microsoft.Playwright.RequestSizesResult> Sizes)>();
        phone.RequestFinished += (_, request) => loaded.Add((new Uri(request.Url).AbsolutePath, request.SizesAsync()));
        await phone.GotoAsync(rig.Backend.Http.BaseAddress + label[1..], new() { WaitUntil = Microsoft.Playwright.WaitUntilState.NetworkIdle });
        int signedOut = await SumAsync(loaded);
        Assert.DoesNotContain(loaded, each => each.Url.Contains("jsQR", StringComparison.Ordinal) || each.Url.Contains("leaflet", StringComparison.Ordinal) || each.Url.Contains("world", StringComparison.Ordinal));
        using (await PagesClient.JoinedAsync(rig.Backend, "otieno", Roles.Operator))
        {
            await phone.GetByText("Sign in to pair it").ClickAsync();
        }

        await phone.GetByLabel("Name", new() { Exact = true }).FillAsync("otieno");
        await phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await phone.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await phone.GetByLabel("Name of the site").WaitForAsync();
        await using Browser fresh = await Browser.StartAsync();
        Microsoft.Playwright.IPage second = await fresh.OpenAsync(isPhone: true);
        await second.Context.AddCookiesAsync((await phone.Context.CookiesAsync()).Select(cookie => new Microsoft.Playwright.Cookie { Name = cookie.Name, Value = cookie.Value, Domain = cookie.Domain, Path = cookie.Path }));
        loaded.Clear();
        second.RequestFinished += (_, request) => loaded.Add((new Uri(request.Url).AbsolutePath, request.SizesAsync()));
        await second.GotoAsync(rig.Backend.Http.BaseAddress + label[1..], new() { WaitUntil = Microsoft.Playwright.WaitUntilState.NetworkIdle });
        await second.GetByLabel("Name of the site").WaitForAsync();
        int signedIn = await SumAsync(loaded);
        TestContext.Current.TestOutputHelper!.WriteLine($"first view: {signedOut} bytes signed out, {signedIn} bytes signed in, with headers: {string.Join(", ", loaded.Select(each => each.Url))}");
        Assert.InRange(signedOut, 2_000, 25_000);
        Assert.InRange(signedIn, 2_000, 25_000);
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task An_invitation_is_followed_from_the_label_and_leads_back_to_it()
    {
        (_, string label) = await _rig.RegisterAsync();
        (string? secret, _) = await _rig.Backend.Part<Accounts>().InviteAsync(new Caller(0, "mary", Roles.Manager), "wanja", Roles.Operator);
        using var phone = new PagesClient(_rig.Backend);
        foreach (string pasted in (string[])[secret!, $"https://fleet.example/join/{secret}", $" https://fleet.example/join/{secret}/ "])
        {
            (HttpStatusCode status, string to) = await phone.GetAsync($"{label}?invitation={Uri.EscapeDataString(pasted)}");
            Assert.Equal((HttpStatusCode.Redirect, $"/join/{secret}?back={Uri.EscapeDataString(label)}"), (status, to));
        }

        string join = $"/join/{secret}?back={Uri.EscapeDataString(label)}";
        (HttpStatusCode joined, string back) = await phone.SubmitAsync(join, new() { ["password"] = PagesClient.Password, ["back"] = label }, to: $"/join/{secret}");
        Assert.Equal((HttpStatusCode.Redirect, label), (joined, back));
        Assert.Contains("Name of the site", (await phone.GetAsync(label)).Text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Redirect, $"/sign-in?back={Uri.EscapeDataString(label)}"), await new PagesClient(_rig.Backend).GetAsync(label + "?sign-in"));
    }

    [Fact]
    public async Task A_label_that_was_proven_and_opens_nothing_says_why_and_what_to_do_next()
    {
        (TestNode node, string label) = await _rig.RegisterAsync();
        using PagesClient otieno = await PagesClient.JoinedAsync(_rig.Backend, "otieno", Roles.Operator);
        using PagesClient njeri = await PagesClient.JoinedAsync(_rig.Backend, "njeri", Roles.Operator);
        (_, string newer) = await _rig.RegisterAsync(again: node);
        await IsAsync("Replaced", HttpStatusCode.Conflict, await PairingRig.ShowAsync(otieno, label));
        await _rig.PairAsync(node, newer, otieno);
        await _rig.Backend.RestartAsync();
        using PagesClient otienoAgain = await SignedInAsync("otieno");
        using PagesClient njeriAgain = await SignedInAsync("njeri");
        await IsAsync("Yours", HttpStatusCode.OK, await PairingRig.ShowAsync(otienoAgain, newer));
        await IsAsync("Others", HttpStatusCode.Conflict, await PairingRig.ShowAsync(njeriAgain, newer));
        using HttpClient mary = _rig.Backend.As("mary", Roles.Manager);
        (await mary.PostAsJsonAsync($"/api/nodes/{node.Id}/stolen", new { reason = "gone in the night", confirm = true }, Cancel)).EnsureSuccessStatusCode();
        await IsAsync("Suspended", HttpStatusCode.Conflict, await PairingRig.ShowAsync(njeriAgain, newer));
        (await mary.PostAsJsonAsync($"/api/nodes/{node.Id}/found", new { reason = "on the market", confirm = true }, Cancel)).EnsureSuccessStatusCode();
        (await mary.PostAsJsonAsync($"/api/nodes/{node.Id}/retire", new { reason = "broken", confirm = true }, Cancel)).EnsureSuccessStatusCode();
        await IsAsync("Retired", HttpStatusCode.Conflict, await PairingRig.ShowAsync(njeriAgain, newer));

        // None of these was a guess.
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM audit WHERE what LIKE 'showed %'"));
    }

    [Fact]
    public void Every_state_has_its_own_words_and_its_next_step()
    {
        foreach (DePin.Fleet.Pairing.PairState state in Enum.GetValues<DePin.Fleet.Pairing.PairState>())
        {
            string[] words = [DePin.Fleet.Pairing.PairWords.Of($"{state}.Title"), DePin.Fleet.Pairing.PairWords.Of($"{state}.Means"), DePin.Fleet.Pairing.PairWords.Of($"{state}.Next")];
            Assert.All(words, text => Assert.True(text.Length > 5, $"{state}: {text}"));
        }

        foreach (DePin.Fleet.Pairing.LifeAct act in Enum.GetValues<DePin.Fleet.Pairing.LifeAct>())
        {
            Assert.NotEmpty(DePin.Fleet.Pairing.PairWords.Of($"Act.{act}") + DePin.Fleet.Pairing.PairWords.Of($"Effect.{act}"));
        }
    }

    private async Task<PagesClient> SignedInAsync(string name)
    {
        var person = new PagesClient(_rig.Backend);
        Assert.Equal(HttpStatusCode.Redirect, (await person.SubmitAsync("/sign-in", new() { ["name"] = name, ["password"] = PagesClient.Password })).Status);
        return person;
    }

    private static Task IsAsync(string state, HttpStatusCode status, (HttpStatusCode Status, string Text) page)
    {
        Assert.Contains($"data-state=\"{state}\"", page.Text, StringComparison.Ordinal);
        Assert.Equal(status, page.Status);
        return Task.CompletedTask;
    }

    private static async Task<int> SumAsync(IEnumerable<(string Url, Task<Microsoft.Playwright.RequestSizesResult> Sizes)> loaded)
    {
        int sum = 0;
        foreach ((_, Task<Microsoft.Playwright.RequestSizesResult> sizes) in loaded.Where(each => !each.Url.EndsWith("worker.js", StringComparison.Ordinal)))
        {
            Microsoft.Playwright.RequestSizesResult size = await sizes;
            sum += size.ResponseBodySize + size.ResponseHeadersSize;
        }

        return sum;
    }
}
