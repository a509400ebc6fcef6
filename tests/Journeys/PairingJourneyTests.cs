using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;
using DePin.Tests.Tools.Flash;
using Microsoft.Playwright;

namespace DePin.Tests.Journeys;

/// <summary>
/// From a bare board to a lamp that earns for who pressed its button: flashed over a pseudo-terminal with the real core, its label read by a
/// decoder nobody here wrote, the page of its address in real Chromium on a phone's screen. Pictures of each step go to artifacts/screenshots/pairing.
/// </summary>
public sealed class PairingJourneyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_label_made_by_flashing_is_scanned_and_the_lamp_earns_for_who_pressed_its_button()
    {
        var time = new AheadClock();
        await using FlashRig rig = await FlashRig.StartAsync(time: time);
        FlashOutcome flashed = await rig.FlashAsync("--label-format", "png");
        Assert.True(flashed.Code == 0, flashed.Output + flashed.Errors);
        string read = await ZbarAsync(flashed.Text("label")!);
        Assert.StartsWith($"QR-Code:HTTPS://FLEET.EXAMPLE/P/{rig.Board.NodeId}/", read, StringComparison.Ordinal);

        // The label names the fleet's public host; here its pages are on this machine.
        string address = $"http://localhost:{rig.Backend.Http.BaseAddress!.Port}";
        string page = address + read["QR-Code:HTTPS://FLEET.EXAMPLE".Length..].Trim();
        using (PagesClient joined = await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator))
        {
            // Njeri has an account; her phone has no session yet.
        }

        await using Browser browser = await Browser.StartAsync();
        IPage phone = await browser.OpenAsync(isPhone: true);
        await phone.Context.GrantPermissionsAsync(["geolocation"]);
        await phone.Context.SetGeolocationAsync(new Geolocation { Latitude = -0.0917f, Longitude = 34.768f });
        await phone.GotoAsync(page);
        await Browser.PictureAsync(phone, "pair-1-label", "pairing");
        await phone.GetByText("Sign in to pair it").ClickAsync();
        await phone.GetByLabel("Name", new() { Exact = true }).FillAsync("njeri");
        await phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await Browser.PictureAsync(phone, "pair-2-sign-in", "pairing");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await phone.GetByLabel("Name of the site").FillAsync("Kisumu, market");
        await phone.GetByText("Find the position").ClickAsync();
        await Assertions.Expect(phone.GetByLabel("Degrees north")).ToHaveValueAsync("-0.09170");
        await Browser.PictureAsync(phone, "pair-3-site", "pairing");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Pair it" }).ClickAsync();
        ILocator asked = phone.Locator("[data-state=Challenged] .big");
        await asked.WaitForAsync();
        await Browser.PictureAsync(phone, "pair-4-press", "pairing");
        rig.Board.PressButton(Presses(await asked.InnerTextAsync()));
        await phone.GetByText("Paired.").WaitForAsync();
        await Browser.PictureAsync(phone, "pair-5-paired", "pairing");

        using HttpResponseMessage funded = await rig.Backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        Assert.True(funded.IsSuccessStatusCode);

        // An hour passes for both; the real core closes its batch, signs and sends it.
        time.Ahead = TimeSpan.FromMinutes(70);
        await Eventually.HoldsAsync(() => EarnedMicroAsync(rig, "operator:njeri"), "the first readings are credited to her", deadlineSeconds: 120);
        await phone.GotoAsync($"{address}/nodes/{rig.Board.NodeId}");
        await Assertions.Expect(phone.GetByText("njeri earned 0.000000 credits")).ToBeHiddenAsync();
        await Browser.PictureAsync(phone, "pair-6-node", "pairing");
        await phone.GetByText("Move", new() { Exact = true }).ClickAsync();
        await phone.Locator("details[open]").GetByLabel("Name of the site").FillAsync("Kisumu, school");
        await phone.Locator("details[open]").GetByLabel("Degrees north").FillAsync("-0.1");
        await phone.Locator("details[open]").GetByLabel("Degrees east").FillAsync("34.77");
        await phone.Locator("details[open]").GetByLabel("Why").FillAsync("the market moved");
        await phone.Locator("details[open]").GetByRole(AriaRole.Button).ClickAsync();
        await phone.GetByText("earn nothing for 7 days").WaitForAsync();
        await Browser.PictureAsync(phone, "pair-7-move-preview", "pairing");
        await DeskPicturesAsync(rig, browser, address);

        JsonNode node = JsonNode.Parse(await rig.Backend.Http.GetStringAsync($"/api/nodes/{rig.Board.NodeId}", Cancel))!;
        Assert.Equal(("njeri", "ngo-1", "Kisumu, market"), ((string?)node["operator"], (string?)node["capitalBuilder"], (string?)node["place"]));
        Assert.Empty(browser.Errors);
        Assert.False(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"), "the page is wider than the screen");
    }

    private static async Task<bool> EarnedMicroAsync(FlashRig rig, string account)
    {
        JsonNode accounts = JsonNode.Parse(await rig.Backend.Http.GetStringAsync("/api/accounts", Cancel))!;
        return accounts["items"]!.AsArray().Any(each => (string?)each!["name"] == account && long.Parse((string)each["pendingMicro"]!, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    // What a manager sees of it, on a desk.
    private static async Task DeskPicturesAsync(FlashRig rig, Browser browser, string address)
    {
        using (await PagesClient.JoinedAsync(rig.Backend, "grace", Roles.Manager))
        {
            // Grace has an account; her desk has no session yet.
        }

        IPage desk = await browser.OpenAsync(isPhone: false);
        await desk.GotoAsync($"{address}/sign-in?back=/nodes/{rig.Board.NodeId}");
        await desk.GetByLabel("Name", new() { Exact = true }).FillAsync("grace");
        await desk.GetByLabel("Password").FillAsync(PagesClient.Password);
        await desk.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await desk.GetByText("What happened").WaitForAsync();
        await Browser.PictureAsync(desk, "desk-1-node", "pairing");
        await desk.GotoAsync(address + "/nodes");
        await Browser.PictureAsync(desk, "desk-2-nodes", "pairing");
    }

    [Fact]
    public async Task Labels_are_scanned_in_the_page_by_a_camera_that_is_shown_one()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        FlashOutcome flashed = await rig.FlashAsync("--label-format", "png");
        Assert.True(flashed.Code == 0, flashed.Output + flashed.Errors);
        string film = rig.PathOf("label.mjpeg");
        await RunAsync("ffmpeg", "-loglevel", "error", "-loop", "1", "-t", "2", "-r", "10", "-i", flashed.Text("label")!, "-vf", "scale=-2:460:flags=neighbor,pad=640:480:(ow-iw)/2:(oh-ih)/2:white,format=yuvj420p", "-c:v", "mjpeg", film);
        using (await PagesClient.JoinedAsync(rig.Backend, "njeri", Roles.Operator))
        {
            // Njeri has an account; her phone has no session yet.
        }

        await using Browser browser = await Browser.StartAsync(film);
        IPage phone = await browser.OpenAsync(isPhone: true);
        await phone.Context.GrantPermissionsAsync(["camera"]);
        await phone.GotoAsync($"http://localhost:{rig.Backend.Http.BaseAddress!.Port}/sign-in?back=/pair");
        await phone.GetByLabel("Name", new() { Exact = true }).FillAsync("njeri");
        await phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await phone.GetByLabel("Name of the site").FillAsync("Kisumu, market");
        await phone.GetByLabel("Degrees north").FillAsync("-0.0917");
        await phone.GetByLabel("Degrees east").FillAsync("34.768");
        await Browser.PictureAsync(phone, "scan-1-site", "pairing");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Scan labels" }).ClickAsync();
        await Assertions.Expect(phone.Locator("#seen")).ToContainTextAsync(rig.Board.NodeId!);
        await Browser.PictureAsync(phone, "scan-2-camera", "pairing");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Stop the camera" }).ClickAsync();
        ILocator asked = phone.Locator("[data-state=Challenged] .big");
        await asked.WaitForAsync();
        await Browser.PictureAsync(phone, "scan-3-press", "pairing");
        rig.Board.PressButton(Presses(await asked.InnerTextAsync()));
        await phone.GetByText("Paired.").WaitForAsync();
        await Browser.PictureAsync(phone, "scan-4-paired", "pairing");
        Assert.Empty(browser.Errors);
    }

    private static int Presses(string asked) => int.Parse(asked.Split("button ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        string errors = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, errors);
    }

    private static async Task<string> ZbarAsync(string picture)
    {
        using Process process = Process.Start(new ProcessStartInfo("zbarimg", ["-q", "--", picture]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return output.Trim();
    }
}
