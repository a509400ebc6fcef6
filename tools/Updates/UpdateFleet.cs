using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Release;

namespace DePin.Tools.Updates;

/// <summary>
/// A backend as a process of its own and a virtual fleet over TLS, on one clock that goes as fast as all nodes can follow; two managers, and
/// two release keys that backend and nodes trust.
/// </summary>
internal sealed class UpdateFleet : IAsyncDisposable
{
    private const string SecondManager = "second-manager";
    private const long StartUnixSeconds = 1_789_969_200;

    // The whole fleet waits while a node stands still: long enough for a busy machine, and no longer.
    private static readonly TimeSpan WatchdogLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    // A node in a bundle works on a thread of its own and its caller waits: without a bound the pool would answer that with hundreds of callers.
    private static readonly ParallelOptions AsManyAsProcessors = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private readonly ScaledClock _clock;
    private readonly BackendChild _backend;
    private readonly VirtualFleet _fleet;

    private UpdateFleet(ScaledClock clock, BackendChild backend, VirtualFleet fleet, FleetApi api, FleetApi second, ReleaseKey[] keys, LinkFaults faults)
    {
        _clock = clock;
        _backend = backend;
        _fleet = fleet;
        Api = api;
        Second = second;
        Keys = keys;
        Faults = faults;
    }

    /// <summary>The first manager's interface.</summary>
    public FleetApi Api { get; }

    /// <summary>The second manager's.</summary>
    public FleetApi Second { get; }

    /// <summary>The release keys that count, and a stranger's.</summary>
    public ReleaseKey[] Keys { get; }

    /// <summary>What all links do.</summary>
    public LinkFaults Faults { get; }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<VirtualNode> Nodes => _fleet.Nodes;

    /// <summary>Where the backend keeps its data.</summary>
    public string DataFolder => _backend.Options.DataFolder;

    /// <summary>Simulated time.</summary>
    public long UnixSeconds => _clock.UnixMilliseconds / 1000;

    /// <summary>Starts backend and fleet at eight in the morning where the fleet stands.</summary>
    public static async Task<UpdateFleet> StartAsync(int nodes, int seed, string folder, CancellationToken cancellationToken)
    {
        string data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data);
        ReleaseKey[] keys = [ReleaseKey.Create(), ReleaseKey.Create(), ReleaseKey.Create()];
        string settings = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new { api = new { requestsPerAccountAndMinute = 1_000_000 }, updates = new { releaseKeys = keys.Take(2).Select(key => Convert.ToHexStringLower(key.PublicKey)) } }), cancellationToken);
        ScaledClock clock = ScaledClock.StartStepped(Path.Combine(folder, "clock.json"), StartUnixSeconds * 1000);
        await ApiTokenFile.EnsureAsync(data, SecondManager, cancellationToken);
        var options = new BackendOptions { DataFolder = data, SettingsFile = settings, ClockFile = Path.Combine(folder, "clock.json"), MqttPlainPort = -1 };
        BackendChild backend = await BackendChild.StartAsync(options, cancellationToken);
        VirtualFleet? fleet = null;
        FleetApi? api = null;
        try
        {
            var faults = new LinkFaults();
            fleet = VirtualFleet.Open(new FleetOptions
            {
                Nodes = nodes,
                Seed = seed,
                Folder = Path.Combine(folder, "fleet"),
                GatewayPort = backend.Addresses.MqttTls.Port,
                AuthorityFile = Path.Combine(data, "ca.pem"),
                ReleaseKeys = [.. keys.Take(2).Select(key => key.PublicKey)],
                WatchdogLimit = WatchdogLimit,
                Between = (index, link) => new FaultyLink(link, faults, seed + index),
            });
            api = FleetApi.Open(backend.Addresses, data);
            await api.RegisterAsync(fleet.Registrations.Select((node, index) => NodeRegistration.OfVirtualNode(node, index, StartUnixSeconds)), cancellationToken);
            await api.FundAsync("trial", cancellationToken);
            return new UpdateFleet(clock, backend, fleet, api, FleetApi.Open(backend.Addresses, data, SecondManager), keys, faults);
        }
        catch
        {
            api?.Dispose();
            await (fleet?.DisposeAsync() ?? ValueTask.CompletedTask);
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets time pass until a fact is there; false where it did not come in so many simulated hours.</summary>
    /// <param name="isThere">Looks; it may ask the backend.</param>
    /// <param name="hours">Simulated hours, at most.</param>
    /// <param name="stepSeconds">Simulated seconds in a step of at least 20 ms.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<bool> RunUntilAsync(Func<Task<bool>> isThere, double hours, int stepSeconds, CancellationToken cancellationToken)
    {
        long end = UnixSeconds + (long)(hours * 3600);
        long looked = 0;
        using var timer = new PeriodicTimer(Breath);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (System.Diagnostics.Stopwatch.GetElapsedTime(looked) > BetweenLooks)
            {
                _backend.RequireAlive();
                if (await isThere())
                {
                    return true;
                }

                looked = System.Diagnostics.Stopwatch.GetTimestamp();
            }

            if (UnixSeconds >= end)
            {
                return await isThere();
            }

            _clock.StepTo(_clock.UnixMilliseconds + (stepSeconds * 1000L));
            Advance();
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Lets so many simulated hours pass.</summary>
    public Task RunForAsync(double hours, int stepSeconds, CancellationToken cancellationToken) => RunUntilAsync(() => Task.FromResult(false), hours, stepSeconds, cancellationToken);

    /// <summary>Serves the links at the same simulated moment until a fact is there.</summary>
    public async Task SettleAsync(Func<Task<bool>> isThere, TimeSpan limit, string otherwise, CancellationToken cancellationToken)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Breath);
        while (!await isThere())
        {
            _backend.RequireAlive();
            if (System.Diagnostics.Stopwatch.GetElapsedTime(began) > limit)
            {
                throw CommandException.Failed($"After {limit.TotalSeconds:0} s: {otherwise}.");
            }

            Advance();
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Publishes a release; its id. A refusal comes through as a sentence.</summary>
    public async Task<string> PublishAsync(TrialRelease release, byte[] signed, byte[]? bundle, CancellationToken cancellationToken)
    {
        if (bundle is not null)
        {
            await Api.PostBytesAsync($"api/artifacts?sha256={Convert.ToHexStringLower(release.Manifest.BundleSha256)}", bundle, cancellationToken);
        }

        return (string)(await Api.PostBytesAsync("api/releases?recordRunning=true", signed, cancellationToken))["id"]!;
    }

    /// <summary>Plans, approves and starts a rollout; its number.</summary>
    public async Task<long> StartRolloutAsync(string name, string release, JsonNode plan, CancellationToken cancellationToken)
    {
        JsonObject request = plan.DeepClone().AsObject();
        request["name"] = name;
        request["reason"] = "trial";
        request["release"] = release;
        long id = (long)(await Api.PostAsync("api/rollouts", request, cancellationToken))["id"]!;
        await Second.PostAsync($"api/rollouts/{id}/approve", new { reason = "looked at" }, cancellationToken);
        await Api.PostAsync($"api/rollouts/{id}/start", new { reason = "trial" }, cancellationToken);
        return id;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        Api.Dispose();
        Second.Dispose();
        await _backend.DisposeAsync();
        Array.ForEach(Keys, key => key.Dispose());
    }

    private void Advance()
    {
        long now = _clock.UnixMilliseconds;
        Parallel.ForEach(_fleet.Nodes, AsManyAsProcessors, node => node.Advance(now));
    }
}
