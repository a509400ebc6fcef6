using System.Security.Cryptography;
using System.Text;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Moving;
using DePin.Node.Pairing;
using DePin.Node.Uplink;

namespace DePin.Host.Boards;

/// <summary>
/// A simulated board on a pseudo-terminal: the real node core with the bench's conversation, bare until it is flashed. After a
/// restart it runs with the identity it made and connects to the gateway it was told. Whoever owns it calls <see cref="Step"/> every
/// few milliseconds.
/// </summary>
public sealed class SimulatedBoard : IBoard, IAsyncDisposable
{
    private const int BusyMilliseconds = 20;
    private const int BatteryMillivolts = 3280;
    private const double IdleMilliwatts = 3;

    // As a chip's boot loader greets on the same wire.
    private static readonly byte[] Greeting = "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (simulated)\r\n"u8.ToArray();
    private readonly SimulatedBoardOptions _options;
    private readonly SimulatedChips _chips = new();
    private readonly FileFlash _flash;
    private readonly PulledPort _port;
    private readonly Lock _gate = new();
    private readonly BoardClock _clock;
    private readonly OwnWifi _ownWifi;
    private NodeLog _log = new();
    private LogWatch? _watch;
    private Bench? _bench;
    private VirtualNode? _node;
    private MqttLink? _link;
    private NodeSettings? _settings;
    private string? _network;
    private string _problem = "";

    /// <summary>Opens the board's folder, or makes the board, and switches it on.</summary>
    public SimulatedBoard(SimulatedBoardOptions options)
    {
        _options = options;
        _clock = new BoardClock(options.Time);
        _ownWifi = new OwnWifi(options.Folder);
        _flash = new FileFlash(FlashFolder, options.SynchronisesFlash);
        Serial = KeepSerial(Path.Combine(options.Folder, "mac"));
        // A shunt of 1 %: the bench finds by how much this one is off.
        double error = 0.01 * (2.0 * Convert.FromHexString(Serial)[^1] / 255 - 1);
        _chips.Add(options.Profile.PanelMeter.Address, options.Profile.PanelMeter.ShuntMicroohms);
        _chips.Add(options.Profile.LoadMeter.Address, (int)(options.Profile.LoadMeter.ShuntMicroohms * (1 + error)));
        if (options.Profile.GridMeter is { } grid)
        {
            _chips.Add(grid.Address, grid.ShuntMicroohms);
        }

        _port = new PulledPort(Path.Combine(options.Folder, "port"));
        PowerOn();
    }

    /// <summary>A link to the serial port that stays the same when the cable is pulled and put in again.</summary>
    public string Port => _port.Link;

    /// <inheritdoc />
    public string Chip => "ESP32 (simulated)";

    /// <inheritdoc />
    public string Serial { get; }

    /// <inheritdoc />
    public bool IsSimulated => true;

    /// <inheritdoc />
    public long Profile => _options.Profile.Number;

    /// <inheritdoc />
    public byte[] Firmware => _node?.Firmware ?? VirtualNode.FactoryFirmware();

    /// <summary>Where the local page is while the button's long press keeps it open, else null. A real board serves it on its own Wi-Fi.</summary>
    public Uri? Page
    {
        get
        {
            lock (_gate)
            {
                return _ownWifi.Page;
            }
        }
    }

    /// <summary>Whether it has power.</summary>
    public bool IsOn
    {
        get
        {
            lock (_gate)
            {
                return _bench is not null;
            }
        }
    }

    /// <summary>The node's id, or null while the board is bare.</summary>
    public string? NodeId => IdentityFile.Load(_flash) is { } identity ? new NodeIdentity(new PlatformDigest(), identity.PublicKey, identity.Secret).Id.ToString() : null;

    /// <summary>For tests: where power goes, once.</summary>
    public PowerCut? Cut
    {
        get => _port.Cut;
        set => _port.Cut = value;
    }

    /// <summary>For tests: type of the request at which the cable is pulled and put in again, once; 0 for never.</summary>
    public int Pull
    {
        get => _port.PullsAt;
        set => _port.PullsAt = value;
    }

    private string FlashFolder => Path.Combine(_options.Folder, "flash");

    /// <summary>Does what is due.</summary>
    public void Step()
    {
        lock (_gate)
        {
            try
            {
                long until = Environment.TickCount64 + BusyMilliseconds;
                do
                {
                    _bench?.Step(_clock);
                }
                while (_bench?.IsWorking == true && Environment.TickCount64 < until);
                if (!_ownWifi.IsStored)
                {
                    _node?.Advance(_options.Time.GetUtcNow().ToUnixTimeMilliseconds());
                }

                _ownWifi.Step(_clock.UptimeMilliseconds);
                if (_ownWifi.IsOver)
                {
                    HoldButton();
                }
                else if (_node?.WantsRestart == true)
                {
                    _node.Stop();
                    Restart();
                }

                _watch?.Look(_clock.UptimeMilliseconds, this, _node?.Counts ?? new NodeCounts());
            }
            catch (PowerCutException)
            {
                PowerOff();
            }
        }
    }

    /// <summary>Power comes back: the board starts with what is on its flash.</summary>
    public void PowerOn()
    {
        lock (_gate)
        {
            _clock.Boot();
            _port.Write(Greeting);
            _log = new NodeLog();
            _watch = new LogWatch(_log);
            var digest = new DeviceDigest();
            var selfTest = new SelfTest(this, _chips, _options.Profile.PanelMeter, _options.Profile.LoadMeter, _options.Profile.GridMeter);
            _bench = new Bench(_port, this, digest, _flash, new SystemEntropy(), selfTest, _log);
            SwitchOutput(isOn: false);
            IdentityFile? identity = IdentityFile.Load(_flash);
            _log.Add(0, identity is null ? "start of a bare board" : "start");
            _settings = SettingsFile.Load(_flash);
            if (identity is not null && _settings is not null)
            {
                StartNode(identity);
            }
        }
    }

    /// <summary>Power goes without a word.</summary>
    public void PowerOff()
    {
        lock (_gate)
        {
            _bench = null;
            _watch = null;
            _node?.PowerOff();
            _node = null;
            _link = null;
            _ownWifi.Dispose();
        }
    }

    /// <summary>A person presses the button so many times; a board that is bare or off takes no notice.</summary>
    public void PressButton(int times)
    {
        lock (_gate)
        {
            _node?.PressButton(times);
        }
    }

    /// <summary>A person holds the button for ten seconds: the local page opens, or closes; both take a restart. A bare board takes no notice.</summary>
    public void HoldButton()
    {
        lock (_gate)
        {
            if (_node is not null)
            {
                _ownWifi.Toggle();
                _node.Stop();
                Restart();
            }
        }
    }

    /// <inheritdoc />
    public BoardNetwork Network() => new()
    {
        State = _settings is null || _settings.NetworkNames.Length == 0 ? BoardNetwork.NoNetworks
            : _network is null ? BoardNetwork.Searching
            : _link?.State == UplinkState.Up ? BoardNetwork.LoggedIn : BoardNetwork.Joined,
        Reason = _settings is not null && _network is null ? "no network answers" : Printable(_link?.LastError ?? _problem),
    };

    /// <inheritdoc />
    public void SwitchOutput(bool isOn)
    {
        double milliwatts = isOn ? (double)BatteryMillivolts * BatteryMillivolts / _options.LoadMilliohms : IdleMilliwatts;
        _chips.Set(_options.Profile.LoadMeter.Address, milliwatts, BatteryMillivolts);
    }

    /// <inheritdoc />
    public void SetTime(long unixSeconds)
    {
        // The simulated board's clock is this machine's.
    }

    /// <inheritdoc />
    public void Restart()
    {
        PowerOff();
        PowerOn();
    }

    /// <summary>Switches off and takes the line away.</summary>
    public async ValueTask DisposeAsync()
    {
        VirtualNode? node = _node;
        PowerOff();
        _port.Dispose();
        if (node is not null)
        {
            await node.DisposeAsync();
        }
    }

    private void StartNode(IdentityFile identity)
    {
        var names = new NodeIdentity(new DeviceDigest(), identity.PublicKey, identity.Secret);
        Belongings.Settle(_flash, names.Id);
        Whereabouts where = Whereabouts.Load(_flash);
        NodeSettings settings = where.Settings!;
        _settings = settings;
        _ownWifi.Start(where, names.Id.ToReadable(), _clock.UptimeMilliseconds);
        _network = _ownWifi.IsSet ? null : Array.Find([.. settings.NetworkNames.Select(Encoding.UTF8.GetString)], name => _options.NetworkAnswers(name));
        _link = Gateway(settings) is { } gateway ? new MqttLink(gateway) : null;
        _node = new VirtualNode(new VirtualNodeOptions
        {
            Profile = _options.Profile,
            Folder = _options.Folder,
            Seed = BitConverter.ToInt64(SHA256.HashData(identity.PublicKey)),
            Key = (identity.PrivateKey, identity.Secret),
            Sky = new SeededClouds(1),
            Link = (IUplink?)_link ?? new NoUplink(),
            Latitude = _options.Place.Latitude,
            Longitude = _options.Place.Longitude,
            SynchronisesFlash = _options.SynchronisesFlash,
            ReleaseKeys = settings.ReleaseKeys,
            RootKeys = settings.RootKeys,
        });
        _node.Uplink.IsCut = _network is null;
    }

    // A board meters without a gateway, and says at the bench what is wrong.
    private GatewayAddress? Gateway(NodeSettings settings)
    {
        try
        {
            _problem = "";
            return GatewayAddress.Tls(settings.Host, settings.Port, settings.Anchors);
        }
        catch (InvalidDataException problem)
        {
            _problem = problem.Message;
            return null;
        }
    }

    private static string Printable(string text) =>
        new([.. text.Select(c => c is >= ' ' and <= '~' ? c : '?').Take(BoardNetwork.ReasonCharacters)]);

    private static string KeepSerial(string path)
    {
        if (!File.Exists(path))
        {
            // Second digit 2: an address that nobody assigned.
            File.WriteAllText(path, "02" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5)));
        }

        string serial = File.ReadAllText(path).Trim();
        return serial.Length == 12 && serial.All(char.IsAsciiHexDigitLower) ? serial : throw new InvalidDataException($"{path} holds no MAC of 12 hex digits; remove the board's folder to begin anew.");
    }
}
