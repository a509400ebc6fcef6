using System.Diagnostics;
using System.Net;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Demo;

/// <summary>A backend and a virtual fleet on one scaled clock. Start, run, finish, dispose.</summary>
internal sealed class Demonstration : IAsyncDisposable
{
    private const long FundedMicro = 1_000_000_000_000;
    private const double KeptAheadRealSeconds = 5;

    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VerdictLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly string _clockFile;

    private Demonstration(DemonstrationOptions options, ScaledClock clock, BackendChild backend, FleetApi api, VirtualFleet fleet)
    {
        _clockFile = ClockFileIn(options.DataFolder);
        Clock = clock;
        Backend = backend;
        Api = api;
        Fleet = fleet;
    }

    public ScaledClock Clock { get; }

    public BackendChild Backend { get; }

    public FleetApi Api { get; }

    public VirtualFleet Fleet { get; }

    /// <summary>Checks everything, then starts the backend and makes the fleet known to it.</summary>
    /// <exception cref="CommandException">The input is wrong, or something did not start.</exception>
    public static async Task<Demonstration> StartAsync(DemonstrationOptions options, TextWriter notices, CancellationToken cancellationToken)
    {
        DemonstrationPlan plan = Checked(() => DemonstrationPlan.Of(options, TimeProvider.System.GetUtcNow()));
        Checked(() => { FleetOptionsOf(options, plan, 1).Validate(); return true; });

        // The clock of a run that is under way must not be touched.
        BackendChild.RequireFree(options.DataFolder);
        Directory.CreateDirectory(options.DataFolder);
        ScaledClock clock = Checked(() => ScaledClock.Start(ClockFileIn(options.DataFolder), options.Scale, plan.StartUnixSeconds * 1000));
        BackendChild backend = await BackendChild.StartAsync(BackendOptionsOf(options, notices), cancellationToken);
        FleetApi? api = null;
        VirtualFleet? fleet = null;
        try
        {
            api = FleetApi.Open(backend.Addresses, options.DataFolder);
            fleet = Checked(() => VirtualFleet.Open(FleetOptionsOf(options, plan, backend.Addresses.MqttTls.Port)));
            await api.RegisterAsync(fleet.Registrations.Select((node, index) => NodeRegistration.OfVirtualNode(node, index, plan.StartUnixSeconds)), cancellationToken);
            await api.FundAsync("demonstration", cancellationToken, FundedMicro);
            plan.Write(options.DataFolder);
            return new Demonstration(options, clock, backend, api, fleet);
        }
        catch
        {
            await DisposeAllAsync(fleet, api, backend);
            throw;
        }
    }

    /// <summary>Runs until the time is over or the token says so; looks once a second.</summary>
    /// <exception cref="CommandException">The backend ended by itself.</exception>
    public async Task RunAsync(TimeSpan? howLong, Func<Task> look, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (howLong is { } limit)
        {
            end.CancelAfter(limit);
        }

        Task running = Fleet.RunAsync(Clock, end.Token);
        using var timer = new PeriodicTimer(Second);
        try
        {
            while (await timer.WaitForNextTickAsync(end.Token))
            {
                Backend.RequireAlive();
                if (running.IsFaulted)
                {
                    break;
                }

                Clock.Save(_clockFile, KeptAheadRealSeconds);
                await look();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The end that was asked for.
        }
        finally
        {
            await end.CancelAsync();
            await running;
        }
    }

    /// <summary>Stops metering, waits until every batch has its receipt and every reading its verdict, and sums up.</summary>
    /// <exception cref="CommandException">Something is still under way when the limit is over; it is kept for the next run.</exception>
    public async Task<DemonstrationResult> FinishAsync()
    {
        bool isDrained = await Fleet.DrainAsync(DrainLimit);
        Backend.RequireAlive();
        if (!isDrained)
        {
            throw CommandException.Failed($"{Fleet.Totals().OutboxBatches} batches had no receipt after {DrainLimit.TotalSeconds:0} s; they are kept and go out in the next run. See {Backend.LogFile}.");
        }

        FleetSummary summary = await JudgedAsync();
        return DemonstrationResult.Of(summary, Fleet.Totals());
    }

    /// <summary>Stops the backend and keeps the time, so that the next run goes on from here.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisposeAllAsync(Fleet, Api, Backend);
        Clock.Save(_clockFile, 0);
    }

    private async Task<FleetSummary> JudgedAsync()
    {
        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Moment);
        while (true)
        {
            FleetSummary summary = await Api.SummaryAsync(CancellationToken.None);
            if (summary is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 })
            {
                return summary;
            }

            Backend.RequireAlive();
            if (Stopwatch.GetElapsedTime(began) > VerdictLimit)
            {
                throw CommandException.Failed($"{summary.ReadingsWithoutVerdict} readings had no verdict after {VerdictLimit.TotalSeconds:0} s; they are stored. See {Backend.LogFile}.");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private static BackendOptions BackendOptionsOf(DemonstrationOptions options, TextWriter notices) => new()
    {
        DataFolder = options.DataFolder,
        HttpPort = FreePorts.WishOrAny(options.HttpPort, "dashboard", IPAddress.Loopback, notices),
        MqttTlsPort = FreePorts.WishOrAny(options.MqttTlsPort, "nodes over TLS", IPAddress.Any, notices),
        MqttPlainPort = FreePorts.WishOrAny(options.MqttPlainPort, "nodes on this machine", IPAddress.Loopback, notices),
        ClockFile = ClockFileIn(options.DataFolder),
    };

    private static FleetOptions FleetOptionsOf(DemonstrationOptions options, DemonstrationPlan plan, int port) => new()
    {
        Nodes = plan.Nodes,
        Seed = options.Seed,
        Folder = Path.Combine(options.DataFolder, "fleet"),
        Latitude = plan.Latitude,
        Longitude = plan.Longitude,
        Place = plan.Place,
        IrradianceFile = options.IrradianceFile,
        GatewayPort = port,
        AuthorityFile = Path.Combine(options.DataFolder, "ca.pem"),
    };

    private static async ValueTask DisposeAllAsync(VirtualFleet? fleet, FleetApi? api, BackendChild backend)
    {
        if (fleet is not null)
        {
            await fleet.DisposeAsync();
        }

        api?.Dispose();
        await backend.DisposeAsync();
    }

    // What the host finds wrong in options and files is wrong input of ours.
    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidDataException)
        {
            throw CommandException.WrongInput(problem.Message);
        }
    }

    private static string ClockFileIn(string dataFolder) => Path.Combine(dataFolder, "clock.json");
}
