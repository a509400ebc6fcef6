using System.Diagnostics;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Crash;
using DePin.Tools.Updates;

namespace DePin.Tools.Chaos;

/// <summary>
/// A virtual fleet lives against a real backend while one fault after the other befalls it, each kind as often as the others, in an order and with
/// lengths that follow from a seed. After each every node must come back by itself; at the end every promise is held against what is stored.
/// </summary>
internal sealed class ChaosJourney : IAsyncDisposable
{
    private const double Scale = 3600;
    private const int BreakSeconds = 1;
    private const int DiskMebibytes = 256;

    private static readonly TimeSpan FactLimit = TimeSpan.FromSeconds(90);

    // Long enough to hurt, short enough for many.
    private static readonly (double Least, double Most) CalmSeconds = (1, 4), FaultSeconds = (1, 5), WrongHours = (-24, 24);

    private readonly ChaosOptions _options;
    private readonly TextWriter _notices;
    private readonly ScaledClock _clock;
    private readonly SmallDisk? _disk;
    private readonly PostgresPair? _postgres;
    private readonly LinkFaults _links;
    private readonly VirtualFleet _fleet;
    private readonly Random _random;
    private readonly Dictionary<Fault, (int Times, double Slowest)> _done = [];
    private readonly Cluster _cluster;
    private readonly Visitor _visitor;
    private int _clocks;

    private ChaosJourney(ChaosOptions options, TextWriter notices, ScaledClock clock, SmallDisk? disk, PostgresPair? postgres, LinkFaults links, VirtualFleet fleet, Cluster cluster)
    {
        (_options, _notices, _clock, _disk, _postgres, _links, _fleet, _cluster) = (options, notices, clock, disk, postgres, links, fleet, cluster);
        _visitor = new Visitor(cluster.Http);
        _random = new Random(options.Seed);
    }

    /// <exception cref="CommandException">It could not be made, or a node did not come back; what else it finds is in the result.</exception>
    public static async Task<ChaosResult> RunAsync(ChaosOptions options, TextWriter notices, CancellationToken cancellationToken)
    {
        using SmallDisk? disk = options.OnPostgres ? null : await SmallDisk.MountAsync(DataOf(options), DiskMebibytes, cancellationToken);
        await using PostgresPair? postgres = options.OnPostgres ? await PostgresPair.StartAsync(cancellationToken, onSmallDisks: true) : null;
        await using ChaosJourney journey = await StartAsync(options, notices, disk, postgres, cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task living = journey._fleet.RunAsync(journey._clock, end.Token);
        long began = Stopwatch.GetTimestamp();
        try
        {
            await journey.SufferAsync(began, cancellationToken);
        }
        finally
        {
            await end.CancelAsync();
            await living;
        }

        return await journey.FindAsync(Stopwatch.GetElapsedTime(began), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _cluster.DisposeAsync();

        // The small disk goes with what is on it.
        foreach ((int i, BackendChild instance) in _cluster.Instances.Index())
        {
            File.Copy(instance.LogFile, Path.Combine(_options.Folder, i == 0 ? "backend.log" : $"backend-{i + 1}.log"), overwrite: true);
        }
    }

    private static async Task<ChaosJourney> StartAsync(ChaosOptions options, TextWriter notices, SmallDisk? disk, PostgresPair? postgres, CancellationToken cancellationToken)
    {
        ScaledClock clock = ScaledClock.Start(ClockOf(options), Scale, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        string data = DataOf(options);
        string? database = postgres is null ? null : await postgres.CreateDatabaseAsync(cancellationToken);
        Cluster cluster = await Cluster.StartAsync(new BackendOptions { DataFolder = data, Postgres = database, ClockFile = ClockOf(options), MqttPlainPort = -1 }, options.Instances, cancellationToken);
        try
        {
            var links = new LinkFaults();
            VirtualFleet fleet = VirtualFleet.Open(new FleetOptions
            {
                Nodes = options.Nodes,
                Seed = options.Seed,
                Folder = Path.Combine(options.Folder, "fleet"),
                GatewayPort = cluster.NodesPort,
                AuthorityFile = Path.Combine(data, "ca.pem"),
                AcknowledgedFile = LogOf(options),
                Between = (index, link) => new FaultyLink(link, links, options.Seed + index),
            });
            using FleetApi api = FleetApi.Open(cluster.Instances[0].Addresses, data);
            long paired = clock.UnixMilliseconds / 1000;
            await api.RegisterAsync(fleet.Registrations.Select((node, index) => NodeRegistration.OfVirtualNode(node, index, paired)), cancellationToken);
            await api.FundAsync("chaos", cancellationToken);
            return new ChaosJourney(options, notices, clock, disk, postgres, links, fleet, cluster);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    // Fault after fault, all kinds in a new order each time, until the time is over and each kind was there.
    private async Task SufferAsync(long began, CancellationToken cancellationToken)
    {
        Fault[] kinds = [.. Enum.GetValues<Fault>().Where(CanBe)];
        await BackAsync(cancellationToken);
        do
        {
            _random.Shuffle(kinds);
            foreach (Fault kind in kinds)
            {
                await Task.Delay(Between(CalmSeconds), cancellationToken);
                await DoAsync(kind, cancellationToken);
                double seconds = await BackAsync(cancellationToken);
                await MendAsync(kind, cancellationToken);
                (int times, double slowest) = _done.GetValueOrDefault(kind);
                _done[kind] = (times + 1, Math.Max(slowest, seconds));
                await _notices.WriteLineAsync($"{Stopwatch.GetElapsedTime(began).TotalSeconds,5:0} s of {_options.Length.TotalSeconds:0}: {kind.ToString().ToLowerInvariant()}, all nodes back {seconds:0.0} s after it");
            }
        }
        while (Stopwatch.GetElapsedTime(began) < _options.Length);
    }

    // Where the database is now.
    private SmallDisk? Disk => _postgres?.Primary.Disk ?? _disk;

    private bool CanBe(Fault kind) => kind switch
    {
        Fault.Disk => Disk is not null,
        Fault.Database or Fault.Failover => _postgres is not null,
        Fault.Balancer or Fault.Roll => _cluster.Balancer is not null,
        _ => true,
    };

    private async Task DoAsync(Fault kind, CancellationToken cancellationToken)
    {
        TimeSpan length = Between(FaultSeconds);
        switch (kind)
        {
            case Fault.Kill:
                await _cluster.KillAsync(_random.Next(_cluster.Instances.Count), cancellationToken);
                break;
            case Fault.Freeze:
                int frozen = _cluster.Instances[_random.Next(_cluster.Instances.Count)].ProcessId;
                Processes.Signal(frozen, Processes.Freeze);
                await Task.Delay(length, cancellationToken);
                Processes.Signal(frozen, Processes.GoOn);
                break;
            case Fault.Links:
                _links.BreaksEverySeconds = BreakSeconds;
                await Task.Delay(length, cancellationToken);
                _links.BreaksEverySeconds = 0;
                break;
            case Fault.Disk:
                Disk!.Fill();
                await Task.Delay(length, cancellationToken);
                Disk.Clear();

                // PostgreSQL ends itself where it finds no space for its log, and whatever watches over it starts it again.
                await (_postgres?.Primary.StartAgainAsync(cancellationToken) ?? Task.CompletedTask);
                break;
            case Fault.Database:
                await _postgres!.Primary.KillAsync();
                await Task.Delay(length, cancellationToken);
                await _postgres.Primary.StartAgainAsync(cancellationToken);
                break;
            case Fault.Failover:
                await _postgres!.Primary.KillAsync();
                await Task.Delay(length, cancellationToken);
                await _postgres.PromoteAsync(cancellationToken);
                break;
            case Fault.Clock:
                await _cluster.RestartAllAsync(WrongClock(), cancellationToken);
                await Task.Delay(length, cancellationToken);
                await _cluster.RestartAllAsync(ClockOf(_options), cancellationToken);
                break;
            case Fault.Balancer:
                await _cluster.Balancer!.KillAsync();
                await Task.Delay(length, cancellationToken);
                await _cluster.Balancer.StartAgainAsync(cancellationToken);
                break;
            case Fault.Roll:
                await RollAsync(cancellationToken);
                break;
        }
    }

    // What nodes need not wait for: until there is a standby again, commits are on one disk.
    private Task MendAsync(Fault kind, CancellationToken cancellationToken) => kind is Fault.Failover ? _postgres!.RenewStandbyAsync(cancellationToken) : Task.CompletedTask;

    // While somebody looks at pages all the time: a new version is no reason to see an error.
    private async Task RollAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task visiting = _visitor.VisitAsync(end.Token);
        try
        {
            await _cluster.RollAsync(cancellationToken);
        }
        finally
        {
            await end.CancelAsync();
            await visiting;
        }
    }

    private string WrongClock()
    {
        string file = Path.Combine(_options.Folder, $"clock-{++_clocks}.json");
        double hours = WrongHours.Least + (_random.NextDouble() * (WrongHours.Most - WrongHours.Least));
        ScaledClock.Start(file, Scale, _clock.UnixMilliseconds + (long)(hours * 3_600_000));
        return file;
    }

    // How long it takes until each node has one receipt more than now, seconds.
    private async Task<double> BackAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await Waiting.UntilAllHaveReceiptsAsync(_fleet, _cluster.RequireAlive, FactLimit, cancellationToken);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private async Task<ChaosResult> FindAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        if (!await _fleet.DrainAsync(FactLimit))
        {
            throw CommandException.Failed("A virtual node could not deliver what it had; see backend.log with --keep.");
        }

        using FleetApi api = FleetApi.Open(_cluster.Instances[0].Addresses, DataOf(_options));
        Promises promises = await Promises.FindAsync(api, [.. _fleet.Registrations.Select(node => node.NodeId)], [LogOf(_options)], _notices, cancellationToken);
        long differences = (long)(await OfflineBackend.RunAsync(["rebuild", "--data", DataOf(_options)], _notices, cancellationToken))["found"]!;
        return new ChaosResult(
            _options.Seed, Math.Round(length.TotalSeconds), [.. _done.OrderBy(done => done.Key).Select(done => new FaultCount(done.Key, done.Value.Times, Math.Round(done.Value.Slowest, 1)))],
            Disk is null ? "The disk was never full: a small one could not be mounted, which takes root." : null, promises, differences, _cluster.Instances.Count, _visitor.Asked, _visitor.Failed, _visitor.First);
    }

    private TimeSpan Between((double Least, double Most) seconds) => TimeSpan.FromSeconds(seconds.Least + (_random.NextDouble() * (seconds.Most - seconds.Least)));

    private static string DataOf(ChaosOptions options) => Path.Combine(options.Folder, "backend");

    private static string ClockOf(ChaosOptions options) => Path.Combine(options.Folder, "clock.json");

    private static string LogOf(ChaosOptions options) => Path.Combine(options.Folder, "acknowledged");
}
