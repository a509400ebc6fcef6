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
/// decoder nobody here wrote, the page of its address in real Chromium on a phone's screen. Pictures go where DEPIN_SCREENSHOTS says.
/// </summary>
public sealed class PairingJourneyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_label_made_by_flashing_is_scanned_and_the_lamp_earns_for_who_pressed_its_button()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
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
        await Browser.PictureAsync(phone, "pair-1-label");
        await phone.GetByText("Sign in to pair it").ClickAsync();
        await phone.GetByLabel("Name").FillAsync("njeri");
        await phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await Browser.PictureAsync(phone, "pair-2-sign-in");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await phone.GetByLabel("Name of the site").FillAsync("Kisumu, market");
        await phone.GetByText("Find the position").ClickAsync();
        await Assertions.Expect(phone.GetByLabel("Degrees north")).ToHaveValueAsync("-0.09170");
        await Browser.PictureAsync(phone, "pair-3-site");
        await phone.GetByRole(AriaRole.Button, new() { Name = "Pair it" }).ClickAsync();
        ILocator asked = phone.GetByText("Press the button");
        await asked.WaitForAsync();
        await Browser.PictureAsync(phone, "pair-4-press");
        int presses = int.Parse((await asked.InnerTextAsync()).Split("button ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        rig.Board.PressButton(presses);
        await phone.GetByText("Paired.").WaitForAsync();
        await Browser.PictureAsync(phone, "pair-5-paired");

        using HttpResponseMessage funded = await rig.Backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        Assert.True(funded.IsSuccessStatusCode);
        JsonNode node = JsonNode.Parse(await rig.Backend.Http.GetStringAsync($"/api/nodes/{rig.Board.NodeId}", Cancel))!;
        Assert.Equal(("njeri", "ngo-1", "Kisumu, market"), ((string?)node["operator"], (string?)node["capitalBuilder"], (string?)node["place"]));
        Assert.Empty(browser.Errors);
        Assert.False(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"), "the page is wider than the screen");
    }

    private static async Task<string> ZbarAsync(string picture)
    {
        using Process process = Process.Start(new ProcessStartInfo("zbarimg", ["-q", "--", picture]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return output.Trim();
    }
}
