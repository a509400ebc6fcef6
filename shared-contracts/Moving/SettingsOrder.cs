using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;

namespace DePin.Contracts.Moving
{
    /// <summary>The backend hands a node a signed change of where it belongs. What is signed is not judged here.</summary>
    public sealed class SettingsOrder
    {
        /// <param name="header">Node, session, counter.</param>
        /// <param name="signed">The countersigned message, 1 to <see cref="SettingsChange.SignedBytes"/> bytes.</param>
        public SettingsOrder(DownHeader header, byte[] signed)
        {
            Header = header;
            Signed = signed;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary>The countersigned message as its signers made it.</summary>
        public byte[] Signed { get; }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static SettingsOrder? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            reader.ReadArray(5, 5);
            DownHeader header = DownHeader.Read(reader);
            byte[] signed = reader.ReadBytes(1, SettingsChange.SignedBytes);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new SettingsOrder(header, signed) : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(Signed.Length + 64);
            writer.WriteArray(5);
            Header.Write(writer);
            writer.WriteBytes(Signed);
            return writer.ToArray();
        }
    }
}
