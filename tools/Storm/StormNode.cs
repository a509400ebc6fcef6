using DePin.Contracts;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Node;
using DePin.Node.Uplink;

namespace DePin.Tools.Storm;

/// <summary>
/// A node as far as its link goes: the node's own session, with its waits and its limits, over a link to a real gateway or to a model of one. What
/// it tries is counted.
/// </summary>
internal sealed class StormNode : IUplink
{
    private static readonly byte[] Firmware = new byte[8];

    private readonly UplinkSession _session;
    private readonly IUplink _link;
    private readonly StormTally _tally;
    private readonly string _statusTopic;
    private long _now;
    private bool _isTrying;
    private bool _isBack;

    /// <param name="identity">Who logs in.</param>
    /// <param name="digest">Hash and MAC.</param>
    /// <param name="link">Its connection.</param>
    /// <param name="entropy">Makes the source of its random waits from the waits themselves.</param>
    /// <param name="tally">Counts.</param>
    public StormNode(NodeIdentity identity, IDigest digest, IUplink link, StormEntropy entropy, StormTally tally)
    {
        _link = link;
        _tally = tally;
        _statusTopic = Topics.Of(identity.Id.ToString(), Topics.Status);
        _session = new UplinkSession(identity, this, digest, entropy, new NodeCounts());
        entropy.Waits = _session.Retries;
    }

    /// <summary>Whether it is logged in and has its receipt.</summary>
    public bool IsBack => _isBack && _link.State == UplinkState.Up;

    /// <summary>When it has something to do, where it knows: to take note of a refusal at once, or to try again; null where it waits for an answer.</summary>
    public long? WaitsUntil => _link.State != UplinkState.Down ? null : _isTrying ? 0 : _session.Retries.NextMilliseconds;

    /// <inheritdoc />
    public int State => _link.State;

    /// <summary>Does what is due, as the node's own round does.</summary>
    public void Tick(long now)
    {
        _now = now;
        if (_session.Advance(now))
        {
            _isTrying = false;
            Status status = Status.Create(_session.SessionBytes, Firmware);
            (status.Boot, status.Sequence, status.UptimeSeconds) = (1, 1, now / 1000);
            _link.Publish(_statusTopic, status.Encode(), 1);
        }

        while (_session.Receive() is { } message)
        {
            if (message is Receipt)
            {
                if (!_isBack)
                {
                    _isBack = true;
                    _tally.Back(now);
                }

                _session.Answered(now);
            }
        }
    }

    /// <inheritdoc />
    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        _isTrying = true;
        _tally.Attempt(_now);
        _link.Connect(nodeId, password, willTopic, will);
    }

    /// <inheritdoc />
    public void Subscribe(string topic) => _link.Subscribe(topic);

    /// <inheritdoc />
    public bool Publish(string topic, byte[] payload, int qos) => _link.Publish(topic, payload, qos);

    /// <inheritdoc />
    public Downlinked? Receive() => _link.Receive();

    /// <inheritdoc />
    public void Close()
    {
        if (_isTrying)
        {
            _isTrying = false;
            _tally.Failure(_now);
        }

        _isBack = false;
        _link.Close();
    }
}
