using System.Diagnostics;
using System.Text.RegularExpressions;
using DePin.Node.Moving;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Journeys;

/// <summary>
/// A lamp whose village got another gateway: somebody holds its button and fills in its page, in real Chromium and with curl; the real
/// core moves from one backend to another, and back from one that does not answer.
/// </summary>
public sealed partial class LocalPageJourneyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_holds_the_button_and_the_page_takes_the_lamp_to_another_gateway()
    {
        await using RunningBackend first = await RunningBackend.StartAsync();
        using var folder = new TemporaryFolder();
        await using RunningBackend second = await RunningBackend.StartAsync(dataFolder: WithAuthorityOf(first, folder.File("data")));
        await using MovableLamp lamp = MovableLamp.For(first);
        await lamp.RegisterAsync(first);
        await lamp.RegisterAsync(second);
        await lamp.IsOnlineAtAsync(first);

        lamp.Board.HoldButton();
        await using Browser browser = await Browser.StartAsync();
        IPage phone = await browser.OpenAsync(isPhone: true);
        await phone.GotoAsync(lamp.Board.Page!.ToString());
        await Assertions.Expect(phone.GetByLabel("Network 1")).ToHaveValueAsync("village");
        await Assertions.Expect(phone.GetByLabel("Its key").First).ToHaveValueAsync("");
        Assert.DoesNotContain("a network's key", await phone.ContentAsync(), StringComparison.Ordinal);
        await Browser.PictureAsync(phone, "own-wifi-1-page");
        await phone.GetByLabel("Port").FillAsync("none");
        await phone.GetByText("Try these").ClickAsync();
        await phone.GetByText("Nothing was stored. The port is a number").WaitForAsync();
        await Browser.PictureAsync(phone, "own-wifi-2-wrong");
        await phone.GetByLabel("Network 2").FillAsync("clinic & école");
        await phone.GetByLabel("Its key").Nth(1).FillAsync("long enough");
        await phone.GetByLabel("Port").FillAsync(second.MqttTlsPort.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await phone.GetByText("Try these").ClickAsync();
        await phone.GetByText("Stored.").WaitForAsync();
        await Browser.PictureAsync(phone, "own-wifi-3-stored");
        // The page answers 400 where nothing was stored, and Chromium's console notes that.
        Assert.All(browser.Errors, error => Assert.Contains("400", error, StringComparison.Ordinal));

        await lamp.IsOnlineAtAsync(second);
        await lamp.StandsAsync(where => where.PageState == MoveState.Kept, "the first login keeps it");
        await lamp.StandsAsync(where => where.Settings!.NetworkNames.Length == 2 && where.Settings.Anchors.Length == 1, "networks are changed, anchors are not");
        Assert.Null(lamp.Board.Page);
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_is_left_after_a_day_and_the_page_says_so()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await using MovableLamp lamp = MovableLamp.For(backend);
        await lamp.RegisterAsync(backend);
        await lamp.IsOnlineAtAsync(backend);
        lamp.Board.HoldButton();
        Uri page = lamp.Board.Page!;
        string form = await CurlAsync(page.ToString());
        string token = TokenField().Match(form).Groups["token"].Value;
        Assert.Contains("an old one", await CurlAsync("-d", "n1=village&h=127.0.0.1&p=1&t=0", page.ToString()), StringComparison.Ordinal);
        string stored = await CurlAsync("--data-urlencode", "n1=village", "-d", "h=127.0.0.1", "-d", "p=1", "-d", "t=" + token, page.ToString());
        Assert.Contains("Stored.", stored, StringComparison.Ordinal);
        await lamp.StandsAsync(where => where.PageState == MoveState.Trying && where.Settings!.Port == 1, "the other gateway is tried");
        await Eventually.HoldsAsync(() => lamp.Board.Page is null, "the page closes by itself");
        await lamp.PassAsync(TimeSpan.FromHours(23));
        await lamp.StandsAsync(where => where.PageState == MoveState.Trying, "it is tried for a day");
        await lamp.PassAsync(TimeSpan.FromHours(1.5));
        await lamp.StandsAsync(where => where.PageState == MoveState.TakenBack, "the gateway before is back");
        await lamp.IsOnlineAtAsync(backend);
        lamp.Board.HoldButton();
        Assert.Contains("The last change was taken back: no login came.", await CurlAsync(lamp.Board.Page!.ToString()), StringComparison.Ordinal);
        await lamp.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Null(lamp.Board.Page);
        await lamp.IsOnlineAtAsync(backend);
    }

    // A gateway of the same fleet: its certificate is by the same authority.
    private static string WithAuthorityOf(RunningBackend backend, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "keys"));
        foreach (string file in (string[])["ca.pem", "keys/ca.key"])
        {
            File.Copy(Path.Combine(backend.DataFolder, file), Path.Combine(folder, file));
        }

        return folder;
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("curl", ["-s", "--max-time", "30", .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return output;
    }

    [GeneratedRegex("name=t value=(?<token>[0-9a-f]{16})>")]
    private static partial Regex TokenField();
}
