using System;
using System.Text;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Node.Outbox;

namespace DePin.Node.Pairing
{
    /// <summary>The settings that flashing gave, in the file "settings", byte for byte as they came. Nothing in them is needed to meter.</summary>
    public static class SettingsFile
    {
        /// <summary>Name of the file.</summary>
        public const string FileName = "settings";

        private const int PemLine = 64;

        /// <summary>What is on flash, or null where there are none or they are not in the form.</summary>
        public static NodeSettings? Load(IFlash flash)
        {
            byte[]? file = flash.Read(FileName);
            return file == null ? null : NodeSettings.Decode(file, 0, file.Length, out DecodeError _);
        }

        /// <summary>The trusted authorities as the board's TLS takes them: PEM, one after the other.</summary>
        public static byte[] AnchorsAsPem(NodeSettings settings)
        {
            StringBuilder pem = new StringBuilder();
            for (int i = 0; i < settings.Anchors.Length; i++)
            {
                byte[] text = Base64.Encode(settings.Anchors[i]);
                pem.Append("-----BEGIN CERTIFICATE-----\n");
                for (int from = 0; from < text.Length; from += PemLine)
                {
                    int count = text.Length - from < PemLine ? text.Length - from : PemLine;
                    pem.Append(Encoding.UTF8.GetString(text, from, count));
                    pem.Append("\n");
                }

                pem.Append("-----END CERTIFICATE-----\n");
            }

            return Encoding.UTF8.GetBytes(pem.ToString());
        }
    }
}
