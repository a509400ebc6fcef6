using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Pairing;

/// <summary>A real backend with a recorded purchase, and nodes that a bench registered.</summary>
internal sealed class PairingRig : IAsyncDisposable
{
    public static readonly Dictionary<string, string> Site = new() { ["place"] = "Kisumu 12", ["latitude"] = "-0.09", ["longitude"] = "34.77" };

    private readonly List<TestNode> _nodes = [];
    private readonly SteppedClock? _time;

    private PairingRig(RunningBackend backend, SteppedClock? time) => (Backend, _time) = (backend, time);

    public RunningBackend Backend { get; }

    public SteppedClock Time => _time ?? throw new InvalidOperationException("this backend goes by the machine's clock");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts one; by the machine's clock where a browser is to keep its cookies.</summary>
    public static async Task<PairingRig> StartAsync(bool forBrowser = false)
    {
        SteppedClock? time = forBrowser ? null : new SteppedClock(1_789_000_000);
        RunningBackend backend = await RunningBackend.StartAsync(time);
        await BuyAsync(backend);
        return new PairingRig(backend, time);
    }

    /// <summary>Records a purchase of a hundred boards.</summary>
    public static async Task BuyAsync(RunningBackend backend)
    {
        using HttpClient manager = backend.As("mary", Roles.Manager);
        using HttpResponseMessage bought = await manager.PostAsJsonAsync("/api/production-runs", new { name = "r", profile = "lamp-small", bought = 100, unitPriceUsdCents = 2400, payer = "ngo-1", invoice = "1" }, Cancel);
        Assert.True(bought.IsSuccessStatusCode);
    }

    /// <summary>A node as it leaves the bench, and the path of its label's address.</summary>
    public async Task<(TestNode Node, string Label)> RegisterAsync(TestNode? again = null)
    {
        TestNode node = again ?? new TestNode { OpensUnixSeconds = 1_789_000_060 };
        if (again is null)
        {
            _nodes.Add(node);
        }

        return (node, await RegisterAsync(Backend, node, $"AA{_nodes.IndexOf(node):00}"));
    }

    /// <summary>Registers a node as a bench does; the path of its label's address.</summary>
    public static async Task<string> RegisterAsync(RunningBackend backend, TestNode node, string boardSerial)
    {
        using HttpClient technician = backend.As("tess", Roles.Technician);
        NodeRequest keys = node.Registration();
        using HttpResponseMessage answer = await technician.PostAsJsonAsync(
            "/api/registrations",
            new
            {
                keys.PublicKey,
                keys.LoginPassword,
                keys.DownKey,
                keys.Profile,
                productionRun = "r",
                boardSerial,
                firmware = "0102030405060708",
                selfTest = new { sensors = new[] { "panel" }, idleMicroamps = 1, batteryMillivolts = 3300 },
            },
            Cancel);
        JsonNode registered = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        Assert.True(answer.IsSuccessStatusCode, registered.ToString());
        return $"/p/{registered["nodeId"]}/{registered["claim"]}";
    }

    /// <summary>Sends the form of a label's page, and follows to the page of how it goes.</summary>
    public static async Task<(HttpStatusCode Status, string Text)> ShowAsync(PagesClient person, string label, Dictionary<string, string>? site = null)
    {
        (HttpStatusCode status, string text) = await person.SubmitAsync(label, site ?? Site);
        return status == HttpStatusCode.SeeOther ? await person.GetAsync(label) : (status, text);
    }

    /// <summary>Pairs a node as people do.</summary>
    public async Task PairAsync(TestNode node, string label, PagesClient person)
    {
        await using PairingNode connected = await PairingNode.ConnectAsync(Backend, node);
        await ShowAsync(person, label);
        await connected.PublishAsync(connected.Answer(await connected.HearAsync(DePin.Contracts.Pairing.PairChallenge.Challenge)));
        await connected.HearAsync(DePin.Contracts.Pairing.PairChallenge.Granted);
    }

    public long Number(string sql)
    {
        using DbConnection connection = Backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }

    public async ValueTask DisposeAsync()
    {
        _nodes.ForEach(node => node.Dispose());
        await Backend.DisposeAsync();
    }
}
