using System;
using System.Net.NetworkInformation;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// The board's own Wi-Fi for the local page. The system brings it up at a start only, so that opening and closing it are
    /// settings of the CLR and a restart each; a power cut while it is open opens it again. One phone may join. The station is off
    /// meanwhile: a broadcast answer to the phone has to leave on this Wi-Fi.
    /// </summary>
    public static class AccessPoint
    {
        /// <summary>The board's address on it.</summary>
        public const string Address = "192.168.4.1";

        /// <summary>Whether it is open since this start.</summary>
        public static bool IsOpen
        {
            get
            {
                NetworkInterface? own = Find(NetworkInterfaceType.WirelessAP);
                return own != null && (Configuration(own).Options & WirelessAPConfiguration.ConfigurationOptions.Enable) != 0;
            }
        }

        /// <summary>Opens it at the next start; false where this system has none.</summary>
        /// <param name="name">Its name, at most 32 characters.</param>
        /// <param name="key">Its key, 8 to 63 characters.</param>
        public static bool Open(string name, string key)
        {
            NetworkInterface? own = Find(NetworkInterfaceType.WirelessAP);
            if (own == null)
            {
                Console.WriteLine("This system has no Wi-Fi of its own to open.");
                return false;
            }

            own.EnableStaticIPv4(Address, "255.255.255.0", Address);
            WirelessAPConfiguration access = Configuration(own);
            access.Options = WirelessAPConfiguration.ConfigurationOptions.AutoStart | WirelessAPConfiguration.ConfigurationOptions.Enable;
            access.Ssid = name;
            access.Password = key;
            access.Authentication = AuthenticationType.WPA2;
            access.Encryption = EncryptionType.WPA2_PSK;
            access.MaxConnections = 1;
            Station(Wireless80211Configuration.ConfigurationOptions.Disable);
            access.SaveConfiguration();
            return true;
        }

        /// <summary>Closes it from the next start on.</summary>
        public static void Close()
        {
            Station(Wireless80211Configuration.ConfigurationOptions.Enable);
            NetworkInterface? own = Find(NetworkInterfaceType.WirelessAP);
            if (own != null)
            {
                WirelessAPConfiguration access = Configuration(own);
                access.Options = WirelessAPConfiguration.ConfigurationOptions.Disable;
                access.SaveConfiguration();
            }
        }

        private static void Station(Wireless80211Configuration.ConfigurationOptions options)
        {
            NetworkInterface? station = Find(NetworkInterfaceType.Wireless80211);
            if (station != null)
            {
                Wireless80211Configuration configuration = Wireless80211Configuration.GetAllWireless80211Configurations()[(int)station.SpecificConfigId];
                configuration.Options = options;
                configuration.SaveConfiguration();
            }
        }

        private static WirelessAPConfiguration Configuration(NetworkInterface own)
        {
            return WirelessAPConfiguration.GetAllWirelessAPConfigurations()[(int)own.SpecificConfigId];
        }

        private static NetworkInterface? Find(NetworkInterfaceType type)
        {
            NetworkInterface[] all = NetworkInterface.GetAllNetworkInterfaces();
            for (int i = 0; i < all.Length; i++)
            {
                if (all[i].NetworkInterfaceType == type)
                {
                    return all[i];
                }
            }

            return null;
        }
    }
}
