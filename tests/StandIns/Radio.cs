// Stand-ins for the settings of the board's radio: simulated. As on the board, what is saved counts from the next start.
namespace System.Net.NetworkInformation
{
    internal enum NetworkInterfaceType
    {
        Wireless80211 = 71,
        WirelessAP = 72,
    }

    public enum AuthenticationType
    {
        WPA2 = 8,
    }

    public enum EncryptionType
    {
        WPA2_PSK = 5,
    }

    internal sealed class NetworkInterface
    {
        private NetworkInterface(NetworkInterfaceType type)
        {
            NetworkInterfaceType = type;
        }

        public byte[] PhysicalAddress { get { return new byte[] { 0x24, 0x6F, 0x28, 0, 0, 1 }; } }

        public NetworkInterfaceType NetworkInterfaceType { get; }

        public uint SpecificConfigId { get { return 0; } }

        public static NetworkInterface[] GetAllNetworkInterfaces()
        {
            NetworkInterface station = new NetworkInterface(NetworkInterfaceType.Wireless80211);
            return WirelessAPConfiguration.IsThere ? new NetworkInterface[] { station, new NetworkInterface(NetworkInterfaceType.WirelessAP) } : new NetworkInterface[] { station };
        }

        public void EnableStaticIPv4(string address, string mask, string gateway)
        {
            WirelessAPConfiguration.Address = address;
        }
    }

    public sealed class WirelessAPConfiguration
    {
        [Flags]
        public enum ConfigurationOptions
        {
            None = 0,
            Disable = 1,
            Enable = 2,
            AutoStart = 6,
        }

        /// <summary>Whether the system can open a Wi-Fi of its own.</summary>
        public static bool IsThere { get; set; } = true;

        /// <summary>The address it was given.</summary>
        public static string Address { get; set; } = "";

        /// <summary>What was saved last.</summary>
        public static WirelessAPConfiguration Saved { get; set; } = new WirelessAPConfiguration();

        public ConfigurationOptions Options { get; set; }

        public string Ssid { get; set; } = "";

        public string Password { get; set; } = "";

        public AuthenticationType Authentication { get; set; }

        public EncryptionType Encryption { get; set; }

        public byte MaxConnections { get; set; }

        public static WirelessAPConfiguration[] GetAllWirelessAPConfigurations()
        {
            return new WirelessAPConfiguration[] { (WirelessAPConfiguration)Saved.MemberwiseClone() };
        }

        public void SaveConfiguration()
        {
            Saved = this;
        }
    }

    public sealed class Wireless80211Configuration
    {
        [Flags]
        public enum ConfigurationOptions
        {
            None = 0,
            Disable = 1,
            Enable = 2,
        }

        /// <summary>What was saved last.</summary>
        public static ConfigurationOptions Saved { get; set; } = ConfigurationOptions.Enable;

        public ConfigurationOptions Options { get; set; } = Saved;

        public static Wireless80211Configuration[] GetAllWireless80211Configurations()
        {
            return new Wireless80211Configuration[] { new Wireless80211Configuration() };
        }

        public void SaveConfiguration()
        {
            Saved = Options;
        }
    }
}
