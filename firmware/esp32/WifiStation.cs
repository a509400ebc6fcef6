using System;
using System.Device.Wifi;
using System.Text;
using System.Threading;
using DePin.Contracts.Flashing;
using nanoFramework.Networking;

namespace DePin.Node.Esp32
{
    /// <summary>Keeps the board on one of its networks, in a thread of its own, since connecting blocks for up to half a minute.</summary>
    public sealed class WifiStation
    {
        private const int AttemptMilliseconds = 30000;
        private const int PauseMilliseconds = 15000;
        private const int LookMilliseconds = 1000;
        private readonly NodeSettings _settings;
        private bool _isWanted = true;
        private int _network;

        /// <param name="settings">Names and keys of the networks.</param>
        public WifiStation(NodeSettings settings)
        {
            _settings = settings;
        }

        /// <summary>Whether an address was got and not lost.</summary>
        public bool IsConnected { get; private set; }

        /// <summary>What the last attempt failed by; empty where it did not.</summary>
        public string Problem { get; private set; } = "";

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
            _network = IsConnected ? _network : (_network + 1) % _settings.NetworkNames.Length;
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
                string name = Text(_settings.NetworkNames[network]);
                bool isConnected = WifiNetworkHelper.ConnectDhcp(name, Text(_settings.NetworkKeys[network]), WifiReconnectionKind.Automatic, false, 0, limit.Token);
                Problem = isConnected ? "" : "network " + (network + 1) + " does not answer";
                return isConnected;
            }
            catch (Exception problem)
            {
                Console.WriteLine("Wi-Fi: " + problem.Message);
                Problem = "network " + (network + 1) + " failed";
                return false;
            }
        }

        private static string Text(byte[] bytes)
        {
            return bytes.Length == 0 ? "" : Encoding.UTF8.GetString(bytes, 0, bytes.Length);
        }
    }
}
