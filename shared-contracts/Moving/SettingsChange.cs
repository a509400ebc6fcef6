using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Moving
{
    /// <summary>
    /// Where nodes shall belong from now on: Wi-Fi networks, gateway, trust anchors. It is the payload of a countersigned message of two
    /// release keys, made offline; it names no node, so that one signing moves a fleet, and has a version that only rises.
    /// </summary>
    public sealed class SettingsChange
    {
        /// <summary>External data of the signatures under a change, and of a node's report on it.</summary>
        public const string Context = "depin/1/settings";

        /// <summary>Bytes of the payload, at most: two trust anchors of usual size and three networks fit.</summary>
        public const int MaxBytes = 1700;

        /// <summary>Bytes of the message with its signatures, at most; sealed it stays below a sealed message's limit.</summary>
        public const int SignedBytes = MaxBytes + 272;

        /// <summary>Rises with every change, 1 to 2^32 - 1; a node takes none that is not higher than all before.</summary>
        public long Version { get; set; }

        /// <summary>Networks, gateway, port and trust anchors; the rest does not count. Without networks a node keeps those that it has.</summary>
        public NodeSettings Way { get; set; } = new NodeSettings();

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static SettingsChange? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            SettingsChange change = new SettingsChange();
            CborReader reader = new CborReader(data, offset, count);
            if (count > MaxBytes)
            {
                reader.Fail(DecodeError.TooLarge);
            }

            reader.ReadArray(6, 6);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            change.Version = reader.ReadUInt(1, uint.MaxValue);
            change.Way.ReadWay(reader);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? change : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(1024);
            writer.WriteArray(6);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteUInt(Version);
            Way.WriteWay(writer);
            return writer.ToArray();
        }
    }
}
