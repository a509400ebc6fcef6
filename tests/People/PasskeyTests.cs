using System.Text.RegularExpressions;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.People;

/// <summary>In real Chromium, with its own authenticator: joining, a passkey, signing in by it, losing it.</summary>
public sealed class PasskeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Somebody_joins_by_the_link_adds_a_passkey_and_signs_in_by_it_until_it_is_removed(bool isPhone)
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(hasPeople: false);
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone);
        await Browser.AddAuthenticatorAsync(page);
        string size = isPhone ? "phone" : "desk";
        string address = $"http://localhost:{backend.Http.BaseAddress!.Port}";
        string link = (await File.ReadAllTextAsync(Path.Combine(backend.DataFolder, "first-administrator.txt"), Cancel)).Trim();
        await page.GotoAsync(link);
        await Browser.PictureAsync(page, $"join-{size}");
        await page.GetByLabel("Your name").FillAsync("grace");
        await page.GetByLabel("Password").FillAsync(PagesClient.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/account$"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await page.GetByText("passkey 1, added").WaitForAsync();
        await Browser.PictureAsync(page, $"account-{size}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/sign-in$"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).WaitForAsync();
        await page.GotoAsync($"{address}/people");
        Assert.Contains("/sign-in?back=%2Fpeople", page.Url, StringComparison.Ordinal);
        await Browser.PictureAsync(page, $"sign-in-{size}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/people$"));

        await page.GetByLabel("Name").First.FillAsync("tess");
        await page.GetByLabel("technician").First.CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the link" }).ClickAsync();
        await page.GetByText("Give this link to tess").WaitForAsync();
        await Browser.PictureAsync(page, $"people-{size}");

        await page.GotoAsync($"{address}/account");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.GetByText("The passkey works no more.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await page.GetByText("is not known here any more").WaitForAsync();
        using var connection = backend.Part<DePin.Fleet.Storage.Database>().OpenReader();
        Assert.Equal(["removed a passkey", "invited", "signed in", "added a passkey", "joined"], AuditStore.Page(connection, long.MaxValue, 100).Select(row => row.What));

        // The browser notes the refusal of the removed passkey, which is meant.
        Assert.All(browser.Errors, error => Assert.Contains("401", error, StringComparison.Ordinal));
        Assert.False(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"), "the page is wider than the screen");
    }
}
