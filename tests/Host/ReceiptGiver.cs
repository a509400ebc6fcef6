using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Node.Uplink;

namespace DePin.Tests.Host;

/// <summary>A link whose other end keeps every batch that continues the chain, and answers with receipts at once.</summary>
internal sealed class ReceiptGiver : IUplink
{
    private readonly PlatformDigest _digest = new();
    private readonly Queue<Downlinked> _down = new();
    private string _node = "";
    private byte[] _session = new byte[Session.Size];
    private byte[] _head = new byte[32];
    private Counters _counters = new(0, 0, 0);
    private long _next = 1;
    private long _counter;

    public byte[] DownKey { get; set; } = [];

    public Func<long> UnixSeconds { get; set; } = () => 0;

    public List<Batch> Batches { get; } = [];

    public IEnumerable<Reading> Readings => Batches.SelectMany(batch => batch.Readings);

    public List<PairAnswer> Answers { get; } = [];

    public int State { get; private set; }

    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        _node = nodeId;
        State = UplinkState.Up;
    }

    public void Subscribe(string topic)
    {
    }

    public bool Publish(string topic, byte[] payload, int qos)
    {
        if (State != UplinkState.Up)
        {
            return false;
        }

        if (topic == Topics.Of(_node, Topics.Status))
        {
            _session = Status.Decode(payload, out DecodeError _)!.Session;
        }
        else if (topic == Topics.Of(_node, Topics.Batch))
        {
            Keep(SignedMessage.Decode(payload, MeteringLimits.SignedBatchBytes, out DecodeError _)!.CopyPayload());
        }

        else if (topic == Topics.Of(_node, Topics.PairAnswer))
        {
            byte[] answer = SignedMessage.Decode(payload, PairAnswer.MaxBytes, out DecodeError _)!.CopyPayload();
            Answers.Add(PairAnswer.Decode(answer, 0, answer.Length, out DecodeError _)!);
        }

        string receiptTopic = Topics.Of(_node, Topics.Receipt);
        var header = new DownHeader(NodeId.Parse(_node)!, _session, ++_counter);
        byte[] receipt = new Receipt(header, _next, _head, _counters, UnixSeconds(), isCreditHeld: false).Encode();
        _down.Enqueue(new Downlinked(receiptTopic, SealedMessage.Seal(_digest, DownKey, receiptTopic, receipt)));
        return true;
    }

    /// <summary>Says something of a pairing to the node that is logged in.</summary>
    public void SendPair(int kind, byte[] nonce, int presses)
    {
        string topic = Topics.Of(_node, Topics.PairChallenge);
        var header = new DownHeader(NodeId.Parse(_node)!, _session, ++_counter);
        byte[] payload = new PairChallenge(header, kind, nonce, SHA256.HashData(nonce), presses, 120).Encode();
        _down.Enqueue(new Downlinked(topic, SealedMessage.Seal(_digest, DownKey, topic, payload)));
    }

    public Downlinked? Receive() => _down.Count > 0 ? _down.Dequeue() : null;

    public void Close()
    {
        State = UplinkState.Down;
        _down.Clear();
    }

    private void Keep(byte[] payload)
    {
        Batch batch = Batch.Decode(payload, 0, payload.Length, out DecodeError _)!;
        if (batch.Sequence == _next)
        {
            Assert.Equal(_head, batch.Previous);
            Batches.Add(batch);
            _next = batch.NextSequence;
            _head = SHA256.HashData(payload);
            _counters = batch.Closing();
        }
    }
}
