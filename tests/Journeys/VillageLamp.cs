using System.Net.Http.Json;
using System.Text.Json;
using DePin.Host;
using DePin.Host.Mqtt;
using DePin.Host.Simulation;
using DePin.Node.Metering;
using DePin.Tests.Support;

namespace DePin.Tests.Journeys;

/// <summary>One virtual lamp, its backend, and a clock that the story moves for both.</summary>
internal sealed class VillageLamp : IAsyncDisposable
{
    private const double Latitude = -0.09;
    private const double Longitude = 34.77;

    // 2026-01-01, 14:00 UTC: late afternoon in Kisumu.
    private const long Start = 1_767_276_000;

    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();

    private VillageLamp(RunningBackend backend, SteppedClock clock)
    {
        Backend = backend;
        Clock = clock;
    }

    public RunningBackend Backend { get; }

    public SteppedClock Clock { get; }

    public VirtualNode Node { get; private set; } = null!;

    public string NodeId => Node.Registration.NodeId;

    /// <summary>A backend that knows the lamp, and funds; the lamp has just been switched on.</summary>
    public static async Task<VillageLamp> SetUpAsync(Func<ISensors, ISensors>? tamper = null)
    {
        var clock = new SteppedClock(Start);
        var lamp = new VillageLamp(await RunningBackend.StartAsync(clock), clock);
        lamp.Node = lamp.Open("lamp", tamper);
        await lamp.Backend.RegisterAsync([lamp.Node.Registration]);
        await lamp.PostAsync("/api/funding", new { AmountMicro = "1000000000000", Reference = "story" });
        lamp.Node.Advance(clock.UnixMilliseconds);
        return lamp;
    }

    /// <summary>Somebody copies the lamp's key and flash while it is off: a second device that signs as the first.</summary>
    public VirtualNode OpenCopy()
    {
        foreach (string file in Directory.EnumerateFiles(_folder.File("lamp"), "*", SearchOption.AllDirectories))
        {
            string copy = file.Replace(_folder.File("lamp"), _folder.File("copy"), StringComparison.Ordinal);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return Open("copy", null);
    }

    /// <summary>Time passes for backend and nodes, minute by minute.</summary>
    public void Pass(TimeSpan time, params VirtualNode[] nodes)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += Step)
        {
            Clock.Pass(Step);
            Array.ForEach(nodes.Length == 0 ? [Node] : nodes, node => node.Advance(Clock.UnixMilliseconds));
        }
    }

    /// <summary>Real time passes until the fact holds; simulated time stands still.</summary>
    public Task ServeUntilAsync(Func<bool> fact, string name, params VirtualNode[] nodes) => Eventually.HoldsAsync(
        () =>
        {
            Array.ForEach(nodes.Length == 0 ? [Node] : nodes, node => node.Advance(Clock.UnixMilliseconds));
            return fact();
        },
        name,
        deadlineSeconds: 60);

    /// <summary>The lamp's last batch goes out, and the backend has judged all it stored.</summary>
    public async Task<JsonElement> FinishAsync()
    {
        Node.Stop();
        await ServeUntilAsync(() => Node.OutboxBatches == 0, "everything has its receipt");
        return await JudgedAsync();
    }

    /// <summary>The summary once nothing waits for a verdict.</summary>
    public async Task<JsonElement> JudgedAsync()
    {
        JsonElement summary = default;
        await Eventually.HoldsAsync(
            async () => (summary = await GetAsync("/api/summary")).GetProperty("readingsWithoutVerdict").GetInt64() == 0,
            "every reading has its verdict");
        Assert.Equal("0", summary.GetProperty("ledgerSum").GetString());
        return summary;
    }

    public Task<JsonElement> GetAsync(string path) => Backend.Http.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Backend.DisposeAsync();
        _folder.Dispose();
    }

    private VirtualNode Open(string name, Func<ISensors, ISensors>? tamper) => new(new VirtualNodeOptions
    {
        Profile = Profile.Named("lamp-small"),
        Folder = _folder.File(name),
        Seed = 20260101,
        Sky = new SeededClouds(5),
        Link = new MqttLink(GatewayAddress.Tls("127.0.0.1", Backend.MqttTlsPort, Backend.CaPath)),
        Latitude = Latitude,
        Longitude = Longitude,
        Place = "Kisumu 1",
        SynchronisesFlash = false,
        Tamper = tamper,
    });

    private async Task PostAsync(string path, object content)
    {
        using HttpResponseMessage response = await Backend.Http.PostAsJsonAsync(path, content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
