using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Money;

/// <summary>The pages over money in real Chromium: a manager's look, a preview, a second person's word, a payout's way. Pictures are kept.</summary>
public sealed class MoneyStoryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_sees_what_a_tariff_would_have_paid_proposes_it_and_a_second_one_approves(bool isPhone)
    {
        string size = isPhone ? "phone" : "desk";
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        (await PagesClient.JoinedAsync(rig.Backend, "mary", Roles.Manager)).Dispose();
        (await PagesClient.JoinedAsync(rig.Backend, "otieno", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone);
        await Browser.SignInAsync(page, rig.Backend, "mary", "/money");
        await Assertions.Expect(page.Locator(".cards li", new() { HasText = "credits paid in by funders" })).ToContainTextAsync("100.00");
        await page.GetByLabel("Part of the name").FillAsync("njeri");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "operator:njeri" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "builder:ngo-1" })).ToHaveCountAsync(0);
        await JudgeAsync(page, $"money-{size}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Terms and loans" }).ClickAsync();
        await Assertions.Expect(page.GetByText("credits behind")).ToBeVisibleAsync();
        await page.GetByText("A new tariff").First.ClickAsync();
        await page.GetByLabel("Profile").SelectOptionAsync("lamp-small");
        await page.GetByLabel("Credits for a kWh").FillAsync("60,5");
        await page.GetByLabel("Credits for an hour of service").FillAsync("0.04");
        await page.Locator("form[action$='tariff'] input[name=from]").FillAsync(DateTimeOffset.UtcNow.AddDays(3).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        await page.Locator("form[action$='tariff'] button").ClickAsync();
        await Assertions.Expect(page.Locator("#preview")).ToContainTextAsync("it would have been");
        await JudgeAsync(page, $"money-preview-{size}");
        await page.Locator("#preview input[name=reason]").FillAsync("energy is worth more here");
        await page.Locator("#preview button").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Proposed. A second person has to approve it.");
        await Assertions.Expect(page.GetByText("You proposed it: somebody else has to approve it.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Approve" })).ToHaveCountAsync(0);
        await JudgeAsync(page, $"money-terms-{size}");

        IPage other = await browser.OpenAsync(isPhone);
        await Browser.SignInAsync(other, rig.Backend, "otieno", "/money");
        await Assertions.Expect(other.GetByText("60.50 credits")).ToBeVisibleAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Assertions.Expect(other.GetByRole(AriaRole.Status)).ToContainTextAsync("Approved");
        await other.GotoAsync($"{rig.Backend.Http.BaseAddress}language/fr?back=/money/terms");
        await Assertions.Expect(other.Locator("tr", new() { HasText = "plus tard" })).ToContainTextAsync("60,50");
        await JudgeAsync(other, $"money-terms-french-{size}");
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task A_payout_file_is_made_its_results_come_back_by_the_form_and_a_wrong_file_changes_nothing()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        (await PagesClient.JoinedAsync(rig.Backend, "mary", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone: false);
        await Browser.SignInAsync(page, rig.Backend, "mary", "/money/payouts");
        await page.GetByLabel("From this balance on").FillAsync("nothing");
        await page.GetByLabel("Why").FillAsync("month's end");
        await page.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Nothing was proposed.");

        // Nobody has an address yet, and nothing is posted.
        await page.GetByLabel("From this balance on").FillAsync("0,001");
        await page.GetByLabel("Why").FillAsync("month's end");
        await page.GetByRole(AriaRole.Button, new() { Name = "Propose" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("No account has so much");

        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "results.csv", MimeType = "text/csv", Buffer = "reference,result\nabc,perhaps\n"u8.ToArray() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Import the results" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Line 2: the result 'perhaps' is not paid, failed or unknown.");
        await Browser.PictureAsync(page, "money-payouts-desk", "money");
        await Axe.JudgeAsync(page);
        Assert.DoesNotContain(browser.Errors, error => !error.Contains("400", StringComparison.Ordinal) && !error.Contains("409", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_sees_their_own_account_only_and_changes_are_for_managers()
    {
        await using MoneyRig rig = await MoneyRig.StartAsync(batches: 1);
        using PagesClient njeri = await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator);
        using PagesClient bank = await PagesClient.JoinedAsync(rig.Backend, "bank", Roles.Lender);
        using PagesClient ann = await PagesClient.JoinedAsync(rig.Backend, "ann", Roles.Auditor);
        foreach (string path in (string[])["/money", "/money/payouts", "/money/terms"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await njeri.GetAsync(path)).Status);
            Assert.Equal(HttpStatusCode.OK, (await ann.GetAsync(path)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await njeri.GetAsync("/statement?account=operator:njeri")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await njeri.GetAsync("/statement?account=builder:ngo-1")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await bank.GetAsync("/statement?account=operator:njeri")).Status);
        (_, string ask) = await bank.GetAsync("/statement");
        Assert.Contains("<option value=\"lender:bank\">", ask, StringComparison.Ordinal);
        Assert.DoesNotContain("operator:njeri", ask, StringComparison.Ordinal);
        using HttpResponseMessage proposed = await rig.Backend.Http.PostAsJsonAsync("/api/changes", new { kind = "payee", content = new { account = "operator:njeri", phone = "+254700000001" }, reason = "asked for" }, Cancel);
        Assert.True(proposed.IsSuccessStatusCode, await proposed.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(HttpStatusCode.Forbidden, (await ann.SubmitAsync("/money", new() { ["decision"] = "approve" }, "/money/changes/1")).Status);
        Assert.DoesNotContain("value=\"approve\"", (await ann.GetAsync("/money")).Text, StringComparison.Ordinal);
    }

    private static async Task JudgeAsync(IPage page, string picture)
    {
        Assert.False(await Browser.IsTooWideAsync(page), $"{page.Url} is wider than the screen");
        await Browser.PictureAsync(page, picture, "money");
        await Axe.JudgeAsync(page);
    }
}
