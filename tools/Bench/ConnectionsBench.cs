using System.Diagnostics;
using System.Net;
using System.Text.Json;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Holds as many idle lamps as backends have to, first plain, then over TLS: how fast they come in, what memory each takes after the backends
/// collected their garbage, and how batches of others are accepted meanwhile. At the end all go at once and come again, as after a mass outage.
/// With several instances an equal part of the lamps is at each, held by a process for each.
/// </summary>
internal sealed class ConnectionsBench(ConnectionsLoad load, string dataFolder, TextWriter notices)
{
    // Alone, beside plain ones, beside those over TLS.
    private const int Runs = 3;
    private const int Senders = 100;
    private const int BatchesPerSecondSigned = 6_000;
    private const double MebibyteBytes = 1024 * 1024;

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<ConnectionsResult> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataFolder);
        string settings = Path.Combine(dataFolder, "bench-settings.json"), logins = Path.Combine(dataFolder, "logins");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new { gateway = new { maxAnonymousPerAddress = CrowdChild.MostLamps } }), cancellationToken);
        await using PostgresServer? postgres = await PostgresServer.StartIfAsync(load.OnPostgres, cancellationToken);
        string? database = await PostgresServer.CreateDatabaseIfAsync(postgres, cancellationToken);
        var options = new BackendOptions { DataFolder = Path.Combine(dataFolder, "backend"), SettingsFile = settings, Postgres = database };
        await notices.WriteLineAsync($"Registering {Math.Max(load.Plain, load.Tls)} lamps, and {Senders} that send ...");
        await OfflineBackend.RegisterIdleAsync(options, Math.Max(load.Plain, load.Tls), logins, notices, cancellationToken);
        await using Cluster cluster = await Cluster.StartAsync(options, load.Instances, cancellationToken, hasBalancer: false);
        int batches = Math.Max(10, BatchesPerSecondSigned * load.Seconds / Senders);
        long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), Runs * batches);
        SignedHistory[] histories = LampFleet.Sign(Senders, Runs * batches, from);
        LampConnection[] senders = [.. histories.Select(history => new LampConnection(history))];
        try
        {
            using FleetApi api = FleetApi.Open(cluster.Instances[0].Addresses, options.DataFolder);
            await api.RegisterAsync(histories.Select(history => history.Lamp.Registration(from)), cancellationToken);
            await api.FundAsync("load-test", cancellationToken);
            foreach ((int i, BackendChild instance) in cluster.Instances.Index())
            {
                await LampFleet.OpenAsync(senders.Where((_, index) => index % load.Instances == i), instance.Addresses, cancellationToken);
            }

            double alone = await SendAsync(senders, batches, cancellationToken);
            KindOfConnection? plain = await HoldAsync(cluster, logins, load.Plain, isTls: false, senders, 2 * batches, cancellationToken);
            KindOfConnection? tls = await HoldAsync(cluster, logins, load.Tls, isTls: true, senders, 3 * batches, cancellationToken);
            return new ConnectionsResult(options.DatabaseName, load.Instances, Math.Round(alone), plain, tls);
        }
        finally
        {
            Array.ForEach(senders, sender => sender.Dispose());
            Array.ForEach(histories, history => history.Lamp.Dispose());
        }
    }

    private async Task<KindOfConnection?> HoldAsync(Cluster cluster, string logins, int lamps, bool isTls, LampConnection[] senders, int upTo, CancellationToken cancellationToken)
    {
        if (lamps == 0)
        {
            return null;
        }

        await CollectAsync(cluster, cancellationToken);
        double[] before = Memory(cluster);
        CrowdChild[] crowds = [.. cluster.Instances.Select((instance, i) => StartCrowd(instance, logins, FirstOf(lamps, i), FirstOf(lamps, i + 1), isTls))];
        try
        {
            // The processes are up before anybody looks at a clock.
            await EachAsync(crowds, CrowdChild.Look, cancellationToken);
            ClusterCpu cpuBefore = ClusterCpu.Now(cluster, null);
            double perSecond = await OpenAsync(crowds, lamps, cancellationToken);
            double cpu = ClusterCpu.Now(cluster, null).Since(cpuBefore).Instances.Sum();
            await CollectAsync(cluster, cancellationToken);
            double[] after = Memory(cluster);
            await notices.WriteLineAsync($"{lamps} are connected{(isTls ? " over TLS" : "")}, {perSecond:0} a second; the backend{(before.Length > 1 ? "s together" : "")} went from {before.Sum():0} to {after.Sum():0} MB. Batches of others ...");
            double accepted = await SendAsync(senders, upTo, cancellationToken);
            CrowdState[] states = await EachAsync(crowds, CrowdChild.Look, cancellationToken);
            await EachAsync(crowds, CrowdChild.Close, cancellationToken);
            double againPerSecond = await OpenAsync(crowds, lamps, cancellationToken);
            return new KindOfConnection(
                lamps, Math.Round(perSecond), Math.Round(cpu * 1000 / lamps, 3), BytesEach(before.Sum(), after.Sum(), lamps), Math.Round(accepted), Math.Round(againPerSecond),
                states.Sum(state => state.Lost), Array.Find(states, state => state.Reason is not null)?.Reason,
                [.. states.Select((state, i) => new InstanceMemory(state.Lamps, Math.Round(before[i], 1), Math.Round(after[i], 1), BytesEach(before[i], after[i], state.Lamps)))]);
        }
        finally
        {
            foreach (CrowdChild crowd in crowds)
            {
                await crowd.DisposeAsync();
            }
        }
    }

    private int FirstOf(int lamps, int instance) => (int)((long)lamps * instance / load.Instances);

    private static CrowdChild StartCrowd(BackendChild instance, string logins, int first, int end, bool isTls) => CrowdChild.Start(
        logins, first, end - first,
        isTls ? new IPEndPoint(IPAddress.Parse(instance.Addresses.MqttTls.Host), instance.Addresses.MqttTls.Port) : instance.Addresses.RequirePlain(),
        isTls ? Path.Combine(instance.Options.DataFolder, "ca.pem") : null);

    private static double BytesEach(double beforeMb, double afterMb, int lamps) => Math.Round((afterMb - beforeMb) * MebibyteBytes / Math.Max(1, lamps));

    private static double[] Memory(Cluster cluster) => [.. cluster.Instances.Select(instance => Processes.MemoryMb(instance.ProcessId))];

    private static Task CollectAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        cluster.RequireAlive();
        return Task.WhenAll(cluster.Instances.Select(instance => FullCollection.RunAsync(instance.ProcessId, cancellationToken)));
    }

    private static Task<CrowdState[]> EachAsync(CrowdChild[] crowds, string what, CancellationToken cancellationToken) => Task.WhenAll(crowds.Select(crowd => crowd.DoAsync(what, cancellationToken)));

    // Logins a second, all crowds at the same time.
    private static async Task<double> OpenAsync(CrowdChild[] crowds, int lamps, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await EachAsync(crowds, CrowdChild.Open, cancellationToken);
        return lamps / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    // Batches whose receipt came, a second.
    private async Task<double> SendAsync(LampConnection[] senders, int upTo, CancellationToken cancellationToken)
    {
        int before = senders.Sum(sender => sender.Acknowledged);
        long began = Stopwatch.GetTimestamp();
        Array.ForEach(senders, sender => sender.Run(upTo));
        await Task.Delay(TimeSpan.FromSeconds(load.Seconds), cancellationToken);
        double rate = (senders.Sum(sender => sender.Acknowledged) - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(senders, sender => sender.Stop());
        return Array.Find(senders, sender => sender.Closed is not null) is { } closed ? throw CommandException.Failed($"A connection was lost: {closed.History.Lamp.Id}: {closed.Closed}.") : rate;
    }
}

/// <summary>What <see cref="ConnectionsBench"/> is to do.</summary>
/// <param name="Plain">Plain lamps at once, over all instances; none with 0.</param>
/// <param name="Tls">The same over TLS.</param>
/// <param name="Seconds">For how long others send, each time.</param>
/// <param name="OnPostgres">On PostgreSQL, not SQLite; several instances need it.</param>
/// <param name="Instances">Backends.</param>
internal sealed record ConnectionsLoad(int Plain, int Tls, int Seconds, bool OnPostgres = false, int Instances = 1);
