using System.Buffers.Binary;
using System.Security.Cryptography;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Signatures;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Judges the bytes of messages, in the order of trust: form of the envelope, the node that logged in, the signature, and only then what
/// the payload says. For one thread: keys and buffer are its own.
/// </summary>
/// <param name="keyCapacity">Keys kept in memory.</param>
/// <param name="failed">Hears of messages that could not be judged.</param>
internal sealed class MessageVerifier(int keyCapacity, Action<Incoming, Exception> failed) : IDisposable
{
    private readonly SignatureChecks _signatures = new(keyCapacity, SignatureLanes.AreFast);
    private readonly SignedHead _batchHead = new(SignedMessage.BatchContext);
    private readonly SignedHead _gapHead = new(SignedMessage.GapContext);
    private readonly byte[] _toBeSigned = new byte[MeteringLimits.SignedBatchBytes + 128];

    /// <summary>The messages in their order, each with what it says, or with the reason why it is refused; without those that could not be judged.</summary>
    public IReadOnlyList<Verified> Verify(IReadOnlyList<Incoming> messages)
    {
        try
        {
            return Judge(messages);
        }
        catch (Exception problem)
        {
            if (messages.Count > 1)
            {
                // One by one, to lose no other.
                return [.. messages.SelectMany(message => Verify([message]))];
            }

            failed(messages[0], problem);
            return [];
        }
    }

    public void Dispose() => _signatures.Dispose();

    private Verified[] Judge(IReadOnlyList<Incoming> messages)
    {
        Envelope[] envelopes = [.. messages.Select(Open)];
        SignatureChecks.Claim[] claims = [.. envelopes.Where(envelope => envelope.Claim is not null).Select(envelope => envelope.Claim!)];
        bool[] right = _signatures.AreRight(claims);
        int claim = 0;
        return [.. envelopes.Select(envelope => envelope.Claim is null || right[claim++] ? envelope.Read() : Refused(envelope.Incoming, RejectReason.BadSignature))];
    }

    private Envelope Open(Incoming incoming)
    {
        int limit = incoming.Kind == IncomingKind.Batch ? MeteringLimits.SignedBatchBytes : MeteringLimits.SignedGapBytes;
        SignedMessage? message = SignedMessage.Decode(incoming.Message, limit, out DecodeError error);
        if (message is null)
        {
            return new Envelope(incoming, null, null, error switch
            {
                DecodeError.TooLarge => RejectReason.TooLarge,
                DecodeError.BadSignatureForm => RejectReason.BadSignature,
                _ => RejectReason.Malformed,
            });
        }

        return message.Node.Equals(incoming.Node.Id)
            ? new Envelope(incoming, message, new SignatureChecks.Claim(incoming.Node, HashOf(incoming, message), message.Message.AsMemory(message.SignatureOffset, SignatureForm.Size)), null)
            : new Envelope(incoming, message, null, RejectReason.WrongNode);
    }

    private byte[] HashOf(Incoming incoming, SignedMessage message)
    {
        SignedHead head = incoming.Kind == IncomingKind.Batch ? _batchHead : _gapHead;
        return SHA256.HashData(_toBeSigned.AsSpan(0, head.Write(Payload(message), _toBeSigned)));
    }

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

    // A message before its payload is read: refused already, or with what has to be true before it is.
    private sealed record Envelope(Incoming Incoming, SignedMessage? Message, SignatureChecks.Claim? Claim, RejectReason? Refusal)
    {
        public Verified Read() =>
            Refusal is { } reason ? Refused(Incoming, reason) : Incoming.Kind == IncomingKind.Batch ? ReadBatch(Incoming, Message!) : ReadGap(Incoming, Message!);
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
