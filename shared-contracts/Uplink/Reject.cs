using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Uplink
{
    /// <summary>Why the backend will never store a message. The numbers are part of the format.</summary>
    public enum RejectReason
    {
        /// <summary>Not in the form of FORMATS.md.</summary>
        Malformed = 1,

        /// <summary>Over a limit of FORMATS.md.</summary>
        TooLarge = 2,

        /// <summary>The signature is not the node's over these bytes and this context.</summary>
        BadSignature = 3,

        /// <summary>Another node's id stands inside.</summary>
        WrongNode = 4,

        /// <summary>A stored batch has other content at this place, or the previous hash is another.</summary>
        Fork = 5,

        /// <summary>It lies inside a gap that the node declared.</summary>
        InsideGap = 6
    }

    /// <summary>A final no to one message; the node sets it aside and declares a gap.</summary>
    public sealed class Reject
    {
        /// <param name="header">Node, session, counter.</param>
        /// <param name="sequence">First sequence number of the batch, 0 where no valid signature vouches for it.</param>
        /// <param name="hash">SHA-256 of the payload; of the whole message where no valid signature vouches for a payload.</param>
        /// <param name="reason">Why.</param>
        public Reject(DownHeader header, long sequence, byte[] hash, RejectReason reason)
        {
            Header = header;
            Sequence = sequence;
            Hash = hash;
            Reason = reason;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary>First sequence number of the batch, 0 where no valid signature vouches for it.</summary>
        public long Sequence { get; }

        /// <summary>SHA-256 of the payload; of the whole message where no valid signature vouches for a payload.</summary>
        public byte[] Hash { get; }

        /// <summary>Why.</summary>
        public RejectReason Reason { get; }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static Reject? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            reader.ReadArray(7, 7);
            DownHeader header = DownHeader.Read(reader);
            long sequence = reader.ReadUInt(0, MeteringLimits.CounterMax);
            byte[] hash = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            RejectReason reason = (RejectReason)(int)reader.ReadUInt((int)RejectReason.Malformed, (int)RejectReason.InsideGap);
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new Reject(header, sequence, hash, reason) : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(80);
            writer.WriteArray(7);
            Header.Write(writer);
            writer.WriteUInt(Sequence);
            writer.WriteBytes(Hash);
            writer.WriteUInt((int)Reason);
            return writer.ToArray();
        }
    }
}
