using System;
using System.Net.NetworkInformation;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Node.Pairing;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>The board as the bench sees it.</summary>
    public sealed class DeviceBoard : IBoard
    {
        private const int FullOutput = 1000;
        private readonly Pins _pins;

        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        /// <param name="pins">Switches the output.</param>
        public DeviceBoard(byte[] firmware, Pins pins)
        {
            Firmware = firmware;
            _pins = pins;
        }

        /// <inheritdoc />
        public string Chip { get { return SystemInfo.TargetName; } }

        /// <inheritdoc />
        public string Serial { get { return Mac(); } }

        /// <inheritdoc />
        public bool IsSimulated { get { return false; } }

        /// <inheritdoc />
        public long Profile { get { return BoardProfile.Number; } }

        /// <inheritdoc />
        public byte[] Firmware { get; }

        /// <summary>The radio, once there are settings for it.</summary>
        public WifiStation? Wifi { get; set; }

        /// <summary>Whether the node is logged in.</summary>
        public bool IsOnline { get; set; }

        /// <summary>Whether the bench has the output now, and the night's routine has not.</summary>
        public bool HoldsOutput { get; private set; }

        /// <inheritdoc />
        public BoardNetwork Network()
        {
            BoardNetwork network = new BoardNetwork();
            if (Wifi != null)
            {
                network.State = IsOnline ? BoardNetwork.LoggedIn : Wifi.IsConnected ? BoardNetwork.Joined : BoardNetwork.Searching;
                network.Reason = Wifi.Problem;
            }

            return network;
        }

        /// <inheritdoc />
        public void SwitchOutput(bool isOn)
        {
            HoldsOutput = isOn;
            _pins.Output(isOn ? FullOutput : 0);
        }

        /// <inheritdoc />
        public void SetTime(long unixSeconds)
        {
            Rtc.SetSystemTime(DateTime.UnixEpoch.AddSeconds(unixSeconds));
        }

        /// <inheritdoc />
        public void Restart()
        {
            Power.RebootDevice(RebootOption.NormalReboot);
        }

        private static string Mac()
        {
            NetworkInterface[] interfaces = NetworkInterface.GetAllNetworkInterfaces();
            return interfaces.Length == 0 ? "unknown" : Hex.Lower(interfaces[0].PhysicalAddress);
        }
    }
}
