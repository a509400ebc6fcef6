using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Contracts.Pairing
{
    /// <summary>Why a challenge was withdrawn. The numbers are part of the format.</summary>
    public static class PairWithdrawal
    {
        /// <summary>The page was closed or its time is over; nobody was refused.</summary>
        public const int Ended = 1;

        /// <summary>The claim is not the node's, or was used.</summary>
        public const int ClaimRefused = 2;

        /// <summary>Two people claimed the node at once: both are refused.</summary>
        public const int TwoAtOnce = 3;

        /// <summary>The answer was not what was asked for.</summary>
        public const int AnswerRefused = 4;
    }

    /// <summary>
    /// What the backend tells a node while somebody pairs it: press the button so often (challenge), done (granted), or no more
    /// (withdrawn). Granted and withdrawn repeat the challenge that they are about.
    /// </summary>
    public sealed class PairChallenge
    {
        /// <summary>Kind: asks for presses.</summary>
        public const int Challenge = 1;

        /// <summary>Kind: the node is paired.</summary>
        public const int Granted = 2;

        /// <summary>Kind: the challenge counts no more; a reason follows.</summary>
        public const int Withdrawn = 3;

        /// <summary>Bytes of a nonce.</summary>
        public const int NonceSize = 16;

        /// <summary>Bytes of a claim's hash.</summary>
        public const int ClaimHashSize = 32;

        /// <summary>Fewest presses: one is an accident.</summary>
        public const int PressesMin = 2;

        /// <summary>Most presses that a person counts without an error.</summary>
        public const int PressesMax = 5;

        /// <summary>Longest life of a challenge.</summary>
        public const int SecondsMax = 120;

        /// <param name="header">Node, session, counter.</param>
        /// <param name="kind"><see cref="Challenge"/>, <see cref="Granted"/> or <see cref="Withdrawn"/>.</param>
        /// <param name="nonce">16 random bytes, new for every challenge.</param>
        /// <param name="claim">SHA-256 of the claim's 10 bytes.</param>
        /// <param name="presses">How often the button is to be pressed, 2 to 5.</param>
        /// <param name="seconds">How long the challenge lives from its arrival, 1 to 120.</param>
        /// <param name="reason">One of <see cref="PairWithdrawal"/> where the kind is withdrawn, else 0.</param>
        public PairChallenge(DownHeader header, int kind, byte[] nonce, byte[] claim, int presses, int seconds, int reason = 0)
        {
            Header = header;
            Kind = kind;
            Nonce = nonce;
            Claim = claim;
            Presses = presses;
            Seconds = seconds;
            Reason = reason;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary><see cref="Challenge"/>, <see cref="Granted"/> or <see cref="Withdrawn"/>.</summary>
        public int Kind { get; }

        /// <summary>16 random bytes, new for every challenge.</summary>
        public byte[] Nonce { get; }

        /// <summary>SHA-256 of the claim's 10 bytes: the node learns nothing that it could give away.</summary>
        public byte[] Claim { get; }

        /// <summary>How often the button is to be pressed, 2 to 5.</summary>
        public int Presses { get; }

        /// <summary>How long the challenge lives from its arrival, 1 to 120.</summary>
        public int Seconds { get; }

        /// <summary>One of <see cref="PairWithdrawal"/> where the kind is withdrawn, else 0.</summary>
        public int Reason { get; }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form.</summary>
        public static PairChallenge? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            int items = reader.ReadArray(9, 10);
            DownHeader header = DownHeader.Read(reader);
            int kind = (int)reader.ReadUInt(Challenge, Withdrawn);
            if (items != (kind == Withdrawn ? 10 : 9))
            {
                reader.Fail(DecodeError.WrongLength);
            }

            byte[] nonce = reader.ReadBytes(NonceSize, NonceSize);
            byte[] claim = reader.ReadBytes(ClaimHashSize, ClaimHashSize);
            int presses = (int)reader.ReadUInt(PressesMin, PressesMax);
            int seconds = (int)reader.ReadUInt(1, SecondsMax);
            int reason = kind == Withdrawn ? (int)reader.ReadUInt(PairWithdrawal.Ended, PairWithdrawal.AnswerRefused) : 0;
            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new PairChallenge(header, kind, nonce, claim, presses, seconds, reason) : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(104);
            writer.WriteArray(Kind == Withdrawn ? 10 : 9);
            Header.Write(writer);
            writer.WriteUInt(Kind);
            writer.WriteBytes(Nonce);
            writer.WriteBytes(Claim);
            writer.WriteUInt(Presses);
            writer.WriteUInt(Seconds);
            if (Kind == Withdrawn)
            {
                writer.WriteUInt(Reason);
            }

            return writer.ToArray();
        }
    }
}
