using DePin.Contracts;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Node.Uplink;

namespace DePin.Tests.Support;

/// <summary>A registered node on a real MQTT connection, whose button a test presses.</summary>
internal sealed class PairingNode : IAsyncDisposable
{
    private readonly PlatformDigest _digest = new();
    private readonly MqttLink _link;

    private PairingNode(RunningBackend backend, TestNode node)
    {
        Node = node;
        _link = new MqttLink(GatewayAddress.Plain("127.0.0.1", backend.MqttPlainPort));
    }

    public TestNode Node { get; }

    /// <summary>The last message of a challenge that came, or null.</summary>
    public PairChallenge? Last { get; private set; }

    /// <summary>Logs in, and says its first status.</summary>
    public static async Task<PairingNode> ConnectAsync(RunningBackend backend, TestNode node, string topic = Topics.PairChallenge)
    {
        var pairing = new PairingNode(backend, node);
        string id = node.Id.ToString();
        pairing._link.Connect(id, node.Password, Topics.Of(id, Topics.Status), Status.EncodeWill(node.Session));
        await Eventually.HoldsAsync(() => pairing._link.State == UplinkState.Up, "the node is let in");
        pairing._link.Subscribe(Topics.Of(id, topic));
        Status status = Status.Create(node.Session, new byte[8]);
        status.Sequence = node.Next;
        pairing._link.Publish(Topics.Of(id, Topics.Status), status.Encode(), 1);
        await Eventually.HoldsAsync(() => pairing._link.Unacknowledged == 0, "the status is taken");
        return pairing;
    }

    /// <summary>Waits for a message on a topic, and answers its payload.</summary>
    public async Task<byte[]> HearRawAsync(string topic)
    {
        byte[]? payload = null;
        await Eventually.HoldsAsync(
            () =>
            {
                while (payload is null && _link.Receive() is { } message)
                {
                    payload = message.Topic.EndsWith(topic, StringComparison.Ordinal) ? SealedMessage.Open(_digest, Node.DownKey, message.Topic, message.Payload) : null;
                }

                return payload is not null;
            },
            $"a message on {topic} comes");
        return payload!;
    }

    /// <summary>Waits for a message of a kind, and answers it.</summary>
    public async Task<PairChallenge> HearAsync(int kind)
    {
        await Eventually.HoldsAsync(
            () =>
            {
                while (_link.Receive() is { } message)
                {
                    if (message.Topic.EndsWith(Topics.PairChallenge, StringComparison.Ordinal))
                    {
                        Last = PairChallenge.Decode(SealedMessage.Open(_digest, Node.DownKey, message.Topic, message.Payload)!, out _);
                    }
                }

                return Last?.Kind == kind;
            },
            $"a message of kind {kind} comes");
        return Last!;
    }

    /// <summary>The signed answer to a challenge, as pressed.</summary>
    public byte[] Answer(PairChallenge challenge, int? presses = null, byte[]? nonce = null, TestNode? signer = null)
    {
        PairAnswer answer = PairAnswer.Create(Node.Id, challenge.Header.Session, nonce ?? challenge.Nonce, challenge.Claim);
        answer.Presses = presses ?? challenge.Presses;
        answer.Boot = 1;
        answer.Sequence = 1;
        return (signer ?? Node).Sign(SignedMessage.PairContext, answer.Encode());
    }

    /// <summary>Publishes, and waits until it is acknowledged.</summary>
    public async Task PublishAsync(byte[] answer, string topic = Topics.PairAnswer)
    {
        _link.Publish(Topics.Of(Node.Id.ToString(), topic), answer, 1);
        await Eventually.HoldsAsync(() => _link.Unacknowledged == 0, "the answer is acknowledged");
    }

    public ValueTask DisposeAsync() => _link.DisposeAsync();
}
