using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Contracts.Pairing
{
    /// <summary>A node's signed word that its button was pressed as a challenge asked: somebody stands beside it.</summary>
    public sealed class PairAnswer
    {
        /// <summary>Bytes of the signed message, at most.</summary>
        public const int MaxBytes = 512;

        private PairAnswer(NodeId node, byte[] session, byte[] nonce, byte[] claim)
        {
            Node = node;
            Session = session;
            Nonce = nonce;
            Claim = claim;
        }

        /// <summary>The node whose button was pressed.</summary>
        public NodeId Node { get; }

        /// <summary>The session in which the challenge came (8 bytes); after a lost link that is not the present one.</summary>
        public byte[] Session { get; }

        /// <summary>The challenge's nonce.</summary>
        public byte[] Nonce { get; }

        /// <summary>The challenge's claim hash.</summary>
        public byte[] Claim { get; }

        /// <summary>How often the button was pressed, 2 to 5.</summary>
        public int Presses { get; set; }

        /// <summary>Number of the node's start.</summary>
        public long Boot { get; set; }

        /// <summary>Sequence number of the reading in which the last press fell.</summary>
        public long Sequence { get; set; }

        /// <summary>An answer to fill and encode.</summary>
        public static PairAnswer Create(NodeId node, byte[] session, byte[] nonce, byte[] claim)
        {
            if (session.Length != Uplink.Session.Size || nonce.Length != PairChallenge.NonceSize || claim.Length != PairChallenge.ClaimHashSize)
            {
                throw new ArgumentException("a session has 8 bytes, a nonce 16 and a claim's hash 32");
            }

            return new PairAnswer(node, session, nonce, claim);
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static PairAnswer? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(8, 8);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            byte[] session = reader.ReadBytes(Uplink.Session.Size, Uplink.Session.Size);
            byte[] nonce = reader.ReadBytes(PairChallenge.NonceSize, PairChallenge.NonceSize);
            byte[] claim = reader.ReadBytes(PairChallenge.ClaimHashSize, PairChallenge.ClaimHashSize);
            int presses = (int)reader.ReadUInt(PairChallenge.PressesMin, PairChallenge.PressesMax);
            long boot = reader.ReadUInt(0, uint.MaxValue);
            long sequence = reader.ReadUInt(1, MeteringLimits.CounterMax);
            reader.Finish();
            error = reader.Error;
            if (error != DecodeError.None)
            {
                return null;
            }

            PairAnswer answer = new PairAnswer(NodeId.FromBytes(node, 0), session, nonce, claim);
            answer.Presses = presses;
            answer.Boot = boot;
            answer.Sequence = sequence;
            return answer;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(104);
            writer.WriteArray(8);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(Node.ToBytes());
            writer.WriteBytes(Session);
            writer.WriteBytes(Nonce);
            writer.WriteBytes(Claim);
            writer.WriteUInt(Presses);
            writer.WriteUInt(Boot);
            writer.WriteUInt(Sequence);
            return writer.ToArray();
        }
    }
}
