using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Node;
using DePin.Node.Uplink;

namespace DePin.Tools.Storm;

/// <summary>A node's connection to a <see cref="GatewayModel"/>; a status is answered by a sealed receipt at once.</summary>
internal sealed class ModelLink(GatewayModel gateway, NodeIdentity identity, IDigest digest) : IUplink
{
    private static readonly byte[] NoHead = new byte[Batch.HashSize];

    private readonly string _receiptTopic = Topics.Of(identity.Id.ToString(), Topics.Receipt);
    private Downlinked? _answer;
    private long _counter;
    private int _attempt;

    /// <summary>Whose it is.</summary>
    public StormNode? Node { get; set; }

    /// <inheritdoc />
    public int State { get; private set; } = UplinkState.Down;

    /// <summary>Whether this attempt still goes on.</summary>
    public bool Tries(int attempt) => attempt == _attempt && State == UplinkState.Connecting;

    /// <summary>The attempt came to a login.</summary>
    public void Accept(int attempt) => Become(attempt, UplinkState.Up);

    /// <summary>The attempt came to nothing.</summary>
    public void Refuse(int attempt) => Become(attempt, UplinkState.Down);

    /// <summary>The connection is gone.</summary>
    public void Break() => State = UplinkState.Down;

    /// <inheritdoc />
    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        State = UplinkState.Connecting;
        _answer = null;
        gateway.Arrive(this, ++_attempt);
    }

    /// <inheritdoc />
    public void Subscribe(string topic)
    {
    }

    /// <inheritdoc />
    public bool Publish(string topic, byte[] payload, int qos)
    {
        if (State == UplinkState.Up && Status.Decode(payload, out _) is { IsOffline: false } status)
        {
            var receipt = new Receipt(new DownHeader(identity.Id, status.Session, ++_counter), 1, NoHead, new Counters(0, 0, 0), 0, isCreditHeld: false);
            _answer = new Downlinked(_receiptTopic, SealedMessage.Seal(digest, identity.DownKey, _receiptTopic, receipt.Encode()));
        }

        return State == UplinkState.Up;
    }

    /// <inheritdoc />
    public Downlinked? Receive()
    {
        Downlinked? answer = _answer;
        _answer = null;
        return answer;
    }

    /// <inheritdoc />
    public void Close() => State = UplinkState.Down;

    private void Become(int attempt, int state)
    {
        if (Tries(attempt))
        {
            State = state;
        }
    }
}
