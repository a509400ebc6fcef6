using DePin.Contracts.Pairing;
using DePin.Fleet.People;
using DePin.Tests.Support;
using Microsoft.Playwright;

namespace DePin.Tests.Pairing;

/// <summary>A phone in real Chromium on a line that is cut: what it keeps, what it sends later, and how it ends.</summary>
public sealed class PhoneTests : IAsyncLifetime
{
    private PairingRig _rig = null!;
    private Browser _browser = null!;
    private CutLine _line = null!;
    private IPage _phone = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await PairingRig.StartAsync(forBrowser: true);
        _browser = await Browser.StartAsync();
        _line = new CutLine(_rig.Backend.Http.BaseAddress!.Port);
        _phone = await _browser.OpenAsync(isPhone: true);
        using (await PagesClient.JoinedAsync(_rig.Backend, "otieno", Roles.Operator))
        {
            // The account is there; the phone signs in by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        await _line.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_claim_made_without_network_is_kept_and_sent_later_and_pairs_once()
    {
        (TestNode node, string label) = await _rig.RegisterAsync();
        await SignInAsync("/pair");
        await _phone.GotoAsync(_line.Address + "/pair");
        // What it keeps is there once the worker is active; whether it also looks after the page of now is chance.
        await _phone.WaitForFunctionAsync("navigator.serviceWorker.getRegistration().then((worker) => worker?.active?.state === 'activated')");
        _line.Cut();
        await _phone.GotoAsync(_line.Address + label);
        await Assertions.Expect(_phone.GetByText("There is no network.")).ToBeVisibleAsync();
        await FillAsync();
        await _phone.GetByRole(AriaRole.Button, new() { Name = "Pair it" }).ClickAsync();
        await Assertions.Expect(_phone.GetByText("Kept on this phone. It is sent")).ToBeVisibleAsync();
        await Browser.PictureAsync(_phone, "offline-1-kept", "pairing");

        // Closed and opened again without network: it is still there.
        await _phone.GotoAsync("about:blank");
        await _phone.GotoAsync(_line.Address + "/pair");
        await Assertions.Expect(_phone.GetByText("Kept on this phone. It is sent")).ToBeVisibleAsync();
        Assert.Equal(0, _rig.Number("SELECT count(*) FROM pairing"));
        _line.Mend();
        await Assertions.Expect(_phone.GetByText("Waiting for the node")).ToBeVisibleAsync();
        await using PairingNode board = await PairingNode.ConnectAsync(_rig.Backend, node);
        PairChallenge asked = await board.HearAsync(PairChallenge.Challenge);
        await Assertions.Expect(_phone.GetByText($"Press the button {asked.Presses} times now")).ToBeVisibleAsync();
        await Browser.PictureAsync(_phone, "offline-2-sent", "pairing");
        await board.PublishAsync(board.Answer(asked));
        await Assertions.Expect(_phone.GetByText("Paired.")).ToBeVisibleAsync();
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM pairing WHERE operator = 'otieno'"));
        await _phone.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(_phone.GetByText("Paired.")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_page_goes_on_by_itself_after_the_line_was_cut_and_the_backend_started_anew()
    {
        (TestNode node, string label) = await _rig.RegisterAsync();
        await SignInAsync(label);
        await FillAsync();
        await _phone.GetByRole(AriaRole.Button, new() { Name = "Pair it" }).ClickAsync();
        await Assertions.Expect(_phone.GetByText("Waiting for the node")).ToBeVisibleAsync();
        await Assertions.Expect(_phone.GetByText("Solar lamp")).ToBeVisibleAsync();
        _line.Cut();
        await _rig.Backend.RestartAsync();
        await using PairingNode board = await PairingNode.ConnectAsync(_rig.Backend, node);
        _line.Mend(_rig.Backend.Http.BaseAddress!.Port);
        PairChallenge asked = await board.HearAsync(PairChallenge.Challenge);
        await Assertions.Expect(_phone.GetByText($"Press the button {asked.Presses} times now")).ToBeVisibleAsync();
        await board.PublishAsync(board.Answer(asked));
        await Assertions.Expect(_phone.GetByText("Paired.")).ToBeVisibleAsync();
        Assert.Equal(1, _rig.Number("SELECT count(*) FROM pairing"));
    }

    [Fact]
    public async Task A_pin_on_a_map_without_any_server_of_tiles_says_where_the_node_stands()
    {
        (_, string label) = await _rig.RegisterAsync();
        await SignInAsync(label);
        await _phone.GetByLabel("Degrees north").FillAsync("-0.09");
        await _phone.GetByLabel("Degrees east").FillAsync("34.77");
        var elsewhere = new List<string>();
        _phone.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_line.Address, StringComparison.Ordinal))
            {
                elsewhere.Add(request.Url);
            }
        };
        await _phone.GetByText("Pin on a map").ClickAsync();
        await _phone.Locator("#map canvas").WaitForAsync();
        await _phone.Locator(".pin").WaitForAsync();
        await _phone.Locator("#map").ClickAsync(new() { Position = new Position { X = 100, Y = 60 } });
        await Assertions.Expect(_phone.GetByLabel("Degrees north")).Not.ToHaveValueAsync("-0.09");
        double north = double.Parse(await _phone.GetByLabel("Degrees north").InputValueAsync(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(north, -0.09, 1.5);
        await Browser.PictureAsync(_phone, "map", "pairing");
        Assert.Empty(elsewhere);
        Assert.Empty(_browser.Errors);
    }

    private async Task SignInAsync(string back)
    {
        await _phone.GotoAsync($"{_line.Address}/sign-in?back={Uri.EscapeDataString(back)}");
        await _phone.GetByLabel("Name", new() { Exact = true }).FillAsync("otieno");
        await _phone.GetByLabel("Password").FillAsync(PagesClient.Password);
        await _phone.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await _phone.GetByLabel("Name of the site").WaitForAsync();
    }

    private async Task FillAsync()
    {
        await _phone.GetByLabel("Name of the site").FillAsync("Kisumu 12");
        await _phone.GetByLabel("Degrees north").FillAsync("-0.09");
        await _phone.GetByLabel("Degrees east").FillAsync("34.77");
    }
}
