using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Host.Bundles;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Host;

/// <summary>
/// The real node core with simulated hardware around it: the one in this program, which is the factory copy, or the one in a
/// bundle that came over the air, chosen by the loader's own code. Time comes from the caller of <see cref="Advance"/>; one caller
/// at a time may advance it, any may look.
/// </summary>
public sealed class VirtualNode : IAsyncDisposable
{
    /// <summary>What releases for virtual nodes name as their product; boards take them not.</summary>
    public const string Product = "virtual-node";

    // A late caller catches up in several calls, so that no single one holds up the other nodes for long.
    private const int LargestCatchUpSeconds = 900;

    // A board goes on ticking while it has work; so many ticks finish any signature.
    private const int TicksOfASignature = 64;

    private readonly VirtualNodeOptions _options;
    private readonly NodeFolder _folder;
    private readonly NodeIdentity _identity;
    private readonly IDigest _digest;
    private readonly ISigner _signer;
    private readonly ISensors _sensors;
    private readonly SimulatedButton _button = new();
    private readonly BoardProgram _program;
    private readonly Lock _gate = new();
    private bool _isStopped;
    private long _bootsAt = long.MinValue;

    /// <summary>Opens the node's folder, or makes the node.</summary>
    /// <exception cref="InvalidDataException">The folder holds something else than a node.</exception>
    public VirtualNode(VirtualNodeOptions options)
    {
        _options = options;
        _folder = new NodeFolder(options.Folder, options.Seed, options.Key);
        _digest = options.SignsLikeADevice ? new DeviceDigest() : new PlatformDigest();
        _signer = options.SignsLikeADevice ? new ManagedSigner(_digest, _folder.Signer.PrivateKey(), _folder.Signer.PublicKey) : _folder.Signer;
        _identity = new NodeIdentity(_digest, _folder.Signer.PublicKey, _folder.Secret);
        _program = new BoardProgram(Parts, options, _folder.Secret);
        Device = new SimulatedDevice(options.Profile, options.Seed, options.Sky, options.Latitude, options.Longitude, _folder.ReadDevice());
        ISensors sensors = new PowerSensors(Device.Chips, options.Profile.PanelMeter, options.Profile.LoadMeter, options.Profile.GridMeter, Device);
        _sensors = options.Tamper?.Invoke(sensors) ?? sensors;
        Uplink = new MeasuredUplink(options.Link, _digest, _identity, options.Latency, options.Log);
        Registration = new Registration(
            _identity.Id.ToString(),
            Hex.Lower(_folder.Signer.PublicKey),
            _identity.LoginPassword,
            Hex.Lower(_identity.DownKey),
            options.Profile.Name,
            options.Place,
            options.Latitude,
            options.Longitude);
    }

    /// <summary>What the backend must be told of this node.</summary>
    public Registration Registration { get; }

    /// <summary>The hardware, with its own record of what truly happened.</summary>
    public SimulatedDevice Device { get; }

    /// <summary>The node's clock, to take the network's time away or bend it.</summary>
    public SimulatedNodeClock Clock { get; } = new();

    /// <summary>The link with what passed over it.</summary>
    public MeasuredUplink Uplink { get; }

    /// <summary>What the core survived since its boot; null before the first.</summary>
    public NodeCounts? Counts
    {
        get
        {
            lock (_gate)
            {
                return Core is { } core ? RunningCounts.Read(core.Counts()) : null;
            }
        }
    }

    /// <summary>Batches that have no receipt yet.</summary>
    public int OutboxBatches
    {
        get
        {
            lock (_gate)
            {
                return Core?.OutboxBatches ?? 0;
            }
        }
    }

    /// <summary>What the light says of a pairing: one of <see cref="PresenceLight"/>.</summary>
    public int Light
    {
        get
        {
            lock (_gate)
            {
                return Core?.Light ?? PresenceLight.None;
            }
        }
    }

    /// <summary>Whether it shall be stopped, and started anew on what its flash says of where it belongs.</summary>
    public bool WantsRestart
    {
        get
        {
            lock (_gate)
            {
                return Core?.WantsRestart ?? false;
            }
        }
    }

    /// <summary>Number of the reading being measured; 0 before the first boot.</summary>
    public long Sequence
    {
        get
        {
            lock (_gate)
            {
                return Core?.Sequence ?? 0;
            }
        }
    }

    /// <summary>First 8 bytes of the SHA-256 of the bundle that runs.</summary>
    public byte[] Firmware
    {
        get
        {
            lock (_gate)
            {
                return [.. _program.Firmware];
            }
        }
    }

    /// <summary>Brings the node to a moment of simulated time, second by second. Time while it was off is a power cut. At the same moment again, it serves the link.</summary>
    public void Advance(long unixMilliseconds)
    {
        lock (_gate)
        {
            long now = unixMilliseconds / 1000;
            int left = LargestCatchUpSeconds;
            while (IsUp(now) && !RunTo(now, ref left))
            {
            }
        }
    }

    /// <summary>
    /// Brings the node to a clock's present. What came before the clock was read is given to it, and nothing later: on a busy machine much
    /// time passes between reading a clock and using it, and a node whose clock was set meanwhile would run ahead of everybody.
    /// </summary>
    public void Advance(TimeProvider clock)
    {
        lock (_gate)
        {
            Uplink.Listen();
            Advance(clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    /// <summary>A person presses the node's button so many times.</summary>
    public void PressButton(int times)
    {
        lock (_gate)
        {
            _button.Press(times);
        }
    }

    /// <summary>An announced stop: the open reading closes, metering ends, further advances only sign and send.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (Core is not null && !_isStopped)
            {
                _isStopped = true;
                Device.Stop();
                StayOff(_program.Run(run => run.Node.Stop()));
                _folder.WriteDevice(Device.Keep());
            }
        }
    }

    /// <summary>Power is cut without a word: what is not in the flash is gone. The next advance boots.</summary>
    public void PowerOff()
    {
        lock (_gate)
        {
            Off();
            _bootsAt = long.MinValue;
        }
    }

    /// <summary>How the node stands now.</summary>
    public NodeSnapshot Look()
    {
        lock (_gate)
        {
            return new NodeSnapshot(
                Registration.NodeId,
                Registration.Profile,
                Registration.Place,
                Uplink.State == UplinkState.Up,
                Device.Battery.Permille,
                Device.HarvestedMilliwatts,
                _isStopped ? 0 : Device.DeliveredMilliwatts,
                Core?.OutboxBatches ?? 0,
                Core?.Sequence ?? 0,
                Uplink.Acknowledged,
                Uplink.Rejected,
                Uplink.LastRefusal,
                (_options.Link as MqttLink)?.LastError ?? "",
                Hex.Lower(_program.Firmware),
                _program.Problem);
        }
    }

    /// <summary>Closes the link and releases the key.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_options.Link is IAsyncDisposable link)
        {
            await link.DisposeAsync();
        }

        _program.Dispose();
        _folder.Signer.Dispose();
    }

    private IRunningNode? Core => _program.Current?.Node;

    private bool IsUp(long now)
    {
        if (_program.Current is null && now >= _bootsAt)
        {
            Boot(_bootsAt == long.MinValue ? now : _bootsAt);
        }

        return _program.Current is not null;
    }

    private void Boot(long unixSeconds)
    {
        Clock.Boot(unixSeconds);
        Device.Boot(unixSeconds);
        StayOff(_program.Start(Slots()));
    }

    // Runs to the moment; false where the board starts anew before.
    private bool RunTo(long now, ref int left)
    {
        int seconds = (int)Math.Min(left, Math.Max(0, now - Clock.TrueUnixSeconds));
        left -= seconds;

        // What comes from the backend was written at its present time: a node that lags behind may not see it earlier.
        Uplink.HoldsInbound = true;
        bool isAnnounced = false;
        int offSeconds = _program.Run(run =>
        {
            for (int i = 0; i < seconds && !run.WantsRestart; i++)
            {
                Clock.PassSecond();
                if (!_isStopped)
                {
                    AdvanceDevice();
                }

                run.Tick();
            }

            Uplink.HoldsInbound = Clock.TrueUnixSeconds < now;
            for (int i = 0; i <= TicksOfASignature && !run.WantsRestart && (i == 0 || run.Node.IsBusy); i++)
            {
                run.Tick();
            }

            isAnnounced = run.WantsRestart;
        });
        if (isAnnounced && !_isStopped)
        {
            // The node closed its open reading before it restarts; without a word what was open is lost, to it and to the record of what truly happened.
            Device.Stop();
        }

        StayOff(offSeconds);
        return offSeconds == 0;
    }

    private void StayOff(int seconds)
    {
        if (seconds > 0)
        {
            _bootsAt = Clock.TrueUnixSeconds + seconds;
            Off();
        }
    }

    private void Off()
    {
        _program.Off();
        _isStopped = false;
        Uplink.Close();
        _folder.WriteDevice(Device.Keep());
    }

    private VirtualBoardParts Parts() => new(
        _digest, _signer, _sensors, new FileFlash(_folder.FlashFolder, _options.SynchronisesFlash), Slots(), Uplink, _options.Entropy ?? new SystemEntropy(), _button, Clock);

    private FileFlash Slots() => new(_folder.SlotsFolder, _options.SynchronisesFlash);

    private void AdvanceDevice()
    {
        TrueTotals before = Device.Meter.Totals;
        Device.Advance(Clock.TrueUnixSeconds);
        if (Device.Meter.Totals != before)
        {
            _folder.WriteDevice(Device.Keep());
        }
    }

    /// <summary>First 8 bytes of the SHA-256 of the factory copy.</summary>
    public static byte[] FactoryFirmware() => [.. BoardProgram.FactoryFirmware];
}
