using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Updates
{
    /// <summary>A node's signed word on how far it is with a release; signed like a batch, under <see cref="Context"/>.</summary>
    public sealed class UpdateReport
    {
        /// <summary>External data of the signature over a report.</summary>
        public const string Context = "depin/1/update";

        private UpdateReport(NodeId node, byte[] session, byte[] release, byte[] firmware)
        {
            Node = node;
            Session = session;
            Release = release;
            Firmware = firmware;
        }

        /// <summary>The node that reports.</summary>
        public NodeId Node { get; }

        /// <summary>The session in which the report was made (8 bytes); repeated over another login it stays the same.</summary>
        public byte[] Session { get; }

        /// <summary>The offer's attempt; 0 for a rotation of keys.</summary>
        public long Attempt { get; set; }

        /// <summary>Rises with every report in the node's life, 1 to 2^53 - 1; a lower one than was heard is late.</summary>
        public long Counter { get; set; }

        /// <summary>The release's hash; for a rotation of keys SHA-256 of its payload.</summary>
        public byte[] Release { get; }

        /// <summary>How far the node is.</summary>
        public UpdateState State { get; set; }

        /// <summary>Why, where the state has a reason.</summary>
        public UpdateReason Reason { get; set; }

        /// <summary>Blocks on flash, 0 to 256.</summary>
        public int BlocksHeld { get; set; }

        /// <summary>First 8 bytes of the SHA-256 of the bundle that runs while this is reported.</summary>
        public byte[] Firmware { get; }

        /// <summary>Number of the node's start.</summary>
        public long Boot { get; set; }

        /// <summary>Sequence number of the reading being measured.</summary>
        public long Sequence { get; set; }

        /// <summary>A report to fill and encode.</summary>
        public static UpdateReport Create(NodeId node, byte[] session, byte[] releaseHash, byte[] firmware)
        {
            if (session.Length != Uplink.Session.Size || releaseHash.Length != Batch.HashSize || firmware.Length != Batch.FirmwareSize)
            {
                throw new ArgumentException("a session has 8 bytes, a release's hash 32 and a firmware 8");
            }

            return new UpdateReport(node, session, releaseHash, firmware);
        }

        /// <summary>Whether a reason may stand beside a state.</summary>
        public static bool AreConsistent(UpdateState state, UpdateReason reason)
        {
            switch (state)
            {
                case UpdateState.Accepted:
                    return reason == UpdateReason.None || reason == UpdateReason.Stale;
                case UpdateState.Rejected:
                    return reason >= UpdateReason.Malformed && reason <= UpdateReason.KeysTooOld;
                case UpdateState.Waiting:
                    return reason >= UpdateReason.Battery && reason <= UpdateReason.NotBefore;
                case UpdateState.WentBack:
                    return reason >= UpdateReason.Crashed && reason <= UpdateReason.SlotLost;
                default:
                    return reason == UpdateReason.None;
            }
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static UpdateReport? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(12, 12);
            if (reader.ReadUInt(0, uint.MaxValue) != UpdateLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            long attempt = reader.ReadUInt(0, uint.MaxValue);
            long counter = reader.ReadUInt(1, MeteringLimits.CounterMax);
            byte[] release = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            UpdateState state = (UpdateState)(int)reader.ReadUInt((int)UpdateState.Accepted, (int)UpdateState.WentBack);
            UpdateReason reason = (UpdateReason)(int)reader.ReadUInt((int)UpdateReason.None, (int)UpdateReason.SlotLost);
            int blocks = (int)reader.ReadUInt(0, UpdateLimits.Blocks);
            UpdateReport report = new UpdateReport(NodeId.FromBytes(node, 0), session, release, reader.ReadBytes(Batch.FirmwareSize, Batch.FirmwareSize));
            report.Attempt = attempt;
            report.Counter = counter;
            report.State = state;
            report.Reason = reason;
            report.BlocksHeld = blocks;
            report.Boot = reader.ReadUInt(0, uint.MaxValue);
            report.Sequence = reader.ReadUInt(1, MeteringLimits.CounterMax);
            if (reader.Finish() && !AreConsistent(state, reason))
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            return error == DecodeError.None ? report : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(128);
            writer.WriteArray(12);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteBytes(Session);
            writer.WriteUInt(Attempt);
            writer.WriteUInt(Counter);
            writer.WriteBytes(Release);
            writer.WriteUInt((int)State);
            writer.WriteUInt((int)Reason);
            writer.WriteUInt(BlocksHeld);
            writer.WriteBytes(Firmware);
            writer.WriteUInt(Boot);
            writer.WriteUInt(Sequence);
            return writer.ToArray();
        }
    }
}
