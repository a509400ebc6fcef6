using System.Security.Cryptography;
using System.Text;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>Seals receipts and rejects: the same bytes as <see cref="SealedMessage.Seal"/>, with the topic's part of the MAC kept ready for each node.</summary>
internal static class AnswerSealer
{
    // A receipt has at most 113 bytes, a topic 40; what is longer, as an offer, is worked on in memory of its own.
    private const int MaxMacInputBytes = 256;

    /// <summary>What is stored of the chain now.</summary>
    public static byte[] Receipt(NodeChain chain, byte[] session, long counter, long nowUnixSeconds)
    {
        ChainState state = chain.Committed;
        var receipt = new Receipt(new DownHeader(chain.Node.Id, session, counter), state.Next, state.Head, state.Closing, nowUnixSeconds, chain.Node.IsCreditHeld);
        return Seal(chain.Node.DownKey, chain.ReceiptMacHead, receipt.Encode());
    }

    /// <summary>The answer to a message of a group that is stored.</summary>
    public static Answer Of(Verified message, long counter, long nowUnixSeconds) => message.Refusal is { } reason
        ? Reject(message, reason, counter)
        : new Answer(Topics.Receipt, Receipt(message.Chain!, message.Incoming.Session, counter, nowUnixSeconds), null);

    /// <summary>Any other message to a node.</summary>
    public static byte[] Other(RegisteredNode node, string topic, byte[] payload) =>
        Seal(node.DownKey, Encoding.ASCII.GetBytes(Topics.Of(node.IdText, topic) + '\0'), payload);

    // The final no. Where no valid signature vouches for the bytes they are named as a whole, not by the payload in them: otherwise whoever bends a signature on the way
    // could make a node set a good batch aside.
    private static Answer Reject(Verified message, RejectReason reason, long counter)
    {
        NodeChain chain = message.Chain!;
        var header = new DownHeader(chain.Node.Id, message.Incoming.Session, counter);
        Reject reject = message.Link is { } link
            ? new Reject(header, link.Sequence, link.PayloadHash, reason)
            : new Reject(header, 0, SHA256.HashData(message.Incoming.Message), reason);
        return new Answer(Topics.Reject, Seal(chain.Node.DownKey, chain.RejectMacHead, reject.Encode()), reason);
    }

    private static byte[] Seal(byte[] downKey, byte[] macHead, byte[] payload)
    {
        int length = macHead.Length + payload.Length;
        Span<byte> input = length > MaxMacInputBytes ? new byte[length] : stackalloc byte[MaxMacInputBytes];
        macHead.CopyTo(input);
        payload.CopyTo(input[macHead.Length..]);
        byte[] mac = HMACSHA256.HashData(downKey, input[..length]);
        var writer = new CborWriter(payload.Length + 24);
        writer.WriteArray(2);
        writer.WriteBytes(payload);
        writer.WriteBytes(mac, 0, SealedMessage.MacSize);
        return writer.ToArray();
    }
}
