using System.Diagnostics;
using System.Text.Json.Nodes;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Drives a real backend in a process of its own as hard as it goes: N lamps on plain loopback connections, each with one signed
/// batch under way. Says what had its receipt, what that cost, and how it compares with verifying alone. Several backends stand behind a real HAProxy,
/// which divides the lamps among them.
/// </summary>
internal sealed class IngestBench(IngestLoad load, string dataFolder, TextWriter notices)
{
    // More than the backend can take, and more than one lamp can send, so that no lamp runs out before the end. A batch is an hour, and what is older than a year earns nothing.
    private const int SignedPerSecond = 18_000, MostPerLampAndSecond = 1_500, MostPerLamp = 8_700;

    private static readonly TimeSpan VerifyTime = TimeSpan.FromSeconds(2);

    // Receipts go before verdicts, so that more waits after a longer load.
    private readonly TimeSpan _backlogLimit = TimeSpan.FromSeconds(120 + (2 * load.Seconds));

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<IngestResult> RunAsync(CancellationToken cancellationToken)
    {
        if (load.BesideUsual)
        {
            UsualWay.RequireInstalled(load.OnPostgres);
        }

        int batches = Math.Max(10, (int)Math.Min(MostPerLamp, Math.Min(SignedPerSecond / (double)load.Nodes, MostPerLampAndSecond) * (load.WarmSeconds + load.Seconds)));
        long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), batches);
        await notices.WriteLineAsync($"Signing {batches} batches for each of {load.Nodes} lamps ...");
        SignedHistory[] histories = LampFleet.Sign(load.Nodes, batches, from);
        await using PostgresServer? postgres = await PostgresServer.StartIfAsync(load.OnPostgres, cancellationToken);
        try
        {
            // First, so that nothing of the backend's is still on its way to the disk when the slower one is measured.
            UsualResult? usual = load.BesideUsual ? await UsualAsync(histories, postgres, cancellationToken) : null;
            IngestResult? alone = load.Idle > 0 ? await RunAsync(histories, from, Path.Combine(dataFolder, "alone"), postgres, 0, cancellationToken) : null;
            IngestResult result = await RunAsync(histories, from, dataFolder, postgres, load.Idle, cancellationToken);
            return result with
            {
                Usual = usual,
                TimesUsual = usual is null ? null : Math.Round(result.BatchesPerSecond / usual.BatchesPerSecond, 1),
                Alone = alone,
                TimesCpuAlone = alone is null ? null : Math.Round(result.AllCpuSecondsPerBatch / alone.AllCpuSecondsPerBatch, 2),
            };
        }
        finally
        {
            Array.ForEach(histories, history => history.Lamp.Dispose());
        }
    }

    private async Task<UsualResult> UsualAsync(SignedHistory[] histories, PostgresServer? postgres, CancellationToken cancellationToken)
    {
        string? database = await PostgresServer.CreateDatabaseIfAsync(postgres, cancellationToken, "usual");
        await notices.WriteLineAsync($"{load.Seconds} s of load the usual way ...");
        return await UsualBench.RunAsync(histories, load.Seconds, Path.Combine(dataFolder, "usual"), database, cancellationToken);
    }

    private async Task<IngestResult> RunAsync(SignedHistory[] histories, long from, string folder, PostgresServer? postgres, int idle, CancellationToken cancellationToken)
    {
        string? database = await PostgresServer.CreateDatabaseIfAsync(postgres, cancellationToken, $"fleet{idle}");
        var options = new BackendOptions { DataFolder = load.Instances == 1 ? folder : Path.Combine(folder, "backend"), Postgres = database };
        JsonNode? added = idle == 0 ? null : await OfflineBackend.RegisterIdleAsync(options, idle, null, notices, cancellationToken);
        long began = Stopwatch.GetTimestamp();
        await using Cluster cluster = await Cluster.StartAsync(options, load.Instances, cancellationToken);
        double startSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        double startCpuSeconds = await RestAsync(cluster, cancellationToken);
        using FleetApi api = FleetApi.Open(cluster.Instances[0].Addresses, options.DataFolder);
        await api.RegisterAsync(histories.Select(history => history.Lamp.Registration(from)), cancellationToken);
        await api.FundAsync("load-test", cancellationToken);
        double verifyBefore = VerifyLimit.Measure(histories, VerifyTime);
        await notices.WriteLineAsync($"{verifyBefore:0} signatures a second verify here with nothing else to do. Now {load.WarmSeconds} s of load to warm up, and {load.Seconds} s that are measured ...");

        LampConnection[] connections = [.. histories.Select(history => new LampConnection(history))];
        try
        {
            await LampFleet.OpenAsync(connections, cluster.PlainGateway, cancellationToken);
            IngestResult result = await MeasureAsync(connections, cluster, postgres, api, verifyBefore, cancellationToken);
            return result with { Database = options.DatabaseName, RatePerSecond = load.Rate, Idle = idle, StartSeconds = Math.Round(startSeconds, 2), StartCpuSeconds = Math.Round(startCpuSeconds, 2), DatabaseBytesPerIdle = (long?)added?["databaseBytesPerNode"] };
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }

    // What a backend does at its start and in its first minute is not the cost of batches: the load waits until it rests, and hears what it took.
    private async Task<double> RestAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        const double Rest = 0.1;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        double before, now = 0;
        do
        {
            before = now;
            await timer.WaitForNextTickAsync(cancellationToken);
            cluster.RequireAlive();
            now = ClusterCpu.Now(cluster, null).Instances.Sum();
        }
        while (now - before > Rest * load.Instances);
        return now;
    }

    private async Task<IngestResult> MeasureAsync(
        LampConnection[] connections, Cluster cluster, PostgresServer? postgres, FleetApi api, double verifyBefore, CancellationToken cancellationToken)
    {
        await WarmAsync(connections, api, cancellationToken);
        long storedBefore = (await api.SummaryAsync(cancellationToken)).BatchesStored;
        long[] receiptsBefore = await ReceiptsAsync(cluster, cancellationToken);
        ClusterCpu cpuBefore = ClusterCpu.Now(cluster, postgres);
        Task<(int Acknowledged, double Seconds)> loading = LampFleet.LoadAsync(connections, load.Seconds, load.Rate, cancellationToken);
        List<double> memory = await MemoryAsync(cluster, loading, TimeSpan.FromSeconds(load.Seconds / 10.0));
        (int acknowledged, double measured) = await loading;
        cluster.RequireAlive();
        long ended = Stopwatch.GetTimestamp();
        await AnsweredAsync(connections, cancellationToken);
        long backlog = (await api.SummaryAsync(cancellationToken)).VerdictBacklog;
        FleetSummary summary = await JudgedAsync(api, cancellationToken);
        double backlogSeconds = Stopwatch.GetElapsedTime(ended).TotalSeconds;
        ClusterCpu cpu = ClusterCpu.Now(cluster, postgres).Since(cpuBefore);
        long[] receipts = [.. (await ReceiptsAsync(cluster, cancellationToken)).Zip(receiptsBefore, (now, then) => now - then)];
        RequireSound(connections, summary);

        // Before and after: a machine that others share is not as fast from one minute to the next.
        double verifyLimit = (verifyBefore + VerifyLimit.Measure([.. connections.Select(connection => connection.History)], VerifyTime)) / 2;
        long stored = summary.BatchesStored - storedBefore;
        AckTimes times = AckTimes.Of(connections);
        return new IngestResult(
            load.Nodes,
            Math.Round(measured, 3),
            Math.Round(acknowledged / measured, 1),
            Math.Round(acknowledged / measured * LampHistory.ReadingsPerBatch, 1),
            backlog,
            Math.Round(backlogSeconds, 2),
            times.P50Ms,
            times.P99Ms,
            Math.Round(verifyLimit, 1),
            Math.Round(acknowledged / measured / verifyLimit, 3),
            Math.Round(cpu.Instances.Sum() / Math.Max(1, stored), 7),
            Math.Round(cluster.Instances.Max(instance => Processes.PeakMemoryMb(instance.ProcessId)), 1),
            memory,
            connections.Sum(connection => (long)connection.Rejected),
            Environment.ProcessorCount,
            MillisecondsEach(cpu.Postgres, stored),
            MillisecondsEach(cpu.Balancer, stored),
            [.. cluster.Instances.Select((instance, i) => new InstanceLoad(receipts[i], Math.Round(cpu.Instances[i], 2), MillisecondsEach(cpu.Instances[i], receipts[i])!.Value, Math.Round(Processes.PeakMemoryMb(instance.ProcessId), 1)))]);
    }

    private static async Task<List<double>> MemoryAsync(Cluster cluster, Task loading, TimeSpan every)
    {
        double Held() => Math.Round(cluster.Instances.Max(instance => Processes.MemoryMb(instance.ProcessId)), 1);
        List<double> held = [Held()];
        using var timer = new PeriodicTimer(every);
        while (await Task.WhenAny(loading, timer.WaitForNextTickAsync().AsTask()) != loading)
        {
            cluster.RequireAlive();
            held.Add(Held());
        }

        held.Add(Held());
        return held;
    }

    // A backend runs for months; in its first seconds under load a third of its time goes to compiling what it does often.
    private async Task WarmAsync(LampConnection[] connections, FleetApi api, CancellationToken cancellationToken)
    {
        if (load.WarmSeconds > 0)
        {
            await LampFleet.LoadAsync(connections, load.WarmSeconds, load.Rate, cancellationToken);
            await AnsweredAsync(connections, cancellationToken);
            await JudgedAsync(api, cancellationToken);
            Array.ForEach(connections, connection => connection.ForgetTimes());
        }
    }

    private static double? MillisecondsEach(double? cpuSeconds, long batches) => cpuSeconds is { } seconds ? Math.Round(seconds * 1000 / Math.Max(1, batches), 4) : null;

    // A receipt for each batch that an instance took; nobody logs in meanwhile.
    private static async Task<long[]> ReceiptsAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        var receipts = new List<long>();
        foreach (BackendChild instance in cluster.Instances)
        {
            using FleetApi api = FleetApi.Open(instance.Addresses, instance.Options.DataFolder);
            receipts.Add((await api.SummaryAsync(cancellationToken)).ReceiptsSent);
        }

        return [.. receipts];
    }

    // A figure counts only where the books behind it are right.
    private static void RequireSound(LampConnection[] connections, FleetSummary summary)
    {
        if (Array.Exists(connections, connection => connection.Acknowledged == connection.History.Count))
        {
            throw CommandException.Failed("A lamp had nothing left to send before the end: more --nodes send for longer.");
        }

        if (summary.LedgerSumAmount != 0 || summary.ReadingsCredited != summary.Readings)
        {
            throw CommandException.Failed($"The books are wrong: {summary.ReadingsCredited} of {summary.Readings} honest readings credited, the ledger adds up to {summary.LedgerSum}.");
        }
    }

    // Waits for what is still under way. Who has nothing to send is closed in time, which is no loss: so connections are looked at now.
    private static async Task AnsweredAsync(LampConnection[] connections, CancellationToken cancellationToken)
    {
        await Waiting.UntilAsync(() => !Array.Exists(connections, connection => connection is { IsUnderWay: true, Closed: null }), () => "Batches had no answer after the load", cancellationToken);
        if (Array.Find(connections, connection => connection.Closed is not null) is { } closed)
        {
            throw CommandException.Failed($"A connection was lost under load: {closed.History.Lamp.Id}: {closed.Closed}.");
        }
    }

    private async Task<FleetSummary> JudgedAsync(FleetApi api, CancellationToken cancellationToken)
    {
        FleetSummary? summary = null;
        await Waiting.UntilAsync(
            async () => (summary = await api.SummaryAsync(cancellationToken)) is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 },
            _backlogLimit, () => $"{summary!.VerdictBacklog} batches have no verdict", cancellationToken);
        return summary!;
    }
}

/// <summary>What <see cref="IngestBench"/> is to do.</summary>
/// <param name="Nodes">Lamps that send.</param>
/// <param name="Seconds">For how long.</param>
/// <param name="OnPostgres">On PostgreSQL, not SQLite.</param>
/// <param name="BesideUsual">The same the usual way as well.</param>
/// <param name="Idle">Nodes that are registered besides and send nothing; then the same without them as well.</param>
/// <param name="Instances">Backends; more than one only on PostgreSQL.</param>
/// <param name="WarmSeconds">Seconds of load before what is measured.</param>
/// <param name="Rate">Batches a second that the lamps send together; as fast as they get receipts where null.</param>
internal sealed record IngestLoad(int Nodes, int Seconds, bool OnPostgres = false, bool BesideUsual = false, int Idle = 0, int Instances = 1, int WarmSeconds = 0, int? Rate = null)
{
    /// <summary>Lamps behind HAProxy: it needs two open files for each connection, and 20,000 are the limit of a process on many machines.</summary>
    public const int MostBehindBalancer = 9_000;
}
