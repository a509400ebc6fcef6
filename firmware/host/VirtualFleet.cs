using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using DePin.Host.Mqtt;
using DePin.Host.Simulation;

namespace DePin.Host;

/// <summary>N virtual nodes on one clock. Open, register what <see cref="Registrations"/> says, run, drain, dispose.</summary>
public sealed class VirtualFleet : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    // Beyond, this machine has enough to do without the interpreted curve.
    private const int LargestFleetOfDeviceSigners = 100;

    // One loop carries a few hundred nodes at 300 times real time; beyond, two share the work.
    private const int NodesPerLoop = 200;

    private readonly List<VirtualNode> _nodes = [];
    private readonly AckLatency _latency = new();
    private readonly AcknowledgedLog? _log;
    private readonly IrradianceFile? _measured;
    private TimeProvider _clock = TimeProvider.System;

    private VirtualFleet(FleetOptions options, long seed, IrradianceFile? measured, GatewayAddress gateway, AcknowledgedLog? log)
    {
        _measured = measured;
        _log = log;
        ISky sky = measured is null ? new SeededClouds(seed) : measured;
        for (int i = 0; i < options.Nodes; i++)
        {
            _nodes.Add(Make(options, seed, i, sky, gateway));
        }
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<VirtualNode> Nodes => _nodes;

    /// <summary>What the backend must be told before the fleet can log in.</summary>
    public IReadOnlyList<Registration> Registrations => [.. _nodes.Select(node => node.Registration)];

    /// <summary>A sentence to show while the run is outside the measured sky's days; empty otherwise.</summary>
    public string SkyNotice => _measured is null || _measured.Covers(_clock.GetUtcNow().ToUnixTimeSeconds())
        ? ""
        : $"This time is not in {Path.GetFileName(_measured.Path)}: its days are repeated.";

    /// <summary>Opens the fleet's folder, or makes the fleet.</summary>
    /// <exception cref="ArgumentException">An option is out of bounds.</exception>
    /// <exception cref="InvalidDataException">A file is missing or malformed.</exception>
    public static VirtualFleet Open(FleetOptions options)
    {
        options.Validate();
        IrradianceFile? measured = options.IrradianceFile is null ? null : IrradianceFile.Read(options.IrradianceFile);
        GatewayAddress gateway = options.AuthorityFile is null
            ? GatewayAddress.Plain(options.GatewayHost, options.GatewayPort)
            : GatewayAddress.Tls(options.GatewayHost, options.GatewayPort, options.AuthorityFile);
        Directory.CreateDirectory(options.Folder);
        long seed = KeepSeed(Path.Combine(options.Folder, "seed"), options.Seed);
        AcknowledgedLog? log = options.AcknowledgedFile is null ? null : new AcknowledgedLog(options.AcknowledgedFile);
        return new VirtualFleet(options, seed, measured, gateway, log);
    }

    /// <summary>Runs all nodes on the clock, in small steps of real time, until cancelled. The nodes stay on.</summary>
    public async Task RunAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        _clock = clock;
        int count = Math.Min(Math.Max(1, _nodes.Count / NodesPerLoop), Environment.ProcessorCount);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops = [.. Enumerable.Range(0, count).Select(loop => Task.Run(() => LoopAsync(loop, count, stop.Token), CancellationToken.None))];

        // A loop that ends, by cancellation or by a fault, ends them all.
        await Task.WhenAny(loops);
        await stop.CancelAsync();
        await Task.WhenAll(loops);
    }

    /// <summary>
    /// Stops all nodes and goes on serving them until every batch has its receipt; false when that took longer than allowed, and
    /// what is left goes out in the next run.
    /// </summary>
    public async Task<bool> DrainAsync(TimeSpan timeout)
    {
        foreach (VirtualNode node in _nodes)
        {
            node.Stop();
        }

        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Step);
        while (true)
        {
            Advance(0, 1);
            if (_nodes.TrueForAll(node => node.OutboxBatches == 0))
            {
                return true;
            }

            if (Stopwatch.GetElapsedTime(began) > timeout)
            {
                return false;
            }

            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>A line for every node.</summary>
    public IReadOnlyList<NodeSnapshot> Look() => [.. _nodes.Select(node => node.Look())];

    /// <summary>The fleet in figures.</summary>
    public FleetTotals Totals()
    {
        IReadOnlyList<NodeSnapshot> lines = Look();
        return new FleetTotals(
            lines.Count,
            lines.Count(line => line.IsOnline),
            lines.Sum(line => (long)line.OutboxBatches),
            lines.Sum(line => line.AcknowledgedBatches),
            lines.Sum(line => line.RejectedMessages),
            _latency.Percentile(0.50),
            _latency.Percentile(0.99));
    }

    /// <summary>Logs all nodes out.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        _log?.Dispose();
    }

    private async Task LoopAsync(int first, int stride, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Step);
        while (!cancellationToken.IsCancellationRequested)
        {
            Advance(first, stride);
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Advance(int first, int stride)
    {
        for (int i = first; i < _nodes.Count; i += stride)
        {
            _nodes[i].Advance(_clock);
        }
    }

    private VirtualNode Make(FleetOptions options, long seed, int index, ISky sky, GatewayAddress gateway)
    {
        const double KilometresPerDegree = 111.2;
        long own = Noise.Child(seed, 1000 + index);
        double bearing = 2 * Math.PI * Noise.Unit(own, 1);
        double degrees = options.SpreadKilometres / KilometresPerDegree * Math.Sqrt(Noise.Unit(own, 2));
        double narrowing = Math.Max(0.01, Math.Cos(options.Latitude * (Math.PI / 180)));
        return new VirtualNode(new VirtualNodeOptions
        {
            Profile = Profile.Named((index % 6) switch { 2 => "airnode", 4 => "ecandle-1", _ => "lamp-small" }),
            Folder = Path.Combine(options.Folder, $"node-{index + 1:0000}"),
            Seed = own,
            Sky = sky,
            Link = options.Between?.Invoke(index, new MqttLink(gateway)) ?? new MqttLink(gateway),
            ReleaseKeys = options.ReleaseKeys,
            WatchdogLimit = options.WatchdogLimit,
            Latitude = Math.Clamp(Math.Round(options.Latitude + degrees * Math.Cos(bearing), 4), -90, 90),
            Longitude = Math.Clamp(Math.Round(options.Longitude + degrees * Math.Sin(bearing) / narrowing, 4), -180, 180),
            Place = $"{options.Place} {index + 1}",
            SignsLikeADevice = options.Nodes <= LargestFleetOfDeviceSigners,
            SynchronisesFlash = options.SynchronisesFlash,
            Latency = _latency,
            Log = _log,
        });
    }

    private static long KeepSeed(string path, long? wanted)
    {
        if (!File.Exists(path))
        {
            long seed = wanted ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
            File.WriteAllText(path, seed.ToString(CultureInfo.InvariantCulture));
            if (!OperatingSystem.IsWindows())
            {
                // The keys of the virtual nodes follow from it.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return seed;
        }

        if (!long.TryParse(File.ReadAllText(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long kept))
        {
            throw new InvalidDataException($"{path} holds no seed; remove the fleet's folder to begin anew.");
        }

        return wanted is null || wanted == kept
            ? kept
            : throw new InvalidDataException($"The fleet in this folder was made with seed {kept}, not {wanted}; leave the seed out, or choose another folder.");
    }
}
