using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// How fast pages are with a large fleet in the database: a year of days and a week of hours for each node. The real backend serves on loopback, a signed-in
/// manager asks each address many times, and what is counted is from the request to the last byte of the answer.
/// </summary>
internal static partial class PagesBench
{
    private const int Times = 40;
    private const int NodesWithBatches = 20;
    private const int PageLimitMs = 200, FilterLimitMs = 300;
    private const string Manager = "bench", Password = "measured without hurry";

    public static object Run(int nodes, string? postgres)
    {
        string path = Directory.CreateTempSubdirectory("depin-pages-").FullName;
        try
        {
            return RunAsync(path, nodes, postgres).GetAwaiter().GetResult();
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static async Task<object> RunAsync(string path, int nodes, string? postgres)
    {
        long began = Stopwatch.GetTimestamp();
        (IReadOnlyList<string> ids, long bytes, string description) = await FillAsync(path, nodes, postgres);
        double fillSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        began = Stopwatch.GetTimestamp();
        await using FleetBackend backend = FleetBackend.Create(new FleetSettings { DataFolder = path, HttpPort = 0, MqttTlsPort = 0, MqttPlainPort = -1, LogLevel = LogLevel.None }, TimeProvider.System);
        await backend.StartAsync();
        double startSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        using HttpClient http = await SignedInAsync(backend);
        var pages = new List<PageTime>();
        foreach ((string address, int limit) in Addresses(ids))
        {
            pages.Add(await MeasureAsync(http, address, limit));
        }

        return new
        {
            nodes,
            databaseMb = bytes / 1024 / 1024,
            fillSeconds = Math.Round(fillSeconds, 1),
            startSeconds = Math.Round(startSeconds, 1),
            firstViewBytes = await FirstViewAsync(http),
            isWithin = pages.All(page => page.P95Ms < page.LimitMs),
            slowest = pages.MaxBy(page => page.P95Ms / page.LimitMs)!.Address,
            database = description,
            pages,
        };
    }

    private static async Task<(IReadOnlyList<string> Ids, long Bytes, string Database)> FillAsync(string path, int nodes, string? postgres)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using DataFolder folder = DataFolder.Open(path);
        using var database = Database.Open(folder, TimeProvider.System, postgres);
        using var writer = new StoreWriter(database);
        using var vault = DownKeyVault.Open(folder, hasNodes: false);
        var ids = new List<string>(nodes);
        while (ids.Count < nodes)
        {
            ids.AddRange(await writer.RunAsync(connection => PagesBenchStore.Nodes(connection, ids.Count, Math.Min(IdleNodes.NodesPerJob, nodes - ids.Count), vault, now)));
        }

        await writer.RunAsync(connection => PagesBenchStore.States(connection, now));
        await writer.RunAsync(connection => PagesBenchStore.Energy(connection, now));
        await writer.RunAsync(connection =>
        {
            for (int i = 0; i < Math.Min(NodesWithBatches, nodes); i++)
            {
                PagesBenchStore.Batches(connection, i + 1, ids[i], now);
            }
        });
        return (ids, await writer.RunAsync(PagesBenchStore.Finish), database.Description);
    }

    private static async Task<HttpClient> SignedInAsync(FleetBackend backend)
    {
        var accounts = backend.Services.GetRequiredService<Accounts>();
        (string? secret, Sentence? problem) = await accounts.InviteAsync(new Caller(0, "bench", Roles.Administrator), Manager, RoleNames.Together);
        var http = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri($"http://127.0.0.1:{backend.Listening.HttpPort}") };
        string form = await http.GetStringAsync($"/join/{secret ?? throw new InvalidOperationException($"{problem}")}");
        Match token = FormToken().Match(form);
        using var fields = new FormUrlEncodedContent([new("password", Password), new(token.Groups["name"].Value, token.Groups["value"].Value)]);
        using HttpResponseMessage joined = await http.PostAsync($"/join/{secret}", fields);
        joined.EnsureSuccessStatusCode();
        return http;
    }

    // Every page of managers, and the list with each of its filters and orders.
    private static IEnumerable<(string Address, int LimitMs)> Addresses(IReadOnlyList<string> ids)
    {
        foreach (string page in (string[])["/", "/fleet", "/fleet/map?area=-90,-180,90,180&zoom=2", "/fleet/map?area=-2,30,2,36&zoom=8", "/fleet/energy?by=hour&count=168", "/fleet/energy?by=day&count=366", $"/nodes/{ids[0]}", $"/nodes/{ids[^1]}",
            $"/nodes/{ids[ids.Count / 2]}/energy?by=hour&count=168", $"/nodes/{ids[ids.Count / 2]}/energy?by=day&count=366", $"/nodes/{ids[0]}/readings", "/nodes", "/rollouts", "/rollouts/new", "/review", "/care", "/home", "/money", "/money/terms", "/money/payouts", "/statement", "/people", "/account"])
        {
            yield return (page, PageLimitMs);
        }

        foreach (string filter in (string[])["state=attention", "state=suspended", "state=silent", "state=refused", "state=held", "state=overdue", "state=ticket", "state=well", "state=new", "state=spare", "state=retired", "sort=site", "sort=operator", "sort=heard", "sort=battery",
            "profile=lamp-small", "firmware=0000000000000001", "tag=region-7", "area=-1,30,1,32", "q=house+77777", "q=nothing+like+this", $"q={ids[ids.Count / 3]}", "state=well&sort=battery&q=village+12", "sort=heard&after=500~1"])
        {
            yield return ($"/fleet?{filter}", FilterLimitMs);
        }
    }

    private static async Task<PageTime> MeasureAsync(HttpClient http, string address, int limitMs)
    {
        int length = (await http.GetByteArrayAsync(address)).Length;
        double[] times = new double[Times];
        for (int i = 0; i < Times; i++)
        {
            long began = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(address);
            times[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(times);
        return new PageTime(address, length, Math.Round(times[Times / 2], 1), Math.Round(times[(Times * 95 / 100) - 1], 1), limitMs);
    }

    // The fleet page with everything that it loads before anybody scrolls, compressed as browsers ask for it.
    private static async Task<long> FirstViewAsync(HttpClient http)
    {
        long sum = 0;
        foreach (string address in (string[])["/fleet", PageAssets.Url("style.css"), PageAssets.Url("overview.css"), PageAssets.Url("fleet.js"), PageAssets.Url("live.js"), PageAssets.Url("plots.js"), PageAssets.Url("favicon.svg")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            using HttpResponseMessage answer = await http.SendAsync(request);
            sum += (await answer.Content.ReadAsByteArrayAsync()).Length;
        }

        return sum;
    }

    [GeneratedRegex("""<input type="hidden" name="(?<name>__[^"]+)" value="(?<value>[^"]+)"(?: /)?>""")]
    private static partial Regex FormToken();

    private sealed record PageTime(string Address, int Bytes, double P50Ms, double P95Ms, int LimitMs);
}
