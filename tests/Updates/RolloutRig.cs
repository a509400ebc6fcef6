using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Tests.Support;

namespace DePin.Tests.Updates;

/// <summary>A running backend with two release keys, two managers, and a bundle.</summary>
internal sealed class RolloutRig : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];
    private readonly HttpClient _mary;
    private readonly HttpClient _otieno;

    private RolloutRig(RunningBackend backend, SteppedClock time, ReleaseKeys keys, ReleaseKeys roots)
    {
        Roots = roots;
        Backend = backend;
        Time = time;
        Keys = keys;
        _mary = backend.As("mary", Roles.Manager);
        _otieno = backend.As("otieno", Roles.Manager);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public RunningBackend Backend { get; }

    public SteppedClock Time { get; }

    public ReleaseKeys Keys { get; }

    public ReleaseKeys Roots { get; }

    public byte[] Bundle { get; } = RandomNumberGenerator.GetBytes((9 * 1024) + 100);

    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Bundle).AsSpan(0, 8));

    /// <summary>Starts one; at the machine's time where a browser is to keep its cookies.</summary>
    public static async Task<RolloutRig> StartAsync(bool forBrowser = false)
    {
        var keys = new ReleaseKeys(3);
        var roots = new ReleaseKeys(3);
        var time = new SteppedClock(forBrowser ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() : 1_790_000_000);
        return new RolloutRig(await RunningBackend.StartAsync(time, settings => settings with { Updates = settings.Updates with { ReleaseKeys = keys.Hex[..2], RootKeys = roots.Hex } }), time, keys, roots);
    }

    /// <summary>Registers a node that was heard once.</summary>
    public async Task<UpdateNode> NodeAsync(byte[]? firmware = null)
    {
        var node = new TestNode { OpensUnixSeconds = Time.UnixSeconds };
        _nodes.Add(node);
        await Backend.RegisterAsync(node);
        return await UpdateNode.ConnectAsync(Backend.MqttPlainPort, node, firmware);
    }

    /// <summary>Uploads the bundle and publishes its release; the release's id.</summary>
    public async Task<string> PublishAsync(Action<ReleaseManifest>? change = null, byte[]? bundle = null)
    {
        await UploadAsync(bundle ?? Bundle, HttpStatusCode.OK);
        return (string)(await PublishAsync(Keys.Release(bundle ?? Bundle, change), HttpStatusCode.OK))["id"]!;
    }

    public Task<JsonNode> UploadAsync(byte[] bytes, HttpStatusCode status, string query = "") => SendAsync(_mary, HttpMethod.Post, "/api/artifacts" + query, new ByteArrayContent(bytes), status);

    public Task<JsonNode> PublishAsync(byte[] signed, HttpStatusCode status, string query = "?recordRunning=true") =>
        SendAsync(_mary, HttpMethod.Post, "/api/releases" + query, new ByteArrayContent(signed), status);

    /// <summary>Plans a rollout, as mary.</summary>
    public async Task<long> PlanAsync(string? release, object? more = null)
    {
        JsonObject plan = JsonSerializer.SerializeToNode(more ?? new { }, JsonSerializerOptions.Web)!.AsObject();
        plan["name"] = "October";
        plan["reason"] = "the meter reads better";
        plan["release"] = release;
        plan["gate"] ??= new JsonObject { ["executedPercent"] = 100, ["failedPercent"] = 20, ["silentPercent"] = 20, ["silentHours"] = 24, ["soakMinutes"] = 10 };
        return (long)(await DoAsync("mary", HttpMethod.Post, "/api/rollouts", plan))["id"]!;
    }

    /// <summary>Plans, approves and starts.</summary>
    public async Task<long> StartAsync(string release, object? more = null)
    {
        long id = await PlanAsync(release, more);
        await ActAsync("otieno", id, "approve");
        await ActAsync("mary", id, "start");
        return id;
    }

    /// <summary>Somebody acts on a rollout, and may.</summary>
    public Task<JsonNode> ActAsync(string by, long id, string act, object? content = null, HttpStatusCode status = HttpStatusCode.OK) =>
        DoAsync(by, HttpMethod.Post, $"/api/rollouts/{id}/{act}", content ?? new { reason = "as agreed" }, status);

    public Task<JsonNode> DoAsync(string by, HttpMethod method, string path, object content, HttpStatusCode status = HttpStatusCode.OK) =>
        SendAsync(by == "mary" ? _mary : _otieno, method, path, JsonContent.Create(content), status);

    public async Task<JsonNode> GetAsync(string path) => (await Backend.Http.GetFromJsonAsync<JsonNode>(path, Cancel))!;

    public Task<JsonNode> RolloutAsync(long id) => GetAsync($"/api/rollouts/{id}");

    /// <summary>Waits until the rollout is in a state.</summary>
    public async Task<JsonNode> ReachesAsync(long id, string state, long? wave = null)
    {
        JsonNode rollout = null!;
        try
        {
            await Eventually.HoldsAsync(
                async () =>
                {
                    rollout = await RolloutAsync(id);
                    return (string?)rollout["state"] == state && (wave is null || (long?)rollout["wave"] == wave);
                },
                $"the rollout is {state}", 60);
        }
        finally
        {
            TestContext.Current.TestOutputHelper?.WriteLine(rollout?.ToJsonString() ?? "no answer");
        }

        return rollout;
    }

    /// <summary>Waits until so many nodes of a wave stand somewhere.</summary>
    public Task CountsAsync(long id, int wave, string name, long nodes) => Eventually.HoldsAsync(
        async () => (long)(await RolloutAsync(id))["waves"]![wave]!["nodes"]![name]! == nodes, $"{nodes} nodes of wave {wave} are {name}", 60);

    public async ValueTask DisposeAsync()
    {
        _mary.Dispose();
        _otieno.Dispose();
        _nodes.ForEach(node => node.Dispose());
        Keys.Dispose();
        Roots.Dispose();
        await Backend.DisposeAsync();
    }

    private static async Task<JsonNode> SendAsync(HttpClient http, HttpMethod method, string path, HttpContent content, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using HttpResponseMessage response = await http.SendAsync(request, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.StatusCode == status, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
