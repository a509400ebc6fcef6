using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Update;
using DePin.Node.Uplink;
using NodeCore = DePin.Node.Node;

namespace DePin.Host.PowerCuts;

/// <summary>
/// A node that takes updates, on flash that can be cut, started by the loader's own code. Every firmware is the node core of this
/// program under another hash; what a bundle does wrong follows from its first byte.
/// </summary>
internal sealed class UpdateNode : IClock, ISensors, ISigner, IEntropy, IHandOver, IUpdateBoard
{
    /// <summary>First byte of a bundle that throws when it starts.</summary>
    public const byte Crashes = 0xC0;

    /// <summary>First byte of a bundle that is no assembly.</summary>
    public const byte DoesNotLoad = 0xC1;

    /// <summary>First byte of a bundle that never connects.</summary>
    public const byte NeverConnects = 0xC2;

    /// <summary>First byte of a bundle whose batches do not reach the backend.</summary>
    public const byte SendsNoBatch = 0xC3;

    /// <summary>First byte of a bundle that stands still when it starts.</summary>
    public const byte Hangs = 0xC4;

    private const string SlotPrefix = "slot.";
    private static readonly PlatformDigest Digest = new();
    private static readonly byte[] Factory = [1, 2, 3, 4, 5, 6, 7, 8];
    private readonly PlatformSigner _signer;
    private readonly NodeIdentity _identity;
    private readonly Random _random = new(1);
    private readonly int _secondsPerTick;
    private BundleUplink _uplink;
    private NodeCore? _core;
    private bool _isHung;
    private bool _wantsRestart;
    private int _stepsLeft;

    /// <summary>Starts what is on flash.</summary>
    public UpdateNode(PlatformSigner signer, NodeIdentity identity, CutFlash flash, SimulatedBackend backend, int secondsPerTick = 5)
    {
        _signer = signer;
        _identity = identity;
        _secondsPerTick = secondsPerTick;
        Flash = flash;
        Slots = new PrefixedFlash(flash, SlotPrefix);
        Backend = backend;
        _uplink = new BundleUplink(backend, 0);
        Boot();
    }

    public CutFlash Flash { get; }

    public SimulatedBackend Backend { get; }

    /// <summary>The core that runs; a board whose program ended waits for its restart.</summary>
    public NodeCore Core => _core ?? throw new InvalidOperationException("the board is starting");

    /// <summary>First 8 bytes of the hash of what runs; the factory copy's are 1 to 8.</summary>
    public byte[] Firmware { get; private set; } = Factory;

    public bool RunsFactory => Firmware == Factory;

    /// <summary>Starts of the board.</summary>
    public int Boots { get; private set; }

    /// <summary>Battery, panel and output as the meters show them.</summary>
    public int BatteryPermille { get; set; } = 800;

    public int HarvestedMicrowatts { get; set; } = 20_000_000;

    public int DeliveredMicrowatts { get; set; }

    public bool HasRoomForBundles { get; set; } = true;

    public int SlotBytes { get; set; } = Limits.SlotBytes;

    public int Loader { get; set; } = Starter.Version;

    public IFlash Slots { get; }

    public string Product => VirtualNode.Product;

    public int DuskMicrowatts => 25_000;

    public byte[][] ReleaseKeys => SimulatedUpdates.ReleaseKeys;

    public byte[][] RootKeys => SimulatedUpdates.RootKeys;

    public long UptimeMilliseconds { get; private set; }

    public long LinkMilliseconds { get; private set; }

    public long UnixSeconds => Backend.UnixSeconds;

    public byte[] PublicKey => _signer.PublicKey;

    /// <summary>Time passes; until something holds, or for so many minutes. Whether it held.</summary>
    public bool Run(int minutes, Func<bool>? until = null)
    {
        for (int seconds = 0; seconds < minutes * 60; seconds += _secondsPerTick)
        {
            if (until?.Invoke() == true)
            {
                return true;
            }

            Tick();
        }

        return until?.Invoke() == true;
    }

    /// <summary>Power goes and comes back.</summary>
    public void PowerCycle()
    {
        Backend.Close();
        Pass(10);
        Boot();
    }

    public void Restart() => _wantsRestart = true;

    public void ToBundle(byte[] bundle, byte[] firmware)
    {
        if (bundle[0] == DoesNotLoad)
        {
            throw new BadImageFormatException("planted");
        }

        Firmware = firmware;
        _uplink = new BundleUplink(Backend, bundle[0]);
        _isHung = bundle[0] == Hangs;
        _core = _isHung || bundle[0] == Crashes ? null : Make();
    }

    public void ToFactory()
    {
        Firmware = Factory;
        _uplink = new BundleUplink(Backend, 0);
        _core = Make();
    }

    public void Tell(string problem)
    {
        // The record says it too.
    }

    public void Sample(Sample sample)
    {
        sample.HarvestedMicrowatts = HarvestedMicrowatts;
        sample.DeliveredMicrowatts = DeliveredMicrowatts;
        sample.ImportedMicrowatts = 0;
        sample.BatteryPermille = BatteryPermille;
        sample.BatteryMillivolts = 3300;
        sample.Celsius = 25;
        sample.Flags = 0;
    }

    public void Start(byte[] toBeSigned)
    {
        _stepsLeft = 3;
        _signer.Start(toBeSigned);
    }

    public bool Step() => --_stepsLeft <= 0 && _signer.Step();

    public byte[] Signature() => _signer.Signature();

    public void Fill(byte[] bytes) => _random.NextBytes(bytes);

    private NodeCore Make() => new(_identity, 1, Firmware, this, this, Digest, Flash, _uplink, this, 6 * Segment.BlockBytes, board: this);

    private void Tick()
    {
        Pass(_secondsPerTick);
        UptimeMilliseconds += _secondsPerTick * 1000;
        if (_core is null)
        {
            // Its program ended with an exception, or the stall guard ended it: the board starts anew.
            if (_isHung)
            {
                SlotFiles.MarkStall(Slots);
            }

            Boot();
            return;
        }

        // A board goes round many times a second while it has work.
        for (int i = 0; i < 64 && !_wantsRestart; i++)
        {
            _core.Tick(this);
            if (!_core.IsSigning)
            {
                break;
            }
        }

        if (_wantsRestart)
        {
            PowerCycle();
        }
    }

    private void Pass(int seconds)
    {
        LinkMilliseconds += seconds * 1000;
        Backend.UnixSeconds += seconds;
    }

    private void Boot()
    {
        Boots++;
        _wantsRestart = false;
        UptimeMilliseconds = 0;
        Backend.Close();
        new Starter(Slots, this).Run();
    }

    // What a bad bundle does to its own connection.
    private sealed class BundleUplink(SimulatedBackend backend, byte fault) : IUplink
    {
        public int State => backend.State;

        public void Connect(string nodeId, string password, string willTopic, byte[] will)
        {
            if (fault != NeverConnects)
            {
                backend.Connect(nodeId, password, willTopic, will);
            }
        }

        public void Subscribe(string topic) => backend.Subscribe(topic);

        public bool Publish(string topic, byte[] payload, int qos) =>
            fault == SendsNoBatch && topic.EndsWith("/up/batch", StringComparison.Ordinal) ? backend.State == UplinkState.Up : backend.Publish(topic, payload, qos);

        public Downlinked? Receive() => backend.Receive();

        public void Close() => backend.Close();
    }
}

/// <summary>The files whose names begin with something, under what is left of their names.</summary>
internal sealed class PrefixedFlash(IFlash flash, string prefix) : IFlash
{
    public byte[]? Read(string name) => flash.Read(prefix + name);

    public void Write(string name, byte[] content) => flash.Write(prefix + name, content);

    public void Delete(string name) => flash.Delete(prefix + name);

    public string[] List() => [.. flash.List().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..])];
}
