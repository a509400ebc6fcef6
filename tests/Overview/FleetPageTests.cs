using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DePin.Fleet;
using DePin.Fleet.Care;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Overview;

/// <summary>The fleet page as the backend makes it: list, filters, order, pages, counts, map and figures.</summary>
public sealed partial class FleetPageTests : IAsyncLifetime
{
    private const string Hostile = "<script>alert(1)</script>";
    private const long Start = 1_790_000_000;

    private readonly SteppedClock _time = new(Start);
    private readonly List<TestNode> _nodes = [];
    private RunningBackend _backend = null!;
    private PagesClient _mary = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time);
        _mary = await PagesClient.JoinedAsync(_backend, "mary", Roles.Manager);
    }

    public async ValueTask DisposeAsync()
    {
        _mary.Dispose();
        _nodes.ForEach(node => node.Dispose());
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_list_goes_on_page_by_page_in_each_order_and_names_each_node_once()
    {
        await RegisterAsync(60, i => ($"Site {i % 7}", i * 0.1, 30 + (i * 0.1), i % 2 == 0 ? "lamp-small" : "airnode"));
        foreach (string sort in (string[])["id", "site", "operator", "heard", "battery"])
        {
            List<string> seen = await AllAsync($"/fleet?sort={sort}");
            Assert.Equal(60, seen.Count);
            Assert.Equal(_nodes.Select(node => node.Id.ToString()).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        }

        Assert.Equal(_nodes.Select(node => node.Id.ToString()).Order(StringComparer.Ordinal), await AllAsync("/fleet"));
        Assert.Equal(30, (await AllAsync("/fleet?profile=airnode")).Count);
        Assert.Equal(9, (await AllAsync("/fleet?q=Site+0&sort=site")).Count);
        Assert.Equal([_nodes[3].Id.ToString()], await AllAsync($"/fleet?q={Uri.EscapeDataString(_nodes[3].Id.ToReadable().ToLowerInvariant())}"));
        Assert.Equal(10, (await AllAsync("/fleet?area=-0.05,29,0.95,40")).Count);
        Assert.Equal(8, (await AllAsync("/fleet?q=SITE+6")).Count);
        Assert.Equal(60, (await AllAsync("/fleet?q=te")).Count);
        Assert.Empty(await AllAsync("/fleet?q=%22site+0%22"));
        Assert.Empty(await AllAsync("/fleet?q=%25"));
        Assert.Empty(await AllAsync("/fleet?q=%25%25%25"));
        Assert.Empty(await AllAsync("/fleet?state=spare"));
    }

    [Fact]
    public async Task What_needs_attention_stands_on_top_and_follows_what_happens_to_nodes()
    {
        await RegisterAsync(4, i => ("Kisumu", -0.09, 34.77, "lamp-small"));
        var review = _backend.Part<Review>();
        await review.SuspendAsync(_nodes[0].Id.ToString(), "mary", "a second key", Sentence.OfStored("seen"), Sentence.OfStored("a visit"));
        await SendAsync(_nodes[1], readings: 2, delivered: 9000);
        await Eventually.HoldsAsync(async () => (await CountsAsync())["refused"] == 1, "the refusal is counted", 60);
        await SendAsync(_nodes[0]);
        await Eventually.HoldsAsync(async () => (await CountsAsync())["held"] == 1, "what is held is counted", 60);
        Assert.Equal(new Dictionary<string, long> { ["suspended"] = 1, ["silent"] = 0, ["refused"] = 1, ["held"] = 1, ["overdue"] = 0 }, await CountsAsync());
        Assert.Equal([_nodes[0].Id.ToString()], await AllAsync("/fleet?state=suspended"));
        Assert.Equal([_nodes[0].Id.ToString()], await AllAsync("/fleet?state=held"));
        Assert.Equal([_nodes[1].Id.ToString()], await AllAsync("/fleet?state=refused"));
        Assert.Equal(new[] { _nodes[2].Id.ToString(), _nodes[3].Id.ToString() }.Order(StringComparer.Ordinal), await AllAsync("/fleet?state=new"));
        Assert.Empty(await AllAsync("/fleet?state=well"));
        Assert.Equal(2, (await AllAsync("/fleet?state=attention")).Count);

        await review.LiftAsync(_nodes[0].Id.ToString(), "mary", "looked at");
        await review.DecideAsync(_nodes[0].Id.ToString(), null, isReleased: true, "mary", "it was right");
        _time.UnixSeconds += 8 * 86_400;
        await _backend.Part<FleetWatch>().WatchAsync(Cancel);
        Assert.Equal(new Dictionary<string, long> { ["suspended"] = 0, ["silent"] = 4, ["refused"] = 0, ["held"] = 0, ["overdue"] = 0 }, await CountsAsync());
        _time.UnixSeconds += 4 * 86_400;
        Assert.Equal(4, (await CountsAsync())["overdue"]);
        Assert.Equal(4, (await AllAsync("/fleet?state=overdue&sort=heard")).Count);
    }

    [Fact]
    public async Task An_address_that_asks_for_nothing_of_ours_is_told_so_and_never_obeyed()
    {
        await RegisterAsync(1, _ => (Hostile, 1, 1, "lamp-small"));
        foreach (string wrong in (string[])["state=nothing", "state=1", "sort=price", "profile=car", "firmware=xyz", "tag=Big+Tag", "area=1,2,3", "area=9,9,1,1", "after=x", "q=" + new string('x', 65)])
        {
            (HttpStatusCode status, string text) = await _mary.GetAsync($"/fleet?{wrong}");
            Assert.Equal((wrong, HttpStatusCode.BadRequest), (wrong, status));
            Assert.Contains("role=\"alert\"", text, StringComparison.Ordinal);
        }

        foreach (string path in (string[])["/fleet", $"/fleet?q={Uri.EscapeDataString(Hostile)}", $"/nodes/{_nodes[0].Id}", "/nodes", "/", "/review"])
        {
            (_, string text) = await _mary.GetAsync(path);
            Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
        }

        Assert.Contains(WebUtility.HtmlEncode(Hostile), (await _mary.GetAsync("/fleet")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_map_gathers_nodes_by_cells_and_names_a_node_that_stands_alone()
    {
        await RegisterAsync(5, i => ("x", i < 4 ? -0.09 + (i * 0.001) : 51, i < 4 ? 34.77 : -0.1, "lamp-small"));
        JsonArray world = await GetAsync("/fleet/map?area=-90,-180,90,180&zoom=2");
        Assert.Equal([(1L, _nodes[4].Id.ToString()), (4L, null)], world.Select(cell => ((long)cell!["nodes"]!, (string?)cell["nodeId"])).Order());
        Assert.Equal(4, (await GetAsync("/fleet/map?area=-0.1,34.76,-0.08,34.78&zoom=18")).Count);
        Assert.Equal(HttpStatusCode.BadRequest, (await _mary.GetAsync("/fleet/map?area=1,1,1,1&zoom=2")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _mary.GetAsync("/fleet/map?area=-90,-180,90,180&zoom=0")).Status);
    }

    [Fact]
    public async Task Plots_get_what_was_signed_by_hours_and_days_and_who_paid_gets_days_only()
    {
        await RegisterAsync(2, _ => ("Kisumu", -0.09, 34.77, "lamp-small"));
        string node = $"/nodes/{_nodes[0].Id}";
        await SendAsync(_nodes[0], readings: 12, delivered: 100);
        await SendAsync(_nodes[0], readings: 12, delivered: 100);
        _time.UnixSeconds = Start + (2 * 3600);
        JsonNode hours = null!;
        await Eventually.HoldsAsync(async () => Sum(hours = JsonNode.Parse((await _mary.GetAsync($"{node}/energy?by=hour&count=24")).Text)!, "delivered") > 2.39, "both batches are added up", 60);
        Assert.Equal(2.4, Sum(hours, "delivered"), 3);
        Assert.Equal(0.492, Sum(hours, "harvested"), 3);
        Assert.Equal(70.0, (double)hours["percent"]![0]!);
        Assert.All(hours["from"]!.AsArray(), at => Assert.Equal(0, (long)at! % 3600));
        JsonNode days = JsonNode.Parse((await _mary.GetAsync($"{node}/energy?by=day&count=7")).Text)!;
        Assert.Equal(2.4, Sum(days, "delivered"), 3);
        JsonNode fleet = JsonNode.Parse((await _mary.GetAsync("/fleet/energy?by=hour&count=24")).Text)!;
        Assert.Equal(2.4, Sum(fleet, "delivered"), 3);

        using PagesClient payer = await PagesClient.JoinedAsync(_backend, "ngo-1", Roles.CapitalBuilder);
        using PagesClient stranger = await PagesClient.JoinedAsync(_backend, "otieno", Roles.Operator);
        Assert.Equal(HttpStatusCode.Forbidden, (await payer.GetAsync($"{node}/energy?by=hour&count=24")).Status);
        Assert.Equal(HttpStatusCode.OK, (await payer.GetAsync($"{node}/energy?by=day&count=24")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await payer.GetAsync($"{node}/batches/1")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"{node}/energy?by=day&count=24")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"{node}/live")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _mary.GetAsync($"{node}/batches/13")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _mary.GetAsync($"{node}/energy?by=year&count=1")).Status);
        (_, string seen) = await payer.GetAsync(node);
        Assert.DoesNotContain("Kisumu", seen, StringComparison.Ordinal);
        Assert.Contains("-0.1 34.8", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_tiles_that_somebody_set_may_give_pictures_and_a_wrong_one_stops_the_start()
    {
        await using RunningBackend tiled = await RunningBackend.StartAsync(change: settings => settings with { Map = new MapSettings { Tiles = "https://tiles.example:8443/{z}/{x}/{y}.png", Attribution = "© <b>somebody</b>" } });
        using HttpResponseMessage answer = await tiled.Http.GetAsync("/", Cancel);
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("img-src 'self' https://tiles.example:8443 data:;", policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'self';", policy, StringComparison.Ordinal);
        foreach (string wrong in (string[])["http://tiles.example/{z}/{x}/{y}", "https://tiles.example/{z}/{x}", "https://a; script-src *.example/{z}/{x}/{y}", "https://{s}.example/{z}/{x}/{y}", "/{z}/{x}/{y}"])
        {
            Assert.Throws<StartRefusedException>(() => new FleetSettings { Map = new MapSettings { Tiles = wrong } }.Checked());
        }
    }

    private async Task RegisterAsync(int count, Func<int, (string Place, double Latitude, double Longitude, string Profile)> what)
    {
        var requests = new List<NodeRequest>();
        for (int i = 0; i < count; i++)
        {
            (string place, double latitude, double longitude, string profile) = what(i);
            var node = new TestNode { OpensUnixSeconds = Start - 7200 };
            _nodes.Add(node);
            requests.Add(node.Registration(profile, place) with { Latitude = latitude, Longitude = longitude, PairedFromUnixSeconds = Start - 86_400 });
        }

        using HttpResponseMessage answer = await _backend.Http.PostAsJsonAsync("/api/nodes", requests, Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private async Task SendAsync(TestNode node, int readings = 12, int delivered = 100)
    {
        var sink = new CollectingSink(_backend.Part<IngestPipeline>(), _backend.Part<NodeDirectory>().Find(node.Id)!, node.Session, _time.UnixSeconds * 1000);
        await sink.AskAsync(node.SignNext(readings, delivered));
    }

    private async Task<JsonArray> GetAsync(string path) => JsonNode.Parse((await _mary.GetAsync(path)).Text)!.AsArray();

    private static double Sum(JsonNode energy, string name) => energy[name]!.AsArray().Sum(value => value is null ? 0 : (double)value);

    // Follows the pages as somebody would.
    private async Task<List<string>> AllAsync(string path)
    {
        var seen = new List<string>();
        for (string? next = path; next is not null;)
        {
            (HttpStatusCode status, string text) = await _mary.GetAsync(next);
            Assert.Equal(HttpStatusCode.OK, status);
            seen.AddRange(Row().Matches(text).Select(match => match.Groups["id"].Value));
            next = More().Match(text) is { Success: true } more ? WebUtility.HtmlDecode(more.Groups["path"].Value) : null;
        }

        return seen;
    }

    private async Task<Dictionary<string, long>> CountsAsync() => Count().Matches((await _mary.GetAsync("/fleet")).Text)
        .ToDictionary(match => match.Groups["state"].Value, match => long.Parse(match.Groups["nodes"].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal);

    [GeneratedRegex("<tr data-node=\"(?<id>[^\"]+)\"")]
    private static partial Regex Row();

    [GeneratedRegex("<a class=\"button\" href=\"(?<path>/fleet[^\"]*)\"")]
    private static partial Regex More();

    [GeneratedRegex("<a href=\"/fleet\\?state=(?<state>[a-z]+)\"><b>(?<nodes>[0-9]+)</b>")]
    private static partial Regex Count();
}
