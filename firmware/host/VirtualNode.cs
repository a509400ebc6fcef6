using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;
using NodeCore = DePin.Node.Node;

namespace DePin.Host;

/// <summary>
/// The real node core with simulated hardware around it. Time comes from the caller of <see cref="Advance"/>; one caller at a
/// time may advance it, any may look.
/// </summary>
public sealed class VirtualNode : IAsyncDisposable
{
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
    private readonly Lock _gate = new();
    private NodeCore? _core;
    private bool _isStopped;

    /// <summary>Opens the node's folder, or makes the node.</summary>
    /// <exception cref="InvalidDataException">The folder holds something else than a node.</exception>
    public VirtualNode(VirtualNodeOptions options)
    {
        _options = options;
        _folder = new NodeFolder(options.Folder, options.Seed, options.Key);
        _digest = options.SignsLikeADevice ? new DeviceDigest() : new PlatformDigest();
        _signer = options.SignsLikeADevice ? new ManagedSigner(_digest, _folder.Signer.PrivateKey(), _folder.Signer.PublicKey) : _folder.Signer;
        _identity = new NodeIdentity(_digest, _folder.Signer.PublicKey, _folder.Secret);
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
                return _core?.Counts;
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
                return _core?.OutboxBatches ?? 0;
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
                return _core?.Presence.Light ?? PresenceLight.None;
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
                return _core?.Sequence ?? 0;
            }
        }
    }

    /// <summary>
    /// Brings the node to a moment of simulated time, second by second; the first call boots it. Time that passed while it was
    /// off is a power cut, not slept time. At the same moment again, it serves the link.
    /// </summary>
    public void Advance(long unixMilliseconds)
    {
        lock (_gate)
        {
            long now = unixMilliseconds / 1000;
            NodeCore core = _core ?? Boot(now);
            // What comes from the backend was written at its present time: a node that lags behind may not see it earlier.
            Uplink.HoldsInbound = true;
            for (int i = 0; i < LargestCatchUpSeconds && Clock.TrueUnixSeconds < now; i++)
            {
                Clock.PassSecond();
                if (!_isStopped)
                {
                    AdvanceDevice();
                }

                core.Tick(Clock);
            }

            Uplink.HoldsInbound = Clock.TrueUnixSeconds < now;
            core.Tick(Clock);
            for (int i = 0; i < TicksOfASignature && core.IsSigning; i++)
            {
                core.Tick(Clock);
            }
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
            if (_core is not null && !_isStopped)
            {
                _isStopped = true;
                Device.Stop();
                _core.Stop(Clock);
                _folder.WriteDevice(Device.Keep());
            }
        }
    }

    /// <summary>Power is cut without a word: what is not in the flash is gone. The next advance boots.</summary>
    public void PowerOff()
    {
        lock (_gate)
        {
            _core = null;
            _isStopped = false;
            Uplink.Close();
            _folder.WriteDevice(Device.Keep());
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
                _core?.OutboxBatches ?? 0,
                _core?.Sequence ?? 0,
                Uplink.Acknowledged,
                Uplink.Rejected,
                Uplink.LastRefusal,
                (_options.Link as MqttLink)?.LastError ?? "");
        }
    }

    /// <summary>Closes the link and releases the key.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_options.Link is IAsyncDisposable link)
        {
            await link.DisposeAsync();
        }

        _folder.Signer.Dispose();
    }

    private NodeCore Boot(long unixSeconds)
    {
        Clock.Boot(unixSeconds);
        Device.Boot(unixSeconds);
        var flash = new FileFlash(_folder.FlashFolder, _options.SynchronisesFlash);
        IEntropy entropy = _options.Entropy ?? new SystemEntropy();
        _core = new NodeCore(_identity, _options.Profile.Number, RunningFirmware(), _sensors, _signer, _digest, flash, Uplink, entropy, button: _button);
        return _core;
    }

    private void AdvanceDevice()
    {
        TrueTotals before = Device.Meter.Totals;
        Device.Advance(Clock.TrueUnixSeconds);
        if (Device.Meter.Totals != before)
        {
            _folder.WriteDevice(Device.Keep());
        }
    }

    /// <summary>First 8 bytes of the SHA-256 of the bundle that runs here: the node core's own assembly.</summary>
    public static byte[] RunningFirmware() => SHA256.HashData(File.ReadAllBytes(typeof(NodeCore).Assembly.Location))[..8];
}
