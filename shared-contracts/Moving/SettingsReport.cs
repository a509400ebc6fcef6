using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Contracts.Moving
{
    /// <summary>How a signed change stands on a node. The numbers are part of the format.</summary>
    public enum SettingsState
    {
        /// <summary>Stored; tried from the next start on, for 24 hours.</summary>
        Trying = 1,

        /// <summary>A login came under it: it stays.</summary>
        Kept = 2,

        /// <summary>No login came within 24 hours, or the node's local page changed it: what was before counts.</summary>
        TakenBack = 3,

        /// <summary>Not taken, and nothing was changed.</summary>
        Refused = 4
    }

    /// <summary>Why a signed change was not taken. The numbers are part of the format.</summary>
    public enum SettingsRefusal
    {
        /// <summary>It was not refused.</summary>
        None = 0,

        /// <summary>Message or payload is not exactly in the form.</summary>
        Malformed = 1,

        /// <summary>There are no two signatures by two of the node's release keys that are right.</summary>
        BadSignatures = 2,

        /// <summary>A higher version was taken before.</summary>
        VersionTooLow = 3
    }

    /// <summary>A node's signed answer to an order: which version, and how it stands. It answers every order, also one that it knows.</summary>
    public sealed class SettingsReport
    {
        /// <summary>Bytes of the signed message, at most.</summary>
        public const int MaxBytes = 192;

        private SettingsReport(NodeId node, byte[] session)
        {
            Node = node;
            Session = session;
        }

        /// <summary>The node that reports.</summary>
        public NodeId Node { get; }

        /// <summary>The session of the login in which it was asked, 8 bytes.</summary>
        public byte[] Session { get; }

        /// <summary>Version of the change that was handed over; 0 where that could not be read.</summary>
        public long Version { get; set; }

        /// <summary>How it stands.</summary>
        public SettingsState State { get; set; }

        /// <summary>Why it was refused.</summary>
        public SettingsRefusal Refusal { get; set; }

        /// <summary>A report without content yet.</summary>
        public static SettingsReport Create(NodeId node, byte[] session)
        {
            return new SettingsReport(node, session);
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static SettingsReport? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(6, 6);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            SettingsReport report = new SettingsReport(NodeId.FromBytes(node, 0), reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size));
            report.Version = reader.ReadUInt(0, uint.MaxValue);
            report.State = (SettingsState)(int)reader.ReadUInt((int)SettingsState.Trying, (int)SettingsState.Refused);
            report.Refusal = (SettingsRefusal)(int)reader.ReadUInt((int)SettingsRefusal.None, (int)SettingsRefusal.VersionTooLow);
            if (reader.Finish() && ((report.State == SettingsState.Refused) == (report.Refusal == SettingsRefusal.None) || (report.Version == 0 && report.Refusal != SettingsRefusal.Malformed)))
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            return error == DecodeError.None ? report : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(48);
            writer.WriteArray(6);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteBytes(Session);
            writer.WriteUInt(Version);
            writer.WriteUInt((int)State);
            writer.WriteUInt((int)Refusal);
            return writer.ToArray();
        }
    }
}
