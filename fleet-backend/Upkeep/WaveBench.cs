using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using Microsoft.Extensions.Logging.Abstractions;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// What a rollout costs: a wave of so many nodes is opened, every node is offered the release, and the wave is counted. Stores, rules and step are the real
/// ones on a database of their own; nodes are rows that are said to be logged in, and the way down to them takes what it gets.
/// </summary>
internal static class WaveBench
{
    private const long Start = 1_790_000_000_000;
    private const int OffersPerMinute = 100_000;

    public static object Run(int nodes, string? postgres)
    {
        string path = Directory.CreateTempSubdirectory("depin-rollout-").FullName;
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
        var clock = new BenchClock(Start);
        using DataFolder folder = DataFolder.Open(path);
        using var database = Database.Open(folder, clock, postgres);
        using var writer = new StoreWriter(database);
        var directory = new NodeDirectory();
        var presence = new NodePresence();
        foreach (RegisteredNode node in await writer.RunAsync(connection => WaveBenchStore.Nodes(connection, nodes)))
        {
            directory.Add(node);
            presence.Reported(node, Status.Create(new byte[Session.Size], new byte[8]), Start);
        }

        long rollout = await writer.RunAsync(connection => Plan(connection, Start));
        var settings = new UpdateSettings();
        var link = new TakingLink();
        using var step = new RolloutStep(database, writer, new UpdateNotices(link, database), directory, presence, new Downloads(settings), clock, NullLogger<RolloutStep>.Instance);
        long bytesBefore = await writer.RunAsync(connection => connection.Bytes());
        long memoryBefore = GC.GetTotalMemory(forceFullCollection: true);

        long began = Stopwatch.GetTimestamp();
        await writer.RunAsync(connection => RolloutWaves.Open(connection, RolloutStore.Find(connection, rollout)!, ReleaseStore.Get(connection, 1), 0, null, "bench", Start));
        double openSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;

        began = Stopwatch.GetTimestamp();
        long steps = 0;
        TimeSpan longestStep = TimeSpan.Zero;
        while (link.Messages < nodes && steps++ < nodes)
        {
            clock.Pass(1000);
            long stepBegan = Stopwatch.GetTimestamp();
            await step.StepAsync(CancellationToken.None);
            TimeSpan took = Stopwatch.GetElapsedTime(stepBegan);
            longestStep = took > longestStep ? took : longestStep;
        }

        double offerSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        long memoryAfter = GC.GetTotalMemory(forceFullCollection: true);
        long bytesAfter = await writer.RunAsync(connection => connection.Bytes());
        began = Stopwatch.GetTimestamp();
        NodeCounts counts;
        using (DbConnection connection = database.OpenReader())
        {
            counts = RolloutView.Of(connection, RolloutStore.Find(connection, rollout)!, clock.GetUtcNow().ToUnixTimeMilliseconds()).Waves[0].Nodes;
        }

        double countSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        GC.KeepAlive(presence);
        return new
        {
            nodes,
            offered = counts.Offered,
            offersPerSecond = Math.Round(nodes / offerSeconds),
            steps,
            openWaveSeconds = Math.Round(openSeconds, 2),
            longestStepSeconds = Math.Round(longestStep.TotalSeconds, 2),
            countWaveSeconds = Math.Round(countSeconds, 3),
            databaseBytesPerNode = Math.Round((bytesAfter - bytesBefore) / (double)nodes, 1),
            memoryBytesPerNode = Math.Round((memoryAfter - memoryBefore) / (double)nodes, 2),
            memoryGrowthKib = (memoryAfter - memoryBefore) / 1024,
            database = database.Description,
        };
    }

    /// <summary>Stores an approved rollout of a release to every node in one wave; its number.</summary>
    internal static long Plan(DbConnection connection, long now)
    {
        byte[] bundle = SHA256.HashData([1]);
        var manifest = new ReleaseManifest { Release = "bench", Build = 1, Product = "bench", Profiles = [1], BundleBytes = UpdateLimits.BundleBytes, BundleSha256 = bundle, Assembly = "Bench", ExpiresUnixSeconds = now };
        byte[] payload = manifest.Encode();
        byte[][] ids = [[1, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0]];
        byte[] signed = CountersignedMessage.Encode(payload, ids, [Signature(payload), Signature(payload)]);
        ReleaseStore.AddArtifact(connection, bundle, UpdateLimits.BundleBytes, "bench", now);
        ReleaseStore.Insert(connection, new ReleaseRow
        {
            Hash = SHA256.HashData(payload),
            Message = signed,
            Name = manifest.Release,
            Build = 1,
            ProfilesText = JsonSerializer.Serialize(manifest.Profiles),
            Assembly = manifest.Assembly,
            Bundle = bundle,
            Digest = Convert.ToHexStringLower(bundle.AsSpan(0, 8)),
            By = "bench",
            MadeUnixMilliseconds = now,
        });
        var plan = new RolloutPlan(new Target(), new WavePlan(Percent: 100), [], new GateRules(), new RateRules(OffersPerMinute));
        long id = RolloutStore.Insert(connection, "bench", 1, plan, "one", now);
        RolloutStore.Approve(connection, id, "two", now);
        return id;
    }

    private static byte[] Signature(byte[] payload)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signature = key.SignData(payload, HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return signature;
    }

    // Seals nothing: that is measured where messages are.
    private sealed class TakingLink : INodeLink
    {
        public long Messages { get; private set; }

        public Task<bool> SendAsync(RegisteredNode node, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken)
        {
            _ = payload(new DownHeader(node.Id, new byte[Session.Size], ++Messages));
            return Task.FromResult(true);
        }

        public bool SendOpen(RegisteredNode node, string topic, byte[] message) => true;
    }

    private sealed class BenchClock(long unixMilliseconds) : TimeProvider
    {
        private long _now = unixMilliseconds;

        public void Pass(long milliseconds) => _now += milliseconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(_now);
    }
}
