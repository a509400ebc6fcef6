using System.Diagnostics;
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

/// <summary>
/// Gives releases to thousands of light nodes over the real gateway, all of them connected. The first goes to a quarter of them, the second to all:
/// canary and two waves. Both begin when all is quiet, so that what the second takes more than the first is what its nodes cost.
/// </summary>
internal sealed class RolloutBench(int nodes, int bundleBytes, int offersPerMinute, bool onPostgres, string dataFolder, TextWriter notices)
{
    private const string SecondManager = "second-manager";

    // A process has 20,000 open files on many machines, this one and the backend alike.
    private const int MostHere = 15_000;
    private const int TurnsPerSecond = 100;

    // A quarter of the nodes is theirs.
    private static readonly string[] FirstOperators = [.. Enumerable.Range(0, Lamp.Operators / 4).Select(Lamp.OperatorOf)];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>How long it is quiet before each rollout.</summary>
    public int QuietSeconds { get; init; } = 20;

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<RolloutBenchResult> RunAsync(CancellationToken cancellationToken)
    {
        using ReleaseKey one = ReleaseKey.Create(), two = ReleaseKey.Create();
        Directory.CreateDirectory(dataFolder);
        string settings = Path.Combine(dataFolder, "bench-settings.json");
        await File.WriteAllTextAsync(
            settings,
            JsonSerializer.Serialize(new { updates = new { releaseKeys = new[] { Convert.ToHexStringLower(one.PublicKey), Convert.ToHexStringLower(two.PublicKey) } }, gateway = new { maxAnonymousPerAddress = 19_000 } }),
            cancellationToken);
        await using PostgresServer? postgres = await PostgresServer.StartIfAsync(onPostgres, cancellationToken);
        var options = new BackendOptions { DataFolder = dataFolder, SettingsFile = settings, Postgres = await PostgresServer.CreateDatabaseIfAsync(postgres, cancellationToken) };
        await options.NameDatabaseAsync(cancellationToken);
        await ApiTokenFile.EnsureAsync(dataFolder, SecondManager, cancellationToken);
        await using BackendChild backend = await BackendChild.StartAsync(options, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, dataFolder), second = FleetApi.Open(backend.Addresses, dataFolder, SecondManager);
        await notices.WriteLineAsync($"Making {nodes} nodes ...");
        var fleet = new LightNode[nodes];
        Parallel.For(0, nodes, index => fleet[index] = new LightNode(new Lamp(index)));
        try
        {
            long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            await api.RegisterAsync(fleet.Select(node => node.Lamp.Registration(now)), cancellationToken);
            var crowd = new LightCrowd(fleet, MostHere);
            await crowd.OpenAsync(backend.Addresses, cancellationToken);
            var run = new Run(backend, api, second, crowd);
            await QuietAsync(run, cancellationToken);
            await notices.WriteLineAsync($"{crowd.Here} of {nodes} nodes are connected and quiet. A rollout to a quarter of them is open ...");
            (_, double peakOfQuarter) = await RollOutAsync(run, await PublishAsync(api, 2, one, two, now, cancellationToken), isToAll: false, cancellationToken);
            await QuietAsync(run, cancellationToken);
            return await MeasureAsync(run, fleet, await PublishAsync(api, 3, one, two, now, cancellationToken), peakOfQuarter, cancellationToken);
        }
        finally
        {
            Array.ForEach(fleet, node => node.Dispose());
        }
    }

    // Until each was here once, and a while more.
    private async Task QuietAsync(Run run, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Moment);
        for (int seconds = 0; seconds < QuietSeconds || !run.Crowd.AreAllSeen; seconds++)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            await TickAsync(run, cancellationToken);
        }

        await FullCollection.RunAsync(run.Backend.ProcessId, cancellationToken);
        await TickAsync(run, cancellationToken);
    }

    private async Task<RolloutBenchResult> MeasureAsync(Run run, LightNode[] fleet, string release, double peakOfQuarter, CancellationToken cancellationToken)
    {
        int process = run.Backend.ProcessId, confirmedBefore = fleet.Sum(node => node.Confirmed);
        double before = Processes.MemoryMb(process), cpuBefore = Processes.CpuSeconds(process);
        await notices.WriteLineAsync($"All is quiet again; the backend has {before:0} MB. The rollout to all is open ...");
        long began = Stopwatch.GetTimestamp(), beganMs = Environment.TickCount64;
        (JsonNode rollout, double peak) = await RollOutAsync(run, release, isToAll: true, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds, cpu = Processes.CpuSeconds(process) - cpuBefore;
        await FullCollection.RunAsync(process, cancellationToken);
        double after = Processes.MemoryMb(process);
        int confirmed = fleet.Sum(node => node.Confirmed) - confirmedBefore;
        long sent = rollout["waves"]!.AsArray().Sum(wave => (long)wave!["sentBytes"]!);
        long[] offers = [.. fleet.Where(node => node.OfferedAtMs >= beganMs).Select(node => node.OfferedAtMs).Order()];
        var result = new RolloutBenchResult(
            run.Backend.Options.DatabaseName, nodes, run.Crowd.Here, bundleBytes, confirmed, Math.Round(seconds, 1), Math.Round(confirmed / seconds * 60, 1), offersPerMinute, MostIn(offers, 60_000),
            Math.Round(offersPerMinute / 60.0, 1), Math.Round(MostIn(offers, 10_000) / 10.0, 1), Math.Round(cpu, 1), Math.Round(cpu * 1000 / nodes, 2), Math.Round(before, 1), Math.Round(peakOfQuarter, 1), Math.Round(peak, 1), Math.Round(after, 1),
            Math.Round((peak - peakOfQuarter) * 1024 * 1024 / (nodes - fleet.Count(node => FirstOperators.Contains(node.Lamp.Operator)))), Math.Round((after - before) * 1024 * 1024 / nodes), sent, Math.Round(sent / ((double)bundleBytes * nodes), 3), fleet.Sum(node => node.Busy), RolloutTable.State(rollout), []);
        return result with { Problems = [.. result.Wrongs((string?)rollout["reason"], Array.Find(fleet, node => node.Lost is not null) is { } lost ? $"{lost.Lamp.Id}: {lost.Lost}" : null)] };
    }

    private async Task<(JsonNode Rollout, double PeakMb)> RollOutAsync(Run run, string release, bool isToAll, CancellationToken cancellationToken)
    {
        var plan = new
        {
            name = "bench",
            reason = "bench",
            release,
            target = isToAll ? new { operators = (string[]?)null } : new { operators = (string[]?)FirstOperators },
            canary = new { nodes = Math.Max(1, nodes / 100) },
            waves = new[] { new { percent = 50 }, new { percent = 100 } },
            gate = new { executedPercent = 99, failedPercent = 0, soakMinutes = 0 },
            rate = new { offersPerMinute, concurrentDownloads = 1000 },
        };
        long id = (long)(await run.Api.PostAsync("api/rollouts", plan, cancellationToken))["id"]!;
        await run.Second.PostAsync($"api/rollouts/{id}/approve", new { reason = "bench" }, cancellationToken);
        await run.Api.PostAsync($"api/rollouts/{id}/start", new { reason = "bench" }, cancellationToken);
        long began = Stopwatch.GetTimestamp();
        double peak = 0;
        using var timer = new PeriodicTimer(Moment);
        while (true)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            await TickAsync(run, cancellationToken);
            peak = Math.Max(peak, Processes.MemoryMb(run.Backend.ProcessId));
            JsonNode rollout = await run.Api.GetAsync($"api/rollouts/{id}", cancellationToken);
            bool isWhole = RolloutTable.IsAtRest(rollout) && rollout["waves"]!.AsArray().All(wave => (long)wave!["nodes"]!["confirmed"]! == (long)wave["size"]!);
            if (isWhole || RolloutTable.State(rollout) is "paused" or "stopped" || Stopwatch.GetElapsedTime(began) > Limit)
            {
                return (rollout, peak);
            }
        }
    }

    // Each is heard twice in its keep-alive of a minute.
    private async Task TickAsync(Run run, CancellationToken cancellationToken)
    {
        run.Backend.RequireAlive();
        run.Crowd.Tick(pings: (nodes / 30) + 1);
        await run.Crowd.TurnAsync(TurnsPerSecond, cancellationToken);
    }

    private static double MostIn(long[] sortedMs, int windowMs)
    {
        int most = 0;
        for (int first = 0, last = 0; last < sortedMs.Length; last++)
        {
            while (sortedMs[last] - sortedMs[first] >= windowMs)
            {
                first++;
            }

            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private async Task<string> PublishAsync(FleetApi api, int build, ReleaseKey one, ReleaseKey two, long now, CancellationToken cancellationToken)
    {
        byte[] bundle = RandomNumberGenerator.GetBytes(bundleBytes);
        var manifest = new ReleaseManifest
        {
            Release = $"bench.{build}",
            Build = build,
            Product = "bench",
            Profiles = [1],
            BundleBytes = bundle.Length,
            BundleSha256 = SHA256.HashData(bundle),
            Assembly = $"bench.{build}",
            NotBeforeUnixSeconds = now - 60,
            ExpiresUnixSeconds = now + 86_400,
        };
        byte[] payload = manifest.Encode();
        byte[] signed = CountersignedMessage.Encode(payload, [one.KeyId, two.KeyId], [one.Sign(ReleaseManifest.Context, payload), two.Sign(ReleaseManifest.Context, payload)]);
        await api.PostBytesAsync("api/artifacts", bundle, cancellationToken);
        return (string)(await api.PostBytesAsync("api/releases?recordRunning=true", signed, cancellationToken))["id"]!;
    }

    private sealed record Run(BackendChild Backend, FleetApi Api, FleetApi Second, LightCrowd Crowd);
}
