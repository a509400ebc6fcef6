using System.Net;
using System.Text.RegularExpressions;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Updates;

/// <summary>A release from its bundle to its recall, by the pages alone.</summary>
public sealed partial class RolloutPageTests
{
    [Fact]
    public async Task By_forms_alone_two_managers_publish_plan_approve_start_watch_pause_resume_stop_and_recall()
    {
        await using RolloutRig rig = await RolloutRig.StartAsync();
        await using UpdateNode node = await rig.NodeAsync();
        using PagesClient grace = await PagesClient.JoinedAsync(rig.Backend, "grace", Roles.Manager);
        using PagesClient wanja = await PagesClient.JoinedAsync(rig.Backend, "wanja", Roles.Manager);
        using PagesClient ann = await PagesClient.JoinedAsync(rig.Backend, "ann", Roles.Auditor);
        Assert.Contains("SHA-256", (await grace.UploadAsync("/rollouts", "/rollouts/bundles", "bundle", rig.Bundle)).Text, StringComparison.Ordinal);
        (HttpStatusCode wrong, string refused) = await grace.UploadAsync("/rollouts", "/rollouts/releases", "release", rig.Keys.Release(rig.Bundle, null, 0), new() { ["recordRunning"] = "on" });
        Assert.Equal(HttpStatusCode.Conflict, wrong);
        Assert.Contains("Nothing was published", refused, StringComparison.Ordinal);
        Assert.Contains("Release 2026.10 is published", (await grace.UploadAsync("/rollouts", "/rollouts/releases", "release", rig.Keys.Release(rig.Bundle), new() { ["recordRunning"] = "on" })).Text, StringComparison.Ordinal);

        // The number of nodes follows the form.
        string release = Release().Match((await grace.GetAsync("/rollouts/new")).Text).Groups["id"].Value;
        Assert.Contains("1 nodes match now", (await grace.GetAsync($"/rollouts/new?release={release}")).Text, StringComparison.Ordinal);
        Assert.Contains("0 nodes match now", (await grace.GetAsync($"/rollouts/count?release={release}&tags=pilot")).Text, StringComparison.Ordinal);
        Assert.Contains("is no wave", (await grace.GetAsync($"/rollouts/count?release={release}&waves=many")).Text, StringComparison.Ordinal);
        var plan = new Dictionary<string, string>
        {
            ["name"] = "<script>alert(1)</script>",
            ["reason"] = "the meter reads better",
            ["release"] = release,
            ["canary"] = "5",
            ["waves"] = "100 %",
            ["executed"] = "100",
            ["failed"] = "20",
            ["silent"] = "20",
            ["silentHours"] = "24",
            ["soak"] = "10",
            ["offers"] = "60",
            ["downloads"] = "5",
        };
        (HttpStatusCode bad, string again) = await grace.SubmitAsync("/rollouts/new", new(plan) { ["soak"] = "soon" }, to: "/rollouts");
        Assert.Equal(HttpStatusCode.BadRequest, bad);
        Assert.Contains("value=\"the meter reads better\"", again, StringComparison.Ordinal);
        (HttpStatusCode made, string page) = await grace.SubmitAsync("/rollouts/new", plan, to: "/rollouts");
        Assert.Equal(HttpStatusCode.Redirect, made);
        foreach (string path in (string[])["/rollouts", page, page + "/nodes"])
        {
            string text = (await ann.GetAsync(path)).Text;
            Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
            Assert.Contains("&lt;script&gt;alert(1)", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<form class=\"decide\"", text, StringComparison.Ordinal);
        }

        var reason = new Dictionary<string, string> { ["reason"] = "as agreed" };
        Assert.Equal(HttpStatusCode.Conflict, (await grace.SubmitAsync(page, reason, to: page + "/approve")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await wanja.SubmitAsync(page, new() { ["reason"] = "" }, to: page + "/approve")).Status);
        Assert.Contains("approved, not started", (await wanja.SubmitAsync(page, reason, to: page + "/approve")).Text, StringComparison.Ordinal);
        Assert.Contains("Canary", (await grace.SubmitAsync(page, reason, to: page + "/start")).Text, StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => (await ann.GetAsync(page)).Text.Contains("offered: 1", StringComparison.Ordinal), "the offer is on the page", 60);
        Assert.Contains(">paused</b>", (await grace.SubmitAsync(page, reason, to: page + "/pause")).Text, StringComparison.Ordinal);
        Assert.Contains("is paused", (await ann.GetAsync("/fleet")).Text, StringComparison.Ordinal);
        Assert.Contains(">Canary</b>", (await grace.SubmitAsync(page, reason, to: page + "/resume")).Text, StringComparison.Ordinal);
        Assert.Contains($"/nodes/{node.Node.Id}", (await ann.GetAsync(page + "/nodes?wave=0&state=Offered")).Text, StringComparison.Ordinal);
        Assert.Contains("stopped", (await grace.SubmitAsync(page, reason, to: page + "/stop")).Text, StringComparison.Ordinal);

        Assert.Contains("second manager has to approve", (await grace.SubmitAsync("/rollouts", new() { ["digest"] = rig.Digest, ["reason"] = "it counts twice", ["isFraud"] = "on" }, to: "/rollouts/recalls")).Text, StringComparison.Ordinal);
        string recall = Recall().Match((await wanja.GetAsync("/rollouts")).Text).Groups["path"].Value;
        Assert.Equal(HttpStatusCode.Conflict, (await grace.SubmitAsync("/rollouts", [], to: recall)).Status);
        Assert.Contains("The release is recalled", (await wanja.SubmitAsync("/rollouts", [], to: recall)).Text, StringComparison.Ordinal);
        Assert.Contains("recalled 20", (await ann.GetAsync("/rollouts")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_is_too_large_or_without_the_forms_token_stores_nothing()
    {
        await using RolloutRig rig = await RolloutRig.StartAsync();
        using PagesClient grace = await PagesClient.JoinedAsync(rig.Backend, "grace", Roles.Manager);
        (HttpStatusCode large, string text) = await grace.UploadAsync("/rollouts", "/rollouts/bundles", "bundle", new byte[UpdateLimits.BundleBytes + (64 * 1024)]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large);
        Assert.Contains("Nothing was stored", text, StringComparison.Ordinal);
        Assert.Contains("Nothing was stored", (await grace.UploadAsync("/rollouts", "/rollouts/bundles", "bundle", new byte[UpdateLimits.BundleBytes + 1])).Text, StringComparison.Ordinal);
        Assert.Contains("Nothing was stored", (await grace.UploadAsync("/rollouts", "/rollouts/bundles", "other", [1, 2, 3])).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await grace.UploadAsync(null, "/rollouts/bundles", "bundle", [1, 2, 3])).Status);
        Assert.Empty((await rig.GetAsync("/api/artifacts"))["items"]!.AsArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rollout_is_planned_and_watched_in_a_browser_and_its_count_and_waves_move_by_themselves(bool isPhone)
    {
        string size = isPhone ? "phone" : "desk";
        await using RolloutRig rig = await RolloutRig.StartAsync(forBrowser: true);
        await using UpdateNode node = await rig.NodeAsync();
        await rig.PublishAsync();
        (await PagesClient.JoinedAsync(rig.Backend, "grace", Roles.Manager)).Dispose();
        await using Browser browser = await Browser.StartAsync();
        IPage page = await browser.OpenAsync(isPhone);
        await Browser.SignInAsync(page, rig.Backend, "grace", "/rollouts");
        await Browser.PictureAsync(page, $"rollouts-{size}", "rollouts");
        await Axe.JudgeAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Plan a rollout" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("October");
        await page.GetByLabel("Why", new() { Exact = true }).FillAsync("the meter reads better");
        await page.Locator("select[name=release]").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("1 nodes match now.");
        await page.GetByLabel("With one of these tags").FillAsync("pilot");
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("0 nodes match now.");
        await page.GetByLabel("With one of these tags").FillAsync("");
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("1 nodes match now.");
        await Browser.PictureAsync(page, $"plan-{size}", "rollouts");
        Assert.False(await Browser.IsTooWideAsync(page));
        await Axe.JudgeAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Plan it" }).ClickAsync();
        await Assertions.Expect(page.GetByText("A second manager, not grace")).ToBeVisibleAsync();
        await rig.ActAsync("otieno", 1, "approve");
        await rig.ActAsync("otieno", 1, "start");

        // Nobody loads it again.
        await Assertions.Expect(page.GetByText("offered: 1")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Pause", new() { Exact = true }).First).ToBeVisibleAsync();
        await Browser.PictureAsync(page, $"rollout-{size}", "rollouts");
        Assert.False(await Browser.IsTooWideAsync(page));
        await Axe.JudgeAsync(page);
        Assert.Empty(browser.Errors);
    }

    [GeneratedRegex("<option value=\"(?<id>[0-9a-f]{16})\"[^>]*>2026")]
    private static partial Regex Release();

    [GeneratedRegex("action=\"(?<path>/rollouts/recalls/[0-9]+/approve)\"")]
    private static partial Regex Recall();
}
