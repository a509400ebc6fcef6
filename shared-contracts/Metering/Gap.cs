using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Metering
{
    /// <summary>Why a node no longer has readings that it numbered.</summary>
    public static class GapReason
    {
        /// <summary>The flash lost them.</summary>
        public const int Lost = 1;

        /// <summary>The outbox was full and dropped the oldest.</summary>
        public const int Dropped = 2;

        /// <summary>The backend rejected them.</summary>
        public const int Rejected = 3;

        /// <summary>They lie on a branch that the backend does not follow.</summary>
        public const int Fork = 4;
    }

    /// <summary>A node's signed word that readings are lost, and where its chain goes on.</summary>
    public sealed class Gap
    {
        private Gap(NodeId node, byte[] session, Counters counters, byte[] nextHash)
        {
            Node = node;
            Session = session;
            Counters = counters;
            NextHash = nextHash;
        }

        /// <summary>The node that lost readings.</summary>
        public NodeId Node { get; }

        /// <summary>The session of this login (8 bytes), so that an old gap cannot be played again.</summary>
        public byte[] Session { get; }

        /// <summary>First lost sequence number: the backend's next.</summary>
        public long From { get; set; }

        /// <summary>Last lost sequence number.</summary>
        public long To { get; set; }

        /// <summary>One of <see cref="GapReason"/>.</summary>
        public int Reason { get; set; }

        /// <summary>Lifetime counters when the reading after the gap opened.</summary>
        public Counters Counters { get; }

        /// <summary>SHA-256 of the payload of the batch that follows.</summary>
        public byte[] NextHash { get; }

        /// <summary>A gap to fill and encode.</summary>
        public static Gap Create(NodeId node, byte[] session, Counters counters, byte[] nextHash)
        {
            if (session.Length != Uplink.Session.Size || nextHash.Length != Batch.HashSize)
            {
                throw new ArgumentException("a session has 8 bytes and a hash 32");
            }

            return new Gap(node, session, counters, nextHash);
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static Gap? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(8, 8);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            long from = reader.ReadUInt(1, MeteringLimits.CounterMax);
            long to = reader.ReadUInt(1, MeteringLimits.CounterMax);
            int reason = (int)reader.ReadUInt(GapReason.Lost, GapReason.Fork);
            Counters counters = Counters.Read(reader);
            byte[] nextHash = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            if (reader.Finish() && to < from)
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            if (error != DecodeError.None)
            {
                return null;
            }

            Gap gap = new Gap(NodeId.FromBytes(node, 0), session, counters, nextHash);
            gap.From = from;
            gap.To = to;
            gap.Reason = reason;
            return gap;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(128);
            writer.WriteArray(8);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteBytes(Session);
            writer.WriteUInt(From);
            writer.WriteUInt(To);
            writer.WriteUInt(Reason);
            Counters.Write(writer);
            writer.WriteBytes(NextHash);
            return writer.ToArray();
        }
    }
}
