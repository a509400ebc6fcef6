using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DePin.Fleet;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Verification;
using DePin.Fleet.Web;
using DePin.Tests.Support;

namespace DePin.Tests.Web;

public sealed class DashboardTests
{
    private const string Hostile = "<script>alert(\"1\")</script>&'";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_400);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_page_needs_no_token_and_nothing_from_elsewhere_and_says_all_without_its_script()
    {
        using var node = new TestNode { OpensUnixSeconds = 1_789_000_000 };
        await using RunningBackend backend = await RunningBackend.StartAsync(new SteppedClock(1_789_000_000));
        var sink = new CollectingSink(backend.Part<IngestPipeline>(), await backend.RegisterAsync(node), node.Session);
        await sink.AskAsync(node.SignNext(readings: 2, delivered: 9000));
        using var stranger = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        string page = "";
        await Eventually.HoldsAsync(() => (page = stranger.GetStringAsync("/", Cancel).GetAwaiter().GetResult()).Contains("OverRating", StringComparison.Ordinal), "the refusal is shown");

        Assert.Contains("delivered 9000 mWh in 300 s; an output of 8000 mW gives at most 734 mWh", page, StringComparison.Ordinal);
        Assert.Contains("0 of 1", page, StringComparison.Ordinal);
        Assert.Contains("system time", page, StringComparison.Ordinal);
        Assert.Equal([$"<script type=\"module\" src=\"{PageAssets.Url("refresh.js")}\">"], Regex.Matches(page, "<script[^>]*>", RegexOptions.NonBacktracking).Select(match => match.Value));
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        using HttpResponseMessage answer = await stranger.GetAsync("/", Cancel);
        Assert.StartsWith("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach ((string path, string type) in new[] { (PageAssets.Url("style.css"), "text/css"), (PageAssets.Url("favicon.svg"), "image/svg+xml") })
        {
            using HttpResponseMessage dress = await stranger.GetAsync(path, Cancel);
            Assert.Equal((HttpStatusCode.OK, type), (dress.StatusCode, dress.Content.Headers.ContentType?.MediaType));
        }

        // The page has two plots; only the style sheet keeps one of them from view.
        string style = await stranger.GetStringAsync(PageAssets.Url("style.css"), Cancel);
        Assert.Contains("svg.plot.narrow { display: none; }", style, StringComparison.Ordinal);
        Assert.Contains("svg.plot.wide, .roomy { display: none; }", style, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_figures_from_outside_are_shown_and_never_obeyed()
    {
        VerdictRow row = Row("[{\"first\":1,\"count\":1,\"outcome\":\"Refused\",\"name\":\"TooOld\",\"figures\":\"<script>alert(1)</script>\",\"uncreditedMilliwattHours\":0}]");
        string page = Render(1, [new EnergyQuarter(1_790_000_400 / 900, 5000, 7000)], [row], [new DashboardNode("1HKJ7M2YG63MMKAX", Hostile, Hostile, Hostile, null, Hostile)]);

        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains(WebUtility.HtmlEncode(Hostile), page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)", page, StringComparison.Ordinal);
        Assert.Contains("7.0 Wh", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scaled_clock_is_called_simulated_time() =>
        Assert.Contains("simulated time, 300 times as fast as real", Render(300, [], [], []), StringComparison.Ordinal);

    [Fact]
    public void The_plot_is_well_formed_whatever_it_shows()
    {
        long quarter = 1_790_000_400 / 900;
        foreach (EnergyQuarter[] energy in (EnergyQuarter[][])
        [
            [],
            [new(quarter, 0, 0)],
            [new(quarter - 95, 1, 1), new(quarter, long.MaxValue, 3)],
            [new(quarter - 5000, 1000, 1000), new(quarter + 9, 1000, 1000)],
        ])
        {
            var plot = XElement.Parse($"<div>{EnergyPlot.Draw(energy, quarter)}</div>");
            Assert.Equal(2, plot.Elements("svg").Count());
            Assert.DoesNotContain("NaN", plot.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("∞", plot.ToString(), StringComparison.Ordinal);
        }
    }

    private static string Render(double? scale, EnergyQuarter[] energy, VerdictRow[] rows, DashboardNode[] nodes) => DashboardPage.Render(new DashboardView(
        Now,
        scale,
        new Summary(1, 0, 1, 12, 11, new Dictionary<string, long>(), new Dictionary<string, long> { [nameof(VerdictName.TooOld)] = 1 }, 0, "1500000", "0", 1, 0, 0, new Dictionary<string, long>()),
        energy,
        rows,
        nodes), caller: null);

    private static VerdictRow Row(string detail) => new()
    {
        Batch = 1,
        NodeId = "1HKJ7M2YG63MMKAX",
        FirstReading = 1,
        LastReading = 1,
        OpenedUnixSeconds = long.MaxValue,
        Readings = 1,
        Refused = 1,
        PayloadHash = "",
        Detail = detail,
    };
}
