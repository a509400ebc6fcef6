using System;
using System.Text;
using System.Threading;
using DePin.Node.Outbox;
using DePin.Node.Signing;
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
        private readonly StallGuard _guard = new StallGuard();
        private readonly RadioSchedule _radio = new RadioSchedule(BoardProfile.RadioSleepSeconds);
        private readonly NightRoutine _night = new NightRoutine(BoardProfile.NightMinutes(), BoardProfile.NightPermille(), BoardProfile.DuskMicrowatts);
        private readonly LittleFlash _slots = new LittleFlash("I:\\slots\\");
        private readonly DeviceSensors _sensors;
        private readonly M2MqttUplink _uplink;
        private readonly WifiStation? _wifi;
        private bool _isConfirmed;
        private readonly Node _node;

        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        public Board(byte[] firmware)
        {
            _sensors = new DeviceSensors(_bus);
            IdentityFile identity = IdentityFile.Load(_flash) ?? MakeIdentity();
            DeviceSettings? settings = DeviceSettings.Parse(_flash.Read(DeviceSettings.FileName), out string problem);
            _uplink = new M2MqttUplink(settings == null ? "" : settings.Host, settings == null ? 0 : settings.Port, Encoding.UTF8.GetBytes(settings == null ? "" : settings.Authority));
            if (settings == null)
            {
                // Metering goes on without a network; what is measured waits for a technician.
                Console.WriteLine("No network: " + problem + ".");
            }
            else
            {
                _wifi = new WifiStation(settings);
                _wifi.Start();
                Sntp.Start();
            }

            _node = new Node(
                new NodeIdentity(_digest, identity.PublicKey, identity.Secret),
                BoardProfile.Number,
                firmware,
                _sensors,
                new ManagedSigner(_digest, identity.PrivateKey, identity.PublicKey),
                _digest,
                _flash,
                _uplink,
                new DeviceEntropy(_digest, identity.Secret, _flash, Environment.TickCount64));
        }

        /// <summary>Goes round for ever.</summary>
        public void Run()
        {
            while (true)
            {
                GoRound();
                Thread.Sleep(_node.IsSigning ? 0 : IdleMilliseconds);
            }
        }

        private void GoRound()
        {
            long now = _clock.UptimeMilliseconds;
            _pins.FeedWatchdog();
            _guard.Beat(now);
            _sensors.IsCaseOpen = _pins.IsCaseOpen;
            _node.Tick(_clock);
            if (_button.Look(_pins.IsButtonDown, now) == Button.Short)
            {
                _night.Toggle(now / 1000);
            }

            _night.Look(_sensors.HarvestedMicrowatts, now / 1000);
            _pins.Output(_sensors.IsCut ? 0 : _night.Permille(now / 1000));
            Confirm();
            bool hasNetwork = _wifi != null && _wifi.IsConnected;
            _pins.Light(_light.IsOn(LightCode.Of(_wifi != null, _sensors.AreWell, hasNetwork, _node.IsOnline), now));
            SwitchRadio(hasNetwork, now / 1000);
        }

        private void SwitchRadio(bool hasNetwork, long uptimeSeconds)
        {
            if (_wifi == null)
            {
                return;
            }

            bool isOn = _radio.IsOn(_node.OutboxBatches > 0, _node.IsOnline, uptimeSeconds);
            _uplink.HasNetwork = isOn && hasNetwork;
            if (!isOn)
            {
                _uplink.Close();
            }

            _wifi.Want(isOn);
        }

        // A bundle that is logged in works; the loader counts its starts until then.
        private void Confirm()
        {
            if (!_isConfirmed && _node.IsOnline)
            {
                _isConfirmed = true;
                _slots.Delete("attempts");
            }
        }

        private IdentityFile MakeIdentity()
        {
            Console.WriteLine("No identity: making one, which takes some seconds.");
            IdentityFile identity = IdentityFile.Create(_flash, _digest, HardwareNoise.Gather(_digest, _bus));
            Console.WriteLine(identity.Registration(_digest));
            return identity;
        }
    }
}
