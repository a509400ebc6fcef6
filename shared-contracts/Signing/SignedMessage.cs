using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Signing
{
    /// <summary>
    /// COSE_Sign1 (RFC 9052) as our formats use it: tag 18, protected exactly {1: -7} (ES256), unprotected exactly {4: node id},
    /// the payload inside, a signature of 64 bytes. The external data is an ASCII context, so that no signature made for one
    /// purpose serves another.
    /// </summary>
    public sealed class SignedMessage
    {
        /// <summary>External data of a batch.</summary>
        public const string BatchContext = "depin/1/batch";

        /// <summary>External data of a gap.</summary>
        public const string GapContext = "depin/1/gap";

        /// <summary>External data of the proof that a board gives when it is flashed.</summary>
        public const string FlashContext = "depin/1/flash";

        /// <summary>External data of an answer to a pairing's challenge.</summary>
        public const string PairContext = "depin/1/pair";

        /// <summary>Bytes of a signed message without its payload, at most.</summary>
        public const int Overhead = 96;

        private const int Tag = 18;

        private SignedMessage(byte[] message, NodeId node, int payloadOffset, int payloadLength, int signatureOffset)
        {
            Message = message;
            Node = node;
            PayloadOffset = payloadOffset;
            PayloadLength = payloadLength;
            SignatureOffset = signatureOffset;
        }

        /// <summary>The whole message as it came.</summary>
        public byte[] Message { get; }

        /// <summary>The node named in the unprotected header; believe it only after the signature.</summary>
        public NodeId Node { get; }

        /// <summary>Where the payload starts in <see cref="Message"/>.</summary>
        public int PayloadOffset { get; }

        /// <summary>Bytes of the payload.</summary>
        public int PayloadLength { get; }

        /// <summary>Where the 64 bytes of the signature start in <see cref="Message"/>.</summary>
        public int SignatureOffset { get; }

        /// <summary>Takes the envelope apart without judging payload or signature; null with the reason when it is not exactly in the form.</summary>
        public static SignedMessage? Decode(byte[] message, int maxBytes, out DecodeError error)
        {
            if (message.Length > maxBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(message, 0, message.Length);
            reader.ReadTag(Tag);
            reader.ReadArray(4, 4);
            int protectedLength = reader.SkipBytes(0, 64);
            if (reader.Error == DecodeError.None && !IsProtectedHeader(message, reader.Position - protectedLength, protectedLength))
            {
                reader.Fail(DecodeError.WrongHeader);
            }

            reader.ReadMap(1);
            reader.ReadUInt(4, 4);
            byte[] node = reader.ReadBytes(NodeId.Size, NodeId.Size);
            int payloadLength = reader.SkipBytes(1, maxBytes);
            int payloadOffset = reader.Position - payloadLength;
            reader.SkipBytes(SignatureForm.Size, SignatureForm.Size);
            int signatureOffset = reader.Position - SignatureForm.Size;
            if (reader.Finish() && !SignatureForm.IsAcceptable(message, signatureOffset))
            {
                reader.Fail(DecodeError.BadSignatureForm);
            }

            error = reader.Error;
            return error == DecodeError.None
                ? new SignedMessage(message, NodeId.FromBytes(node, 0), payloadOffset, payloadLength, signatureOffset)
                : null;
        }

        /// <summary>The bytes that are signed: the Sig_structure of RFC 9052, 4.4.</summary>
        public static byte[] ToBeSigned(string context, byte[] payload, int offset, int count)
        {
            CborWriter writer = new CborWriter(count + 64);
            writer.WriteArray(4);
            writer.WriteText("Signature1");
            writer.WriteBytes(ProtectedHeader());
            writer.WriteBytes(Ascii.Bytes(context));
            writer.WriteBytes(payload, offset, count);
            return writer.ToArray();
        }

        /// <summary>Puts payload and signature (64 bytes, s low) into the envelope.</summary>
        public static byte[] Encode(NodeId node, byte[] payload, byte[] signature)
        {
            if (signature.Length != SignatureForm.Size)
            {
                throw new ArgumentException("a signature has 64 bytes");
            }

            CborWriter writer = new CborWriter(payload.Length + Overhead);
            writer.WriteTag(Tag);
            writer.WriteArray(4);
            writer.WriteBytes(ProtectedHeader());
            writer.WriteMap(1);
            writer.WriteUInt(4);
            writer.WriteBytes(node.ToBytes());
            writer.WriteBytes(payload);
            writer.WriteBytes(signature);
            return writer.ToArray();
        }

        /// <summary>A copy of the payload.</summary>
        public byte[] CopyPayload()
        {
            byte[] payload = new byte[PayloadLength];
            Array.Copy(Message, PayloadOffset, payload, 0, PayloadLength);
            return payload;
        }

        /// <summary>A copy of the signature, r || s.</summary>
        public byte[] CopySignature()
        {
            byte[] signature = new byte[SignatureForm.Size];
            Array.Copy(Message, SignatureOffset, signature, 0, SignatureForm.Size);
            return signature;
        }

        // {1: -7}: algorithm ES256.
        private static byte[] ProtectedHeader()
        {
            return new byte[] { 0xA1, 0x01, 0x26 };
        }

        private static bool IsProtectedHeader(byte[] message, int offset, int length)
        {
            return length == 3 && message[offset] == 0xA1 && message[offset + 1] == 0x01 && message[offset + 2] == 0x26;
        }
    }
}
