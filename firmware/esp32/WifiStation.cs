using System;
using System.Device.Wifi;
using System.Threading;
using nanoFramework.Networking;

namespace DePin.Node.Esp32
{
    /// <summary>Keeps the board on one of its networks, in a thread of its own, since connecting blocks for up to half a minute.</summary>
    public sealed class WifiStation
    {
        private const int AttemptMilliseconds = 30000;
        private const int PauseMilliseconds = 15000;
        private const int LookMilliseconds = 1000;
        private readonly DeviceSettings _settings;
        private bool _isWanted = true;
        private int _network;

        /// <param name="settings">Names and keys of the networks.</param>
        public WifiStation(DeviceSettings settings)
        {
            _settings = settings;
        }

        /// <summary>Whether an address was got and not lost.</summary>
        public bool IsConnected { get; private set; }

        /// <summary>Begins to connect, and goes on for ever.</summary>
        public void Start()
        {
            new Thread(Run).Start();
        }

        /// <summary>Switches the radio off between sessions, or on again.</summary>
        public void Want(bool isWanted)
        {
            if (_isWanted && !isWanted)
            {
                IsConnected = false;
                WifiNetworkHelper.Disconnect();
            }

            _isWanted = isWanted;
        }

        /// <summary>Does what is due now, and answers after how many milliseconds to look again.</summary>
        public int GoRound()
        {
            if (!_isWanted)
            {
                return LookMilliseconds;
            }

            if (IsConnected && WifiNetworkHelper.Status == NetworkHelperStatus.NetworkIsReady)
            {
                return LookMilliseconds;
            }

            IsConnected = Try(_network);
            _network = IsConnected ? _network : (_network + 1) % _settings.NetworkCount;
            return IsConnected ? LookMilliseconds : PauseMilliseconds;
        }

        private void Run()
        {
            while (true)
            {
                Thread.Sleep(GoRound());
            }
        }

        private bool Try(int network)
        {
            try
            {
                CancellationTokenSource limit = new CancellationTokenSource(AttemptMilliseconds);
                return WifiNetworkHelper.ConnectDhcp(_settings.NetworkName(network), _settings.NetworkKey(network), WifiReconnectionKind.Automatic, false, 0, limit.Token);
            }
            catch (Exception problem)
            {
                Console.WriteLine("Wi-Fi: " + problem.Message);
                return false;
            }
        }
    }
}
