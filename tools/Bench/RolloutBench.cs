using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Release;
using DePin.Tools.Rollout;

namespace DePin.Tools.Bench;

/// <summary>What a rollout to many nodes cost.</summary>
internal sealed record RolloutBenchResult(
    int Nodes, int BundleBytes, int Confirmed, double Seconds, double ConfirmedPerMinute, int OffersPerMinuteLimit, double MostOffersInAMinute, double BackendCpuSeconds, double BackendCpuMillisecondsPerNode,
    double MemoryMbConnected, double MemoryMbPeak, double MemoryBytesPerNode, long SentBytes, double SentShare, int BusyAnswers, string RolloutState, IReadOnlyList<string> Problems)
{
    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}

/// <summary>Gives one release to thousands of light nodes over the real gateway: canary and two waves.</summary>
internal sealed class RolloutBench(int nodes, int bundleBytes, int offersPerMinute, string dataFolder, TextWriter notices)
{
    private const string SecondManager = "second-manager";
    private const double MostBytesPerNode = 2048;

    // What code that runs for the first time, the database's cache and the collector's slack take, however many nodes there are.
    private const double FixedMb = 32;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private int _confirmed;

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<RolloutBenchResult> RunAsync(CancellationToken cancellationToken)
    {
        using ReleaseKey one = ReleaseKey.Create(), two = ReleaseKey.Create();
        Directory.CreateDirectory(dataFolder);
        string settings = Path.Combine(dataFolder, "bench-settings.json");
        await File.WriteAllTextAsync(
            settings,
            JsonSerializer.Serialize(new { updates = new { releaseKeys = new[] { Convert.ToHexStringLower(one.PublicKey), Convert.ToHexStringLower(two.PublicKey) }, concurrentDownloads = 1000 }, gateway = new { maxAnonymousPerAddress = 19_000 } }),
            cancellationToken);
        await ApiTokenFile.EnsureAsync(dataFolder, SecondManager, cancellationToken);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = dataFolder, SettingsFile = settings }, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, dataFolder), second = FleetApi.Open(backend.Addresses, dataFolder, SecondManager);
        await notices.WriteLineAsync($"Making {nodes} nodes ...");
        var fleet = new LightNode[nodes];
        Parallel.For(0, nodes, index => fleet[index] = new LightNode(new Lamp(index), _ => Interlocked.Increment(ref _confirmed)));
        try
        {
            long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            await api.RegisterAsync(fleet.Select(node => node.Lamp.Registration(now)), cancellationToken);
            await OpenAsync(fleet, backend.Addresses, cancellationToken);
            string release = await PublishAsync(api, one, two, now, cancellationToken);
            return await MeasureAsync(fleet, backend, api, second, release, cancellationToken);
        }
        finally
        {
            Array.ForEach(fleet, node => node.Dispose());
            Array.ForEach(fleet, node => node.Lamp.Dispose());
        }
    }

    private async Task<RolloutBenchResult> MeasureAsync(LightNode[] fleet, BackendChild backend, FleetApi api, FleetApi second, string release, CancellationToken cancellationToken)
    {
        var plan = new
        {
            name = "bench",
            reason = "bench",
            release,
            canary = new { nodes = Math.Max(1, nodes / 100) },
            waves = new[] { new { percent = 50 }, new { percent = 100 } },
            gate = new { executedPercent = 99, failedPercent = 0, soakMinutes = 0 },
            rate = new { offersPerMinute, concurrentDownloads = 1000 },
        };
        long id = (long)(await api.PostAsync("api/rollouts", plan, cancellationToken))["id"]!;
        await second.PostAsync($"api/rollouts/{id}/approve", new { reason = "bench" }, cancellationToken);
        double before = Processes.MemoryMb(backend.ProcessId), cpuBefore = Processes.CpuSeconds(backend.ProcessId), peak = before;
        await api.PostAsync($"api/rollouts/{id}/start", new { reason = "bench" }, cancellationToken);
        await notices.WriteLineAsync($"{nodes} nodes are connected; the backend has {before:0} MB. The rollout is open ...");
        long began = Stopwatch.GetTimestamp();
        JsonNode rollout = JsonNode.Parse("{}")!;
        int pinged = 0;
        using var timer = new PeriodicTimer(Moment);
        do
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            backend.RequireAlive();
            long ms = Environment.TickCount64;
            foreach (LightNode node in fleet.Where(node => node.AsksAgainAtMs != 0 && node.AsksAgainAtMs < ms))
            {
                node.Ask();
            }

            // Each is heard twice in its keep-alive of a minute.
            for (int part = 0; part <= nodes / 30; part++)
            {
                fleet[pinged++ % nodes].Ping();
            }

            peak = Math.Max(peak, Processes.MemoryMb(backend.ProcessId));
            rollout = await api.GetAsync($"api/rollouts/{id}", cancellationToken);
        }
        while (!RolloutTable.IsAtRest(rollout) && Stopwatch.GetElapsedTime(began) < Limit);

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds, cpu = Processes.CpuSeconds(backend.ProcessId) - cpuBefore;
        long sent = rollout["waves"]!.AsArray().Sum(wave => (long)wave!["sentBytes"]!);
        double perNode = (peak - before) * 1024 * 1024 / nodes, mostOffers = MostInAMinute([.. fleet.Where(node => node.OfferedAtMs != 0).Select(node => node.OfferedAtMs).Order()]);
        string state = RolloutTable.State(rollout);
        var result = new RolloutBenchResult(
            nodes, bundleBytes, _confirmed, Math.Round(seconds, 1), Math.Round(_confirmed / seconds * 60, 1), offersPerMinute, mostOffers, Math.Round(cpu, 1), Math.Round(cpu * 1000 / nodes, 2),
            Math.Round(before, 1), Math.Round(peak, 1), Math.Round(perNode), sent, Math.Round(sent / ((double)bundleBytes * nodes), 3), fleet.Sum(node => node.Busy), state, []);
        return result with { Problems = [.. Problems(result, fleet, (string?)rollout["reason"])] };
    }

    private IEnumerable<string> Problems(RolloutBenchResult result, LightNode[] fleet, string? reason)
    {
        if (result.RolloutState != "done" || result.Confirmed < nodes)
        {
            yield return $"{result.Confirmed} of {nodes} nodes have it and the rollout is {result.RolloutState}{(reason is null ? "" : $": {reason}")}";
        }

        if (result.MostOffersInAMinute > offersPerMinute)
        {
            yield return $"{result.MostOffersInAMinute} offers were made in a minute, and {offersPerMinute} are the limit";
        }

        double grownMb = result.MemoryMbPeak - result.MemoryMbConnected;
        if (grownMb > FixedMb + (MostBytesPerNode * nodes / 1024 / 1024))
        {
            yield return $"memory grew by {grownMb:0} MB, and {MostBytesPerNode:0} bytes a node and {FixedMb:0} MB are the limit";
        }

        if (Array.Find(fleet, node => node.Closed is not null) is { } closed)
        {
            yield return $"a connection was lost: {closed.Lamp.Id}: {closed.Closed}";
        }
    }

    private static double MostInAMinute(long[] sortedMs)
    {
        int most = 0;
        for (int first = 0, last = 0; last < sortedMs.Length; last++)
        {
            while (sortedMs[last] - sortedMs[first] >= 60_000)
            {
                first++;
            }

            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private static async Task OpenAsync(LightNode[] fleet, BackendAddresses addresses, CancellationToken cancellationToken)
    {
        Backend.SocketAddress plain = addresses.MqttPlain ?? throw CommandException.Failed("The backend opened no plain port on loopback, which the load generator needs.");
        var gateway = new IPEndPoint(IPAddress.Parse(plain.Host), plain.Port);
        var options = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(fleet, options, async (node, token) => await node.OpenAsync(gateway, token));
        }
        catch (Exception problem) when (problem is SocketException or IOException or TimeoutException)
        {
            throw CommandException.Failed($"A node could not log in: {problem.Message}", problem);
        }
    }

    private async Task<string> PublishAsync(FleetApi api, ReleaseKey one, ReleaseKey two, long now, CancellationToken cancellationToken)
    {
        byte[] bundle = RandomNumberGenerator.GetBytes(bundleBytes);
        var manifest = new ReleaseManifest
        {
            Release = "bench",
            Build = 2,
            Product = "bench",
            Profiles = [1],
            BundleBytes = bundle.Length,
            BundleSha256 = SHA256.HashData(bundle),
            Assembly = "bench.2",
            NotBeforeUnixSeconds = now - 60,
            ExpiresUnixSeconds = now + 86_400,
        };
        byte[] payload = manifest.Encode();
        byte[] signed = CountersignedMessage.Encode(payload, [one.KeyId, two.KeyId], [one.Sign(ReleaseManifest.Context, payload), two.Sign(ReleaseManifest.Context, payload)]);
        await api.PostBytesAsync("api/artifacts", bundle, cancellationToken);
        return (string)(await api.PostBytesAsync("api/releases?recordRunning=true", signed, cancellationToken))["id"]!;
    }
}
