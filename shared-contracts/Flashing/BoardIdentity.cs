using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Contracts.Flashing
{
    /// <summary>
    /// The public half of a node's identity, and what the backend is given of its secret. The proof is a COSE_Sign1 message under
    /// "depin/1/flash" whose payload holds the public key, the tool's entropy and a number of the node's: whoever answers has the
    /// key now. The node's number is drawn for the answer; the entropy that made the key stays on the node, since it would give the key away.
    /// </summary>
    public sealed class BoardIdentity
    {
        /// <summary>Bytes of the number that the node draws.</summary>
        public const int NonceBytes = 32;

        /// <summary>Bytes of the proof, at most.</summary>
        public const int ProofBytes = 256;

        /// <summary>The signed message.</summary>
        public byte[] Proof { get; set; } = new byte[0];

        /// <summary>The MQTT password's 32 bytes; it is used as their 64 hex digits.</summary>
        public byte[] LoginPassword { get; set; } = new byte[NodeSecret.Size];

        /// <summary>Key under which the backend seals messages to the node.</summary>
        public byte[] DownKey { get; set; } = new byte[NodeSecret.Size];

        /// <summary>The payload that is signed.</summary>
        public static byte[] Payload(byte[] publicKey, byte[] toolEntropy, byte[] nonce)
        {
            CborWriter writer = new CborWriter(128);
            writer.WriteArray(4);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteBytes(publicKey);
            writer.WriteBytes(toolEntropy);
            writer.WriteBytes(nonce);
            return writer.ToArray();
        }

        /// <summary>
        /// The public key in the proof where its form is right and it holds this entropy; null with the reason else. The
        /// signature, and that the id in the header is the key's, are for the caller to check.
        /// </summary>
        public byte[]? PublicKey(byte[] toolEntropy, out DecodeError error)
        {
            SignedMessage? message = SignedMessage.Decode(Proof, ProofBytes, out error);
            if (message == null)
            {
                return null;
            }

            CborReader reader = new CborReader(Proof, message.PayloadOffset, message.PayloadLength);
            reader.ReadArray(4, 4);
            if (reader.ReadUInt(0, uint.MaxValue) != MeteringLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            byte[] key = reader.ReadBytes(NodeSettings.KeyBytes, NodeSettings.KeyBytes);
            byte[] entropy = reader.ReadBytes(FlashRequest.EntropyBytes, FlashRequest.EntropyBytes);
            reader.ReadBytes(NonceBytes, NonceBytes);
            bool isWhole = reader.Finish();
            for (int i = 0; isWhole && i < entropy.Length; i++)
            {
                if (entropy[i] != toolEntropy[i])
                {
                    reader.Fail(DecodeError.Inconsistent);
                }
            }

            error = reader.Error;
            return error == DecodeError.None ? key : null;
        }

        internal static BoardIdentity Read(CborReader reader)
        {
            BoardIdentity identity = new BoardIdentity();
            reader.ReadArray(3, 3);
            identity.Proof = reader.ReadBytes(1, ProofBytes);
            identity.LoginPassword = reader.ReadBytes(NodeSecret.Size, NodeSecret.Size);
            identity.DownKey = reader.ReadBytes(NodeSecret.Size, NodeSecret.Size);
            return identity;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(3);
            writer.WriteBytes(Proof);
            writer.WriteBytes(LoginPassword);
            writer.WriteBytes(DownKey);
        }
    }
}
