using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Signing
{
    /// <summary>
    /// COSE_Sign (RFC 9052) as our formats use it where one person alone must not decide: tag 98, an empty protected header, an empty
    /// unprotected one, the payload inside, two or three signatures. Each has protected exactly {1: -7} (ES256), unprotected exactly
    /// {4: key id}, and 64 bytes; they stand in ascending order of their key ids, so no key counts twice and there is one form for one set of
    /// signatures. The external data is an ASCII context, so that no signature made for one purpose serves another.
    /// </summary>
    public sealed class CountersignedMessage
    {
        /// <summary>Signatures a message needs.</summary>
        public const int SignaturesMin = 2;

        /// <summary>Signatures a message has, at most.</summary>
        public const int SignaturesMax = 3;

        /// <summary>Bytes of a key id: the first of SHA-256 over the compressed public key.</summary>
        public const int KeyIdSize = 8;

        /// <summary>Bytes of a message with three signatures without its payload, at most.</summary>
        public const int Overhead = 272;

        private const int Tag = 98;

        private readonly byte[][] _keyIds;
        private readonly int[] _signatureOffsets;

        private CountersignedMessage(byte[] message, int payloadOffset, int payloadLength, byte[][] keyIds, int[] signatureOffsets)
        {
            Message = message;
            PayloadOffset = payloadOffset;
            PayloadLength = payloadLength;
            _keyIds = keyIds;
            _signatureOffsets = signatureOffsets;
        }

        /// <summary>The whole message as it came.</summary>
        public byte[] Message { get; }

        /// <summary>Where the payload starts in <see cref="Message"/>.</summary>
        public int PayloadOffset { get; }

        /// <summary>Bytes of the payload.</summary>
        public int PayloadLength { get; }

        /// <summary>How many signatures it has: 2 or 3.</summary>
        public int Signatures { get { return _keyIds.Length; } }

        /// <summary>
        /// Takes the envelope apart without judging payload or signatures; null with the reason when it is not exactly in the form.
        /// </summary>
        /// <param name="message">The whole message.</param>
        /// <param name="maxBytes">Bytes it has at most.</param>
        /// <param name="error">What was wrong first.</param>
        /// <param name="signaturesMin">1 reads a file that is still being signed; nothing but the tool that signs may say so.</param>
        public static CountersignedMessage? Decode(byte[] message, int maxBytes, out DecodeError error, int signaturesMin = SignaturesMin)
        {
            if (message.Length > maxBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(message, 0, message.Length);
            reader.ReadTag(Tag);
            reader.ReadArray(4, 4);
            if (reader.SkipBytes(0, 64) != 0)
            {
                reader.Fail(DecodeError.WrongHeader);
            }

            reader.ReadMap(0);
            int payloadLength = reader.SkipBytes(1, maxBytes);
            int payloadOffset = reader.Position - payloadLength;
            int signatures = reader.ReadArray(signaturesMin, SignaturesMax);
            byte[][] keyIds = new byte[signatures][];
            int[] offsets = new int[signatures];
            for (int i = 0; i < signatures; i++)
            {
                ReadSignature(reader, message, keyIds, offsets, i);
            }

            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? new CountersignedMessage(message, payloadOffset, payloadLength, keyIds, offsets) : null;
        }

        /// <summary>The bytes that every one of the keys signs: the Sig_structure of RFC 9052, 4.4, for one signer of several.</summary>
        public static byte[] ToBeSigned(string context, byte[] payload, int offset, int count)
        {
            CborWriter writer = new CborWriter(count + 64);
            writer.WriteArray(5);
            writer.WriteText("Signature");
            writer.WriteBytes(new byte[0]);
            writer.WriteBytes(ProtectedHeader());
            writer.WriteBytes(Ascii.Bytes(context));
            writer.WriteBytes(payload, offset, count);
            return writer.ToArray();
        }

        /// <summary>Puts payload and signatures (64 bytes each, s low) into the envelope, in the order of their key ids.</summary>
        public static byte[] Encode(byte[] payload, byte[][] keyIds, byte[][] signatures)
        {
            CborWriter writer = new CborWriter(payload.Length + Overhead);
            writer.WriteTag(Tag);
            writer.WriteArray(4);
            writer.WriteBytes(new byte[0]);
            writer.WriteMap(0);
            writer.WriteBytes(payload);
            writer.WriteArray(keyIds.Length);
            bool[] isWritten = new bool[keyIds.Length];
            for (int i = 0; i < keyIds.Length; i++)
            {
                int next = -1;
                for (int j = 0; j < keyIds.Length; j++)
                {
                    if (!isWritten[j] && (next < 0 || Compare(keyIds[j], keyIds[next]) < 0))
                    {
                        next = j;
                    }
                }

                isWritten[next] = true;
                writer.WriteArray(3);
                writer.WriteBytes(ProtectedHeader());
                writer.WriteMap(1);
                writer.WriteUInt(4);
                writer.WriteBytes(keyIds[next]);
                writer.WriteBytes(signatures[next]);
            }

            return writer.ToArray();
        }

        /// <summary>The id of a key (33 bytes, compressed) in the headers of its signatures.</summary>
        public static byte[] KeyId(IDigest digest, byte[] publicKey)
        {
            byte[] id = new byte[KeyIdSize];
            Array.Copy(digest.Sha256(publicKey, 0, publicKey.Length), 0, id, 0, KeyIdSize);
            return id;
        }

        /// <summary>Whether a signature says that it is by the key with this id.</summary>
        public bool IsBy(int signature, byte[] keyId)
        {
            return Compare(_keyIds[signature], keyId) == 0;
        }

        /// <summary>A copy of the key id of a signature; believe it only after the signature.</summary>
        public byte[] CopyKeyId(int signature)
        {
            byte[] keyId = new byte[KeyIdSize];
            Array.Copy(_keyIds[signature], 0, keyId, 0, KeyIdSize);
            return keyId;
        }

        /// <summary>A copy of a signature, r || s.</summary>
        public byte[] CopySignature(int signature)
        {
            byte[] bytes = new byte[SignatureForm.Size];
            Array.Copy(Message, _signatureOffsets[signature], bytes, 0, SignatureForm.Size);
            return bytes;
        }

        /// <summary>Where the 64 bytes of a signature start in <see cref="Message"/>.</summary>
        public int SignatureOffset(int signature)
        {
            return _signatureOffsets[signature];
        }

        /// <summary>A copy of the payload.</summary>
        public byte[] CopyPayload()
        {
            byte[] payload = new byte[PayloadLength];
            Array.Copy(Message, PayloadOffset, payload, 0, PayloadLength);
            return payload;
        }

        /// <summary>The bytes that the keys of this message signed under a context.</summary>
        public byte[] ToBeSigned(string context)
        {
            return ToBeSigned(context, Message, PayloadOffset, PayloadLength);
        }

        private static void ReadSignature(CborReader reader, byte[] message, byte[][] keyIds, int[] offsets, int index)
        {
            reader.ReadArray(3, 3);
            int length = reader.SkipBytes(0, 64);
            int header = reader.Position - length;
            if (reader.Error == DecodeError.None && (length != 3 || message[header] != 0xA1 || message[header + 1] != 0x01 || message[header + 2] != 0x26))
            {
                reader.Fail(DecodeError.WrongHeader);
            }

            reader.ReadMap(1);
            reader.ReadUInt(4, 4);
            keyIds[index] = reader.ReadBytes(KeyIdSize, KeyIdSize);
            reader.SkipBytes(SignatureForm.Size, SignatureForm.Size);
            offsets[index] = reader.Position - SignatureForm.Size;
            if (reader.Error == DecodeError.None && !SignatureForm.IsAcceptable(message, offsets[index]))
            {
                reader.Fail(DecodeError.BadSignatureForm);
            }

            if (index > 0 && Compare(keyIds[index - 1], keyIds[index]) >= 0)
            {
                reader.Fail(DecodeError.Inconsistent);
            }
        }

        // {1: -7}: algorithm ES256.
        private static byte[] ProtectedHeader()
        {
            return new byte[] { 0xA1, 0x01, 0x26 };
        }

        private static int Compare(byte[] one, byte[] other)
        {
            for (int i = 0; i < KeyIdSize; i++)
            {
                int difference = one[i] - other[i];
                if (difference != 0)
                {
                    return difference;
                }
            }

            return 0;
        }
    }
}
