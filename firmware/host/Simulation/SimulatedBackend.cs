using System.Collections.Immutable;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Node;
using DePin.Node.Uplink;

namespace DePin.Host.Simulation;

/// <summary>
/// A simulated backend and the link to it in one, which holds a node to the rules of the chain and notes each breach. It verifies
/// no signature and judges no reading. It can be copied at any moment.
/// </summary>
internal sealed class SimulatedBackend(NodeIdentity identity, int slotSeconds = 60, int batchReadings = 3) : IUplink
{
    private static readonly PlatformDigest Digest = new();
    private Queue<Downlinked> _down = new();
    private ImmutableList<Standing> _places = [new Standing(1, new byte[Batch.HashSize], new Counters(0, 0, 0))];
    private ImmutableDictionary<string, RejectReason> _refused = ImmutableDictionary<string, RejectReason>.Empty;
    private long _counter;
    private byte[] _session = new byte[Session.Size];
    private Gap? _gap;
    private bool _isConfigured;
    private SimulatedUpdates? _updates;

    /// <summary>Breaches of the rules.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Told of every batch and gap that comes: the part of the topic, the session it came in, the message.</summary>
    public Action<string, byte[], byte[]>? Heard { get; set; }

    /// <summary>Told when a node connects.</summary>
    public Action? Connecting { get; set; }

    /// <summary>Whether there is a network.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>Why the next batch that comes is refused; taken back when it was.</summary>
    public RejectReason? RefusesNext { get; set; }

    /// <summary>The backend's half of updates; none where null.</summary>
    public SimulatedUpdates? Updates
    {
        get => _updates;
        set
        {
            _updates = value;
            if (value is not null)
            {
                value.Notify = notice => Send(Topics.Update, notice(Header()).Encode());
                value.Send = block => _down.Enqueue(new Downlinked(Topics.Of(identity.Id.ToString(), Topics.Update), block));
            }
        }
    }

    public long UnixSeconds { get; set; }

    public int State { get; private set; }

    public long Next => _places[^1].Next;

    public Counters Closing => _places[^1].Closing;

    /// <summary>The same backend without its connections.</summary>
    public SimulatedBackend Copy() => new(identity, slotSeconds, batchReadings)
    {
        _places = _places,
        _refused = _refused,
        _counter = _counter,
        _gap = _gap,
        _isConfigured = _isConfigured,
        RefusesNext = RefusesNext,
        UnixSeconds = UnixSeconds,
        Updates = Updates?.Copy(),
    };

    /// <summary>As after a backup that lacks the newest batches.</summary>
    public void ForgetBatches(int count)
    {
        _places = _places.RemoveRange(_places.Count - count, count);
        _gap = null;
        Close();
    }

    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        Connecting?.Invoke();
        State = IsReachable ? UplinkState.Up : UplinkState.Down;
    }

    public void Subscribe(string topic)
    {
        // Whatever goes down is heard.
    }

    public Downlinked? Receive() => _down.Count > 0 ? _down.Dequeue() : null;

    public void Close()
    {
        State = UplinkState.Down;
        _down = new Queue<Downlinked>();
    }

    public bool Publish(string topic, byte[] payload, int qos)
    {
        if (State != UplinkState.Up)
        {
            return false;
        }

        string part = topic[Topics.Prefix(identity.Id.ToString()).Length..];
        if (part == Topics.Status)
        {
            _session = Status.Decode(payload, out _)!.Session;
            Configure();
        }
        else if (part == Topics.UpdateReport)
        {
            Updates?.Take(payload);
            return true;
        }
        else
        {
            Heard?.Invoke(part, _session, payload);
        }

        Reject? reject = part == Topics.Batch ? TakeBatch(payload) : part == Topics.Gap ? TakeGap(payload) : null;
        if (reject is null)
        {
            Send(Topics.Receipt, new Receipt(Header(), Next, _places[^1].Head, Closing, UnixSeconds, isCreditHeld: false).Encode());
        }
        else
        {
            Send(Topics.Reject, reject.Encode());
        }

        if (part == Topics.Status)
        {
            Updates?.LoggedIn();
        }

        return true;
    }

    private void Configure()
    {
        if (!_isConfigured)
        {
            _isConfigured = true;
            Send(Topics.Config, new Config(Header(), 1, slotSeconds, batchReadings, 86_400).Encode());
        }
    }

    private DownHeader Header() => new(identity.Id, _session, ++_counter);

    private void Send(string part, byte[] payload)
    {
        string topic = Topics.Of(identity.Id.ToString(), part);
        _down.Enqueue(new Downlinked(topic, SealedMessage.Seal(Digest, identity.DownKey, topic, payload)));
    }

    private Reject? TakeBatch(byte[] bytes)
    {
        SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out DecodeError error);
        Batch? batch = message is null ? null : Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error);
        if (batch is null)
        {
            Failures.Add($"a batch of {bytes.Length} bytes cannot be read: {error}");
            return null;
        }

        byte[] hash = Digest.Sha256(bytes, message!.PayloadOffset, message.PayloadLength);
        string name = Convert.ToHexString(hash);
        if (RefusesNext is { } reason)
        {
            _refused = _refused.SetItem(name, reason);
            RefusesNext = null;
        }

        if (_refused.TryGetValue(name, out RejectReason refusal))
        {
            return new Reject(Header(), batch.Sequence, hash, refusal);
        }

        // A batch whose forerunner was refused as a fork lies on the branch that was left.
        if (_refused.TryGetValue(Convert.ToHexString(batch.Previous), out RejectReason before) && before == RejectReason.Fork && !FollowsGap(batch, hash))
        {
            return new Reject(Header(), batch.Sequence, hash, RejectReason.Fork);
        }

        Place(batch, hash);
        return null;
    }

    private bool FollowsGap(Batch batch, byte[] hash) => _gap is not null && batch.Sequence == _gap.To + 1 && hash.AsSpan().SequenceEqual(_gap.NextHash);

    private void Place(Batch batch, byte[] hash)
    {
        if (FollowsGap(batch, hash))
        {
            if (!_gap!.Counters.IsSameAs(batch.Opening))
            {
                Failures.Add($"the gap before {batch.Sequence} told other counters than the batch behind it");
            }
        }
        else if (batch.Sequence < Next && _places.Exists(place => place.Head.AsSpan().SequenceEqual(hash)))
        {
            return;
        }
        else if (batch.Sequence != Next)
        {
            Failures.Add($"batch {batch.Sequence} came where {Next} was next");
            return;
        }
        else if (!batch.Previous.AsSpan().SequenceEqual(_places[^1].Head))
        {
            Failures.Add($"the chain breaks at {batch.Sequence}");
            return;
        }
        else if (!batch.Opening.IsSameAs(Closing))
        {
            Failures.Add($"batch {batch.Sequence} opens with other counters than the one before closed with");
            return;
        }

        _gap = null;
        _places = _places.Add(new Standing(batch.NextSequence, hash, batch.Closing()));
    }

    private Reject? TakeGap(byte[] bytes)
    {
        SignedMessage message = SignedMessage.Decode(bytes, MeteringLimits.SignedGapBytes, out _)!;
        Gap gap = Gap.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _)!;
        if (gap.Reason == GapReason.Lost)
        {
            Failures.Add($"a gap from {gap.From} to {gap.To} says that the flash lost readings");
        }

        _gap = gap;
        return null;
    }

    private sealed record Standing(long Next, byte[] Head, Counters Closing);
}
