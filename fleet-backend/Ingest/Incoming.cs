using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Ingest;

/// <summary>What a message from a node claims to be, by its topic.</summary>
public enum IncomingKind
{
    /// <summary>A signed batch.</summary>
    Batch,

    /// <summary>A signed gap.</summary>
    Gap,
}

/// <summary>One message of a logged-in node on its way into the store.</summary>
/// <param name="Kind">What its topic says it is.</param>
/// <param name="Node">The node that logged in; it may publish only under its own topics.</param>
/// <param name="Message">The bytes as they came; ingest owns them from here on.</param>
/// <param name="Session">The session of the node's last status on this connection, 8 zeros before the first.</param>
/// <param name="ArrivedUnixMilliseconds">When the gateway had it whole, by the backend's clock.</param>
/// <param name="PacketId">MQTT packet id at QoS 1, 0 at QoS 0; handed back with the answer.</param>
/// <param name="Sink">Who waits for the answer.</param>
public sealed record Incoming(
    IncomingKind Kind, RegisteredNode Node, byte[] Message, byte[] Session, long ArrivedUnixMilliseconds, int PacketId, IAnswerSink Sink)
{
    /// <summary>When it was read from its connection, as the stopwatch counts.</summary>
    internal long SubmittedTimestamp { get; } = System.Diagnostics.Stopwatch.GetTimestamp();
}

/// <summary>The connection a message came from. One of its methods is called once for every message.</summary>
public interface IAnswerSink
{
    /// <summary>The answer to <paramref name="message"/>. Called on ingest's own thread: must not block and must not throw.</summary>
    void Answered(Incoming message, Answer answer);

    /// <summary>
    /// The store failed, so there is no answer to <paramref name="message"/> and no acknowledgement: the node still has it and sends it
    /// again after its next login. Called instead of <see cref="Answered"/>, under the same rules.
    /// </summary>
    void NotStored(Incoming message)
    {
    }
}

/// <summary>What the backend did with a message.</summary>
/// <param name="Topic">Last part of the topic of the sealed answer: <see cref="DePin.Contracts.Topics.Receipt"/> or Reject.</param>
/// <param name="SealedMessage">The sealed bytes to publish to the node, ready to send.</param>
/// <param name="Reason">Why it was rejected, null with a receipt.</param>
public sealed record Answer(string Topic, byte[] SealedMessage, RejectReason? Reason);
