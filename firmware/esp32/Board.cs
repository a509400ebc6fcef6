using System;
using System.Net;
using System.Threading;
using DePin.Contracts.Flashing;
using DePin.Node.Moving;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;
using nanoFramework.Networking;

namespace DePin.Node.Esp32
{
    /// <summary>Puts the node core on the board's hardware and keeps it going round.</summary>
    public sealed class Board
    {
        private const int IdleMilliseconds = 40;
        private readonly DeviceClock _clock = new DeviceClock();
        private readonly DeviceDigest _digest = new DeviceDigest();
        private readonly LittleFlash _flash = new LittleFlash("I:\\node\\");
        private readonly Pins _pins = new Pins();
        private readonly I2cBus _bus = new I2cBus(BoardProfile.I2cBus);
        private readonly Button _button = new Button();
        private readonly StatusLight _light = new StatusLight();
        private readonly RadioSchedule _radio = new RadioSchedule(BoardProfile.RadioSleepSeconds);
        private readonly NightRoutine _night = new NightRoutine(BoardProfile.NightMinutes(), BoardProfile.NightPermille(), BoardProfile.DuskMicrowatts);
        private readonly LittleFlash _slots = new LittleFlash("I:\\slots\\");
        private readonly StallGuard _guard;
        private readonly DeviceSensors _sensors;
        private readonly DeviceBoard _board;
        private readonly NodeLog _log = new NodeLog();
        private readonly LogWatch _watch;
        private readonly Bench _bench;
        private readonly M2MqttUplink? _uplink;
        private readonly WifiStation? _wifi;
        private readonly Node? _node;
        private readonly string _id = "";
        private readonly LocalSetup? _setup;
        private readonly LeaseSocket? _lease;

        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        /// <param name="loader">Version of the loader that started it; 0 for none.</param>
        public Board(byte[] firmware, int loader)
        {
            _guard = new StallGuard(_pins, _slots);
            _board = new DeviceBoard(firmware, _pins);
            _watch = new LogWatch(_log);
            _sensors = new DeviceSensors(_bus, CalibrationFile.Load(_flash));
            SelfTest selfTest = new SelfTest(_board, _bus, _sensors.Panel, _sensors.Load, _sensors.Grid);
            _bench = new Bench(new BenchPort(), _board, _digest, _flash, new BenchEntropy(_digest, _bus, _pins), selfTest, _log);
            IdentityFile? identity = IdentityFile.Load(_flash);
            if (identity == null)
            {
                // Bare: there is nobody who could sign a reading. It waits for the bench.
                Console.WriteLine("No identity: flash this board.");
                return;
            }

            NodeIdentity names = new NodeIdentity(_digest, identity.PublicKey, identity.Secret);
            Belongings.Settle(_flash, names.Id);
            _id = names.Id.ToString();
            Whereabouts where = Whereabouts.Load(_flash);
            NodeSettings? settings = where.Settings;
            IEntropy entropy = new DeviceEntropy(_digest, identity.Secret, _flash, Environment.TickCount64);
            _uplink = new M2MqttUplink(settings == null ? "" : settings.Host, settings == null ? 0 : settings.Port, settings == null ? new byte[0] : SettingsFile.AnchorsAsPem(settings));
            if (settings == null || settings.NetworkNames.Length == 0)
            {
                // Metering goes on without a network; what is measured waits for a technician.
                Console.WriteLine("No network: there are no settings, or no network in them.");
            }
            else if (AccessPoint.IsOpen)
            {
                _setup = new LocalSetup(new PageSocket(80), where, names.Id.ToReadable(), entropy, _clock.UptimeMilliseconds);
                _lease = new LeaseSocket(AddressLease.ServerPort, new IPEndPoint(IPAddress.Broadcast, AddressLease.ClientPort));
            }
            else
            {
                _wifi = new WifiStation(settings);
                _wifi.Start();
                _board.Wifi = _wifi;
                Sntp.Start();
            }

            _node = new Node(
                names,
                BoardProfile.Number,
                firmware,
                _sensors,
                new ManagedSigner(_digest, identity.PrivateKey, identity.PublicKey),
                _digest,
                _flash,
                _uplink,
                entropy,
                button: _button,
                where: where,
                board: new DeviceUpdates(_slots, loader, settings));
            _log.Add(_clock.UptimeMilliseconds, "start " + _node.Boot + " of " + names.Id);
        }

        /// <summary>Goes round for ever.</summary>
        public void Run()
        {
            while (true)
            {
                bool isBusy = _bench.IsWorking;
                if (_node == null)
                {
                    WaitForTheBench();
                }
                else
                {
                    GoRound(_node);
                    isBusy |= _node.IsSigning;
                }

                Thread.Sleep(isBusy ? 0 : IdleMilliseconds);
            }
        }

        private void WaitForTheBench()
        {
            long now = _clock.UptimeMilliseconds;
            _pins.FeedWatchdog();
            _guard.Beat(now);
            _bench.Step(_clock);
            _pins.Light(_light.IsOn(LightCode.NeedsTechnician, now));
        }

        private void GoRound(Node node)
        {
            long now = _clock.UptimeMilliseconds;
            _pins.FeedWatchdog();
            _guard.Beat(now);
            _sensors.IsCaseOpen = _pins.IsCaseOpen;
            node.Tick(_clock);
            _board.IsOnline = node.IsOnline;
            _watch.Look(now, _board, node.Counts);
            _bench.Step(_clock);
            int pressed = _button.Look(_pins.IsButtonDown, now);
            if (pressed == Button.Short && !node.Presence.IsOpen)
            {
                _night.Toggle(now / 1000);
                _radio.Wake(now / 1000);
            }

            SetUp(node, pressed == Button.Long, now);

            _night.Look(_sensors.HarvestedMicrowatts, now / 1000);
            if (!_board.HoldsOutput)
            {
                _pins.Output(_sensors.IsCut ? 0 : _night.Permille(now / 1000));
            }

            bool hasNetwork = _wifi != null && _wifi.IsConnected;
            int code = _setup != null ? LightCode.SetUp : LightCode.Of(_wifi != null, _sensors.AreWell, hasNetwork, node.IsOnline, node.IsCreditHeld);
            _pins.Light(_light.IsOn(LightCode.Of(node.Presence.Light, code), now));
            SwitchRadio(node, hasNetwork, now / 1000);
        }

        // A held button opens the board's own Wi-Fi with its page, and closes it again; both take a restart, which loses nothing.
        private void SetUp(Node node, bool isHeld, long now)
        {
            bool restarts = node.WantsRestart;
            if (_setup != null)
            {
                _lease!.Step();
                _setup.Step(now);
                if (isHeld || _setup.IsOver)
                {
                    AccessPoint.Close();
                    restarts = true;
                }
            }
            else if (isHeld && _wifi != null)
            {
                restarts |= AccessPoint.Open("DePin-" + _id.Substring(0, 4), _id);
            }

            if (restarts)
            {
                node.Stop(_clock);
                _board.Restart();
            }
        }

        private void SwitchRadio(Node node, bool hasNetwork, long uptimeSeconds)
        {
            if (_wifi == null || _uplink == null)
            {
                return;
            }

            bool isOn = _radio.IsOn(node.OutboxBatches > 0 || node.Presence.IsOpen || node.Updater!.WantsLink, node.IsOnline, uptimeSeconds);
            _uplink.HasNetwork = isOn && hasNetwork;
            if (!isOn)
            {
                _uplink.Close();
            }

            _wifi.Want(isOn);
        }
    }
}
