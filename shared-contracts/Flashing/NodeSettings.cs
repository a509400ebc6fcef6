using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Flashing
{
    /// <summary>
    /// What flashing tells a board: how it gets to the gateway, whom it trusts, and what hardware it is. Stored on the board as
    /// these bytes, so that their SHA-256, read back, is the one the tool knows.
    /// </summary>
    public sealed class NodeSettings
    {
        /// <summary>Bytes of settings, at most; a line has room for them.</summary>
        public const int MaxBytes = 2944;

        /// <summary>Wi-Fi networks, at most.</summary>
        public const int MaxNetworks = 3;

        /// <summary>Bytes of a network's name (IEEE 802.11).</summary>
        public const int NetworkNameBytes = 32;

        /// <summary>Bytes of a network's key, at most; none for an open one.</summary>
        public const int NetworkKeyBytes = 64;

        /// <summary>Characters of the gateway's name.</summary>
        public const int HostCharacters = 128;

        /// <summary>Certificates of authorities, at most.</summary>
        public const int MaxAnchors = 2;

        /// <summary>Bytes of a certificate (DER); one with a P-256 key has about 450.</summary>
        public const int AnchorBytes = 1024;

        /// <summary>Keys that may sign a release, at most.</summary>
        public const int MaxReleaseKeys = 8;

        /// <summary>Keys that may change the release keys, at most.</summary>
        public const int MaxRootKeys = 4;

        /// <summary>Bytes of a compressed P-256 key.</summary>
        public const int KeyBytes = 33;

        /// <summary>Names of the networks, as bytes; in the order in which they are tried.</summary>
        public byte[][] NetworkNames { get; set; } = new byte[0][];

        /// <summary>Their keys, empty for open ones.</summary>
        public byte[][] NetworkKeys { get; set; } = new byte[0][];

        /// <summary>Name or address of the gateway.</summary>
        public string Host { get; set; } = "";

        /// <summary>Its TLS port.</summary>
        public int Port { get; set; }

        /// <summary>Certificates (DER) of the authorities that are trusted.</summary>
        public byte[][] Anchors { get; set; } = new byte[0][];

        /// <summary>Number of the hardware profile.</summary>
        public long Profile { get; set; }

        /// <summary>Keys that sign releases.</summary>
        public byte[][] ReleaseKeys { get; set; } = new byte[0][];

        /// <summary>Keys that change the release keys.</summary>
        public byte[][] RootKeys { get; set; } = new byte[0][];

        /// <summary>Reads settings; null with the reason when they are not exactly in the form.</summary>
        public static NodeSettings? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            NodeSettings settings = new NodeSettings();
            CborReader reader = new CborReader(data, offset, count);
            if (count > MaxBytes)
            {
                reader.Fail(DecodeError.TooLarge);
            }

            reader.ReadArray(8, 8);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            settings.ReadWay(reader);
            settings.Profile = reader.ReadUInt(0, uint.MaxValue);
            settings.ReleaseKeys = ReadStrings(reader, 0, MaxReleaseKeys, KeyBytes, KeyBytes);
            settings.RootKeys = ReadStrings(reader, 0, MaxRootKeys, KeyBytes, KeyBytes);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? settings : null;
        }

        /// <summary>The settings' bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(1024);
            writer.WriteArray(8);
            writer.WriteUInt(MeteringLimits.Format);
            WriteWay(writer);
            writer.WriteUInt(Profile);
            WriteStrings(writer, ReleaseKeys);
            WriteStrings(writer, RootKeys);
            return writer.ToArray();
        }

        /// <summary>The part that says where a node belongs, as it stands inside other formats too: networks, gateway, port, trust anchors.</summary>
        public void WriteWay(CborWriter writer)
        {
            writer.WriteArray(NetworkNames.Length);
            for (int i = 0; i < NetworkNames.Length; i++)
            {
                writer.WriteArray(2);
                writer.WriteBytes(NetworkNames[i]);
                writer.WriteBytes(NetworkKeys[i]);
            }

            writer.WriteText(Host);
            writer.WriteUInt(Port);
            WriteStrings(writer, Anchors);
        }

        /// <summary>Reads the same part.</summary>
        public void ReadWay(CborReader reader)
        {
            ReadNetworks(reader);
            Host = reader.ReadText(1, HostCharacters);
            Port = (int)reader.ReadUInt(1, 65535);
            Anchors = ReadStrings(reader, 1, MaxAnchors, 1, AnchorBytes);
        }

        private void ReadNetworks(CborReader reader)
        {
            int networks = reader.ReadArray(0, MaxNetworks);
            NetworkNames = new byte[networks][];
            NetworkKeys = new byte[networks][];
            for (int i = 0; i < networks; i++)
            {
                reader.ReadArray(2, 2);
                NetworkNames[i] = reader.ReadBytes(1, NetworkNameBytes);
                NetworkKeys[i] = reader.ReadBytes(0, NetworkKeyBytes);
            }
        }

        private static byte[][] ReadStrings(CborReader reader, int least, int most, int leastBytes, int mostBytes)
        {
            byte[][] strings = new byte[reader.ReadArray(least, most)][];
            for (int i = 0; i < strings.Length; i++)
            {
                strings[i] = reader.ReadBytes(leastBytes, mostBytes);
            }

            return strings;
        }

        private static void WriteStrings(CborWriter writer, byte[][] strings)
        {
            writer.WriteArray(strings.Length);
            for (int i = 0; i < strings.Length; i++)
            {
                writer.WriteBytes(strings[i]);
            }
        }
    }
}
