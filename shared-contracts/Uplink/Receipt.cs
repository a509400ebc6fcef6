using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Uplink
{
    /// <summary>What the backend has stored of a node's chain. Only a receipt lets a node forget a batch.</summary>
    public sealed class Receipt
    {
        /// <param name="header">Node, session, counter.</param>
        /// <param name="next">Sequence number the backend wants next.</param>
        /// <param name="head">SHA-256 of the last stored payload, zeros before the first.</param>
        /// <param name="counters">Lifetime counters after the last stored reading.</param>
        /// <param name="unixSeconds">The backend's clock.</param>
        /// <param name="isCreditHeld">Whether credit of this node waits for somebody's decision.</param>
        public Receipt(DownHeader header, long next, byte[] head, Counters counters, long unixSeconds, bool isCreditHeld)
        {
            Header = header;
            Next = next;
            Head = head;
            Counters = counters;
            UnixSeconds = unixSeconds;
            IsCreditHeld = isCreditHeld;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary>Sequence number the backend wants next; 1 before the first batch.</summary>
        public long Next { get; }

        /// <summary>SHA-256 of the last stored payload, zeros before the first.</summary>
        public byte[] Head { get; }

        /// <summary>Lifetime counters after the last stored reading.</summary>
        public Counters Counters { get; }

        /// <summary>The backend's clock; it may set the node's.</summary>
        public long UnixSeconds { get; }

        /// <summary>Whether credit of this node waits for somebody's decision; the light says so to who stands before it.</summary>
        public bool IsCreditHeld { get; }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static Receipt? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            reader.ReadArray(9, 9);
            DownHeader header = DownHeader.Read(reader);
            long next = reader.ReadUInt(1, MeteringLimits.CounterMax);
            byte[] head = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            Counters counters = Counters.Read(reader);
            long time = reader.ReadUInt(0, MeteringLimits.CounterMax);
            bool isCreditHeld = reader.ReadUInt(0, 1) == 1;
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new Receipt(header, next, head, counters, time, isCreditHeld) : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(113);
            writer.WriteArray(9);
            Header.Write(writer);
            writer.WriteUInt(Next);
            writer.WriteBytes(Head);
            Counters.Write(writer);
            writer.WriteUInt(UnixSeconds);
            writer.WriteUInt(IsCreditHeld ? 1 : 0);
            return writer.ToArray();
        }
    }
}
