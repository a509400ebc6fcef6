using System.Buffers.Binary;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Judges the bytes of a message, in the order of trust: form of the envelope, the node that logged in, the signature, and only then what
/// the payload says. For one thread: keys and buffer are its own.
/// </summary>
internal sealed class MessageVerifier(int keyCapacity) : IDisposable
{
    private readonly VerifyingKeys _keys = new(keyCapacity);
    private readonly SignedHead _batchHead = new(SignedMessage.BatchContext);
    private readonly SignedHead _gapHead = new(SignedMessage.GapContext);
    private readonly byte[] _toBeSigned = new byte[MeteringLimits.SignedBatchBytes + 128];

    /// <summary>The message with what it says, or with the reason why it is refused.</summary>
    public Verified Verify(Incoming incoming)
    {
        int limit = incoming.Kind == IncomingKind.Batch ? MeteringLimits.SignedBatchBytes : MeteringLimits.SignedGapBytes;
        SignedMessage? message = SignedMessage.Decode(incoming.Message, limit, out DecodeError error);
        if (message is null)
        {
            return Refused(incoming, error switch
            {
                DecodeError.TooLarge => RejectReason.TooLarge,
                DecodeError.BadSignatureForm => RejectReason.BadSignature,
                _ => RejectReason.Malformed,
            });
        }

        if (!message.Node.Equals(incoming.Node.Id))
        {
            return Refused(incoming, RejectReason.WrongNode);
        }

        if (!IsSigned(incoming, message))
        {
            return Refused(incoming, RejectReason.BadSignature);
        }

        return incoming.Kind == IncomingKind.Batch ? ReadBatch(incoming, message) : ReadGap(incoming, message);
    }

    public void Dispose() => _keys.Dispose();

    private static Verified ReadBatch(Incoming incoming, SignedMessage message)
    {
        Batch? batch = Batch.Decode(message.Message, message.PayloadOffset, message.PayloadLength, out _);
        if (batch is null)
        {
            return Refused(incoming, RejectReason.Malformed);
        }

        return batch.Node.Equals(incoming.Node.Id)
            ? new Verified(incoming) { Link = Link.Of(batch, SHA256.HashData(Payload(message))) }
            : Refused(incoming, RejectReason.WrongNode);
    }

    private static Verified ReadGap(Incoming incoming, SignedMessage message)
    {
        Gap? gap = Gap.Decode(message.Message, message.PayloadOffset, message.PayloadLength, out _);
        if (gap is null)
        {
            return Refused(incoming, RejectReason.Malformed);
        }

        return gap.Node.Equals(incoming.Node.Id) ? new Verified(incoming) { Gap = gap } : Refused(incoming, RejectReason.WrongNode);
    }

    private static Verified Refused(Incoming incoming, RejectReason reason) => new(incoming) { Refusal = reason };

    private static ReadOnlySpan<byte> Payload(SignedMessage message) => message.Message.AsSpan(message.PayloadOffset, message.PayloadLength);

    private bool IsSigned(Incoming incoming, SignedMessage message)
    {
        SignedHead head = incoming.Kind == IncomingKind.Batch ? _batchHead : _gapHead;
        int length = head.Write(Payload(message), _toBeSigned);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_toBeSigned.AsSpan(0, length), hash);
        return _keys.Of(incoming.Node).VerifyHash(hash, message.Message.AsSpan(message.SignatureOffset, SignatureForm.Size));
    }

    // The Sig_structure of one context up to its payload, made once; the payload's own head and bytes follow it.
    private sealed class SignedHead(string context)
    {
        // An empty payload is the one byte 0x40 at the end.
        private readonly byte[] _head = SignedMessage.ToBeSigned(context, [], 0, 0)[..^1];

        public int Write(ReadOnlySpan<byte> payload, Span<byte> destination)
        {
            _head.CopyTo(destination);
            int length = _head.Length;
            if (payload.Length < 24)
            {
                destination[length++] = (byte)(0x40 | payload.Length);
            }
            else if (payload.Length < 256)
            {
                destination[length++] = 0x58;
                destination[length++] = (byte)payload.Length;
            }
            else
            {
                destination[length++] = 0x59;
                BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)payload.Length);
                length += 2;
            }

            payload.CopyTo(destination[length..]);
            return length + payload.Length;
        }
    }
}
