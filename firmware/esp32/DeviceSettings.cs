using System;
using System.Text;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// What flashing tells a board, as lines of name=value in the file "settings": host, port, ca (the PEM, its line ends written
    /// as a backslash and an n), and wifi1 to wifi3 with key1 to key3. Nothing here is needed to meter.
    /// </summary>
    public sealed class DeviceSettings
    {
        /// <summary>Name of the file.</summary>
        public const string FileName = "settings";

        private const int MaxBytes = 8192;
        private const int MaxNetworks = 3;
        private readonly string[] _names = new string[MaxNetworks];
        private readonly string[] _keys = new string[MaxNetworks];

        private DeviceSettings()
        {
        }

        /// <summary>Name or address of the gateway.</summary>
        public string Host { get; private set; } = "";

        /// <summary>Its TLS port.</summary>
        public int Port { get; private set; } = 8883;

        /// <summary>PEM of the trusted authority.</summary>
        public string Authority { get; private set; } = "";

        /// <summary>Networks that are named.</summary>
        public int NetworkCount { get; private set; }

        /// <summary>Reads the file; null with a sentence about what is wrong.</summary>
        public static DeviceSettings? Parse(byte[]? file, out string problem)
        {
            if (file == null || file.Length == 0 || file.Length > MaxBytes)
            {
                problem = "there are no settings, or more than 8 KB of them";
                return null;
            }

            DeviceSettings settings = new DeviceSettings();
            string[] lines = Encoding.UTF8.GetString(file, 0, file.Length).Split(new char[] { '\n' });
            for (int i = 0; i < lines.Length; i++)
            {
                string line = lines[i].Trim();
                int equals = line.IndexOf('=');
                if (line.Length > 0 && (equals < 1 || !settings.Take(line.Substring(0, equals), line.Substring(equals + 1))))
                {
                    problem = "line " + (i + 1) + " of the settings is not understood";
                    return null;
                }
            }

            problem = settings.Host.Length == 0 ? "the settings name no host" : settings.Authority.Length == 0 ? "the settings have no ca" : settings.NetworkCount == 0 ? "the settings name no wifi1" : "";
            return problem.Length == 0 ? settings : null;
        }

        /// <summary>Name of a network, from 0.</summary>
        public string NetworkName(int index)
        {
            return _names[index];
        }

        /// <summary>Key of a network, from 0; empty for an open one.</summary>
        public string NetworkKey(int index)
        {
            return _keys[index] ?? "";
        }

        private bool Take(string name, string value)
        {
            switch (name)
            {
                case "host":
                    Host = value;
                    return value.Length > 0;
                case "port":
                    Port = Number(value);
                    return Port > 0 && Port < 65536;
                case "ca":
                    Authority = Unfold(value);
                    return true;
                default:
                    return TakeNetwork(name, value);
            }
        }

        private bool TakeNetwork(string name, string value)
        {
            int number = name.Length == 0 ? -1 : name[name.Length - 1] - '1';
            if (number < 0 || number >= MaxNetworks)
            {
                return false;
            }

            if (name.StartsWith("wifi") && name.Length == 5 && number == NetworkCount && value.Length > 0)
            {
                _names[number] = value;
                NetworkCount++;
                return true;
            }

            _keys[number] = value;
            return name.StartsWith("key") && name.Length == 4;
        }

        private static string Unfold(string text)
        {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < text.Length; i++)
            {
                bool isLineEnd = text[i] == '\\' && i + 1 < text.Length && text[i + 1] == 'n';
                lines.Append(isLineEnd ? '\n' : text[i]);
                i += isLineEnd ? 1 : 0;
            }

            return lines.ToString();
        }

        private static int Number(string text)
        {
            int number = 0;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9' || number > 100000)
                {
                    return -1;
                }

                number = number * 10 + text[i] - '0';
            }

            return text.Length == 0 ? -1 : number;
        }
    }
}
