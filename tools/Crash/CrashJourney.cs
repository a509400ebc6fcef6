using DePin.Contracts.Identity;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Bench;

namespace DePin.Tools.Crash;

/// <summary>
/// A backend is killed again and again while lamps of the load generator and a virtual fleet publish to it. Both write down what
/// was acknowledged; at the end that is compared with what is stored.
/// </summary>
internal sealed class CrashJourney : IAsyncDisposable
{
    // Ten batches a node in every round; the kill comes half-way, when about all of them have one under way.
    private const int BatchesInRound = 10;
    private const int LeastUnderWay = 20;
    private const double Scale = 3600;

    private static readonly TimeSpan FactLimit = TimeSpan.FromSeconds(60);

    private readonly CrashOptions _options;
    private readonly TextWriter _notices;
    private readonly SignedHistory[] _histories;
    private readonly int[] _acknowledged;
    private readonly AcknowledgedLog _log;
    private readonly VirtualFleet _fleet;
    private BackendChild _backend;
    private LampConnection[] _connections = [];
    private int _acknowledgedInRound;
    private int _killAt = int.MaxValue;
    private int _underWayAtKill;

    private CrashJourney(CrashOptions options, TextWriter notices, SignedHistory[] histories, VirtualFleet fleet, BackendChild backend)
    {
        _options = options;
        _notices = notices;
        _histories = histories;
        _acknowledged = new int[histories.Length];
        _log = new AcknowledgedLog(LampLog(options));
        _fleet = fleet;
        _backend = backend;
    }

    /// <exception cref="CommandException">The journey could not be made; what it finds is in the result.</exception>
    public static async Task<CrashResult> RunAsync(CrashOptions options, TextWriter notices, CancellationToken cancellationToken)
    {
        string clockFile = Path.Combine(options.Folder, "clock.json");
        ScaledClock clock = ScaledClock.Start(clockFile, Scale, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await using PostgresServer? server = await PostgresServer.StartIfAsync(options.OnPostgres, cancellationToken);
        string? postgres = await PostgresServer.CreateDatabaseIfAsync(server, cancellationToken);
        await using CrashJourney journey = await StartAsync(options, notices, clock, clockFile, postgres, cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = journey._fleet.RunAsync(clock, end.Token);
        int leastUnderWay = int.MaxValue;
        try
        {
            for (int round = 1; round <= options.Kills; round++)
            {
                leastUnderWay = Math.Min(leastUnderWay, await journey.RoundAsync(round, cancellationToken));
            }

            await journey.GoOnAsync(options.Kills, cancellationToken);
        }
        finally
        {
            await end.CancelAsync();
            await running;
        }

        return await journey.FindAsync(leastUnderWay, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Array.ForEach(_connections, connection => connection.Dispose());
        Array.ForEach(_histories, history => history.Lamp.Dispose());
        _log.Dispose();
        await _fleet.DisposeAsync();
        await _backend.DisposeAsync();
    }

    private static async Task<CrashJourney> StartAsync(CrashOptions options, TextWriter notices, ScaledClock clock, string clockFile, string? postgres, CancellationToken cancellationToken)
    {
        int batches = (options.Kills + 1) * BatchesInRound;
        long now = clock.UnixMilliseconds / 1000;
        SignedHistory[] histories = LampFleet.Sign(options.Lamps, batches, LampHistory.MorningBefore(now, batches));
        string data = Path.Combine(options.Folder, "backend");
        BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = data, ClockFile = clockFile, Postgres = postgres }, cancellationToken);
        try
        {
            using FleetApi api = FleetApi.Open(backend.Addresses, data);
            VirtualFleet fleet = VirtualFleet.Open(new FleetOptions
            {
                Nodes = options.Nodes,
                Folder = Path.Combine(options.Folder, "fleet"),
                GatewayPort = backend.Addresses.MqttTls.Port,
                AuthorityFile = Path.Combine(data, "ca.pem"),
                AcknowledgedFile = FleetLog(options),
            });
            long paired = LampHistory.MorningBefore(now, batches);
            await api.RegisterAsync(histories.Select(history => history.Lamp.Registration(paired)), cancellationToken);
            await api.RegisterAsync(fleet.Registrations.Select((node, index) => NodeRegistration.OfVirtualNode(node, index, paired)), cancellationToken);
            await api.FundAsync("crash-test", cancellationToken);
            return new CrashJourney(options, notices, histories, fleet, backend);
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    // Everybody goes on, a kill in the middle, and a new start on the same ports; how many batches were under way.
    private async Task<int> RoundAsync(int round, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _killAt, _options.Lamps * BatchesInRound / 2);
        await GoOnAsync(round - 1, cancellationToken);
        Volatile.Write(ref _killAt, int.MaxValue);
        await _backend.KillAsync();
        _notices.WriteLine($"Killed {round} of {_options.Kills} with {_underWayAtKill} batches under way.");
        if (_underWayAtKill < LeastUnderWay)
        {
            throw CommandException.Failed($"Only {_underWayAtKill} batches were under way at kill {round}; {LeastUnderWay} are needed to show anything. Take more --lamps.");
        }

        _backend = await _backend.StartAgainAsync(cancellationToken);
        return _underWayAtKill;
    }

    // The virtual nodes come back by themselves; the lamps are connected again and send until they end or the kill comes.
    private async Task GoOnAsync(int roundsBefore, CancellationToken cancellationToken)
    {
        await Waiting.UntilAllHaveReceiptsAsync(_fleet, _backend.RequireAlive, FactLimit, cancellationToken);
        Array.ForEach(_connections, connection => connection.Dispose());
        _connections = [.. _histories.Select((history, i) => new LampConnection(history, _acknowledged[i], Acknowledged))];
        await LampFleet.OpenAsync(_connections, _backend.Addresses, cancellationToken);
        _acknowledgedInRound = 0;
        int limit = (roundsBefore + 1) * BatchesInRound;
        Array.ForEach(_connections, connection => connection.Run(limit));
        await Waiting.UntilAsync(() => _backend.HasExited || Array.TrueForAll(_connections, connection => connection.Acknowledged >= limit), FactLimit, "the lamps had no receipts", cancellationToken);
    }

    // In the socket's callback: write it down, and kill at the right moment without a detour.
    private void Acknowledged(LampConnection connection, int index)
    {
        _acknowledged[connection.History.Lamp.Index] = index + 1;
        _log.Add(connection.History.Lamp.Id.ToString(), SignedHistory.Sequence(index), Hex.Lower(connection.History.Hash(index).ToArray()));
        if (Interlocked.Increment(ref _acknowledgedInRound) == Volatile.Read(ref _killAt))
        {
            _underWayAtKill = Array.FindAll(_connections, other => other.IsUnderWay).Length;
            Processes.Signal(_backend.ProcessId, Processes.KillAtOnce);
        }
    }

    private async Task<CrashResult> FindAsync(int leastUnderWay, CancellationToken cancellationToken)
    {
        _backend.RequireAlive();
        if (!await _fleet.DrainAsync(FactLimit))
        {
            throw CommandException.Failed("A virtual node could not deliver what it had; see backend.log with --keep.");
        }

        using FleetApi api = FleetApi.Open(_backend.Addresses, _backend.Options.DataFolder);
        string[] nodes = [.. _histories.Select(history => history.Lamp.Id.ToString()), .. _fleet.Registrations.Select(node => node.NodeId)];
        return new CrashResult(_options.Kills, leastUnderWay, await Promises.FindAsync(api, nodes, [LampLog(_options), FleetLog(_options)], _notices, cancellationToken));
    }

    private static string LampLog(CrashOptions options) => Path.Combine(options.Folder, "acknowledged-lamps");

    private static string FleetLog(CrashOptions options) => Path.Combine(options.Folder, "acknowledged-fleet");
}
