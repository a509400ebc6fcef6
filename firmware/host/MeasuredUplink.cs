using System.Diagnostics;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Node;
using DePin.Node.Uplink;

namespace DePin.Host;

/// <summary>
/// Stands between a node and its link, and notes what passes: when a batch went out first, when the receipt that covers it came,
/// what was refused. It changes nothing, except that a test may cut it.
/// </summary>
public sealed class MeasuredUplink : IUplink
{
    // A receipt for the newest covers all: more than a node ever has under way.
    private const int LargestUnderWay = 4096;

    private readonly IUplink _link;
    private readonly IDigest _digest;
    private readonly byte[] _downKey;
    private readonly string _node;
    private readonly AckLatency? _latency;
    private readonly AcknowledgedLog? _log;
    private readonly SortedDictionary<long, Published> _underWay = [];
    private bool _isCut;
    private Queue<Downlinked>? _taken;

    /// <summary>Stands before a link.</summary>
    /// <param name="link">The link itself.</param>
    /// <param name="digest">Hash and MAC.</param>
    /// <param name="identity">Whose link it is; opens the receipts.</param>
    /// <param name="latency">Where latencies are counted.</param>
    /// <param name="log">Where acknowledged batches are written.</param>
    public MeasuredUplink(IUplink link, IDigest digest, NodeIdentity identity, AckLatency? latency, AcknowledgedLog? log)
    {
        _link = link;
        _digest = digest;
        _downKey = identity.DownKey;
        _node = identity.Id.ToString();
        _latency = latency;
        _log = log;
    }

    /// <summary>Whether the network is gone, for tests: nothing connects, nothing passes.</summary>
    public bool IsCut
    {
        get => _isCut;
        set
        {
            _isCut = value;
            if (value)
            {
                _link.Close();
            }
        }
    }

    /// <summary>Whether messages to the node wait, because its simulated time lags behind the present.</summary>
    public bool HoldsInbound { get; set; }

    /// <summary>
    /// Takes what came so far. From the first call on the node gets only what was taken: whoever listens before looking at the clock
    /// never hands it an answer from later than the time it is brought to.
    /// </summary>
    public void Listen()
    {
        _taken ??= new Queue<Downlinked>();
        while (_link.Receive() is { } message)
        {
            _taken.Enqueue(message);
        }
    }

    /// <summary>Batches for which a receipt came.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Messages that the backend rejected.</summary>
    public long Rejected { get; private set; }

    /// <summary>The last reject in words; empty when there was none.</summary>
    public string LastRefusal { get; private set; } = "";

    /// <inheritdoc />
    public int State => _isCut ? UplinkState.Down : _link.State;

    /// <inheritdoc />
    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        if (!_isCut)
        {
            _taken?.Clear();
            _link.Connect(nodeId, password, willTopic, will);
        }
    }

    /// <inheritdoc />
    public void Subscribe(string topic) => _link.Subscribe(topic);

    /// <inheritdoc />
    public bool Publish(string topic, byte[] payload, int qos)
    {
        bool isSent = !_isCut && _link.Publish(topic, payload, qos);
        if (isSent && topic == Topics.Of(_node, Topics.Batch))
        {
            NoteBatch(payload);
        }

        return isSent;
    }

    /// <inheritdoc />
    public Downlinked? Receive()
    {
        Downlinked? message = _isCut || HoldsInbound ? null : _taken is null ? _link.Receive() : _taken.TryDequeue(out Downlinked? taken) ? taken : null;
        if (message is not null && SealedMessage.Open(_digest, _downKey, message.Topic, message.Payload) is { } payload)
        {
            NoteAnswer(message.Topic, payload);
        }

        return message;
    }

    /// <inheritdoc />
    public void Close() => _link.Close();

    private void NoteBatch(byte[] message)
    {
        SignedMessage? signed = SignedMessage.Decode(message, MeteringLimits.SignedBatchBytes, out DecodeError _);
        Batch? batch = signed is null ? null : Batch.Decode(message, signed.PayloadOffset, signed.PayloadLength, out DecodeError _);
        if (batch is not null && _underWay.Count < LargestUnderWay)
        {
            // A batch that is sent again keeps its first time.
            byte[] hash = _digest.Sha256(message, signed!.PayloadOffset, signed.PayloadLength);
            _underWay.TryAdd(batch.NextSequence, new Published(batch.Sequence, hash, Stopwatch.GetTimestamp()));
        }
    }

    private void NoteAnswer(string topic, byte[] payload)
    {
        if (topic == Topics.Of(_node, Topics.Receipt) && Receipt.Decode(payload, out DecodeError _) is { } receipt)
        {
            NoteReceipt(receipt);
        }
        else if (topic == Topics.Of(_node, Topics.Reject) && Reject.Decode(payload, out DecodeError _) is { } reject)
        {
            Rejected++;
            LastRefusal = $"{reject.Reason} at sequence {reject.Sequence}";
            foreach (long next in _underWay.Where(entry => entry.Value.Hash.AsSpan().SequenceEqual(reject.Hash)).Select(entry => entry.Key).ToList())
            {
                _underWay.Remove(next);
            }
        }
    }

    // Only the hash of an own batch proves that it, and by the chain everything before it, is what the backend has.
    private void NoteReceipt(Receipt receipt)
    {
        if (!_underWay.TryGetValue(receipt.Next, out Published? head) || !head.Hash.AsSpan().SequenceEqual(receipt.Head))
        {
            return;
        }

        foreach ((long next, Published batch) in _underWay.TakeWhile(entry => entry.Key <= receipt.Next).ToList())
        {
            _underWay.Remove(next);
            Acknowledged++;
            _latency?.Add((long)Stopwatch.GetElapsedTime(batch.PublishedTimestamp).TotalMilliseconds);
            _log?.Add(_node, batch.Sequence, Hex.Lower(batch.Hash));
        }
    }

    private sealed record Published(long Sequence, byte[] Hash, long PublishedTimestamp);
}
