using Microsoft.Playwright;

namespace DePin.Tests.Support;

/// <summary>Real Chromium, without a window. Notes every error that a page writes to its console.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly List<string> _errors = [];

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>What pages wrote to the console as errors.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Starts one; with a camera that shows this film, where one is named.</summary>
    public static async Task<Browser> StartAsync(string? cameraFilm = null)
    {
        // A machine that is busy with other tests takes its time.
        Assertions.SetDefaultExpectTimeout(30_000);
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", .. Camera(cameraFilm)],
        }));
    }

    /// <summary>A page of a desk's or a phone's size, with cookies of its own.</summary>
    public async Task<IPage> OpenAsync(bool isPhone)
    {
        IBrowserContext context = await _browser.NewContextAsync(isPhone ? new BrowserNewContextOptions(_playwright.Devices["Pixel 7"]) : new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Add(message.Text);
            }
        };
        return page;
    }

    /// <summary>Signs somebody in by the form, and goes on to a page.</summary>
    public static async Task SignInAsync(IPage page, RunningBackend backend, string name, string path)
    {
        await page.GotoAsync($"{backend.Http.BaseAddress}sign-in?back={Uri.EscapeDataString(path)}");
        await page.Locator("input[name=name]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync(PagesClient.Password);
        await page.Locator("main button").First.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(System.Text.RegularExpressions.Regex.Escape(path) + "$"), new() { Timeout = 60_000 });
    }

    /// <summary>Whether a page is wider than its screen.</summary>
    public static Task<bool> IsTooWideAsync(IPage page) => page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    /// <summary>Gives a page an authenticator as phones have one; it says yes to everything.</summary>
    public static async Task AddAuthenticatorAsync(IPage page)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable");
        await session.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }

    /// <summary>Keeps a picture of the whole page below artifacts/screenshots, or in the folder that DEPIN_SCREENSHOTS names.</summary>
    public static async Task PictureAsync(IPage page, string name, string folder = "")
    {
        string path = Environment.GetEnvironmentVariable("DEPIN_SCREENSHOTS") is { Length: > 0 } asked ? asked : Path.Combine(Checkout.Root, "artifacts", "screenshots", folder);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(path, name + ".png"), FullPage = true });
    }

    private static string[] Camera(string? film) =>
        film is null ? [] : ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", $"--use-file-for-fake-video-capture={film}"];

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
