using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;
using DePin.Node.Uplink;

namespace DePin.Tests.Node.Fakes;

/// <summary>One node's connection to the fake backend.</summary>
internal sealed class FakeLink(FakeBackend backend) : IUplink
{
    private readonly Queue<Downlinked> _down = new();
    private readonly List<string> _subscribed = [];
    private string _prefix = "";
    private bool _isCut;

    /// <summary>Whether there is no network.</summary>
    public bool IsCut
    {
        get => _isCut;
        set
        {
            _isCut = value;
            if (value)
            {
                Close();
            }
        }
    }

    /// <summary>Whether the far end takes connections and never answers the login.</summary>
    public bool HasNoConnack { get; set; }

    /// <summary>Connections begun.</summary>
    public int Connects { get; private set; }

    /// <summary>Topics below the node's own, in the order published, since the last connect.</summary>
    public List<string> Published { get; } = [];

    public int State { get; private set; }

    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        Assert.Equal(UplinkState.Down, State);
        _prefix = Topics.Prefix(nodeId);
        Assert.Equal(Topics.Of(nodeId, Topics.Status), willTopic);
        Assert.True(Status.Decode(will, out DecodeError _)!.IsOffline);
        Connects++;
        Published.Clear();
        if (!IsCut)
        {
            State = HasNoConnack ? UplinkState.Connecting : UplinkState.Up;
        }
    }

    public void Subscribe(string topic) => _subscribed.Add(topic);

    public bool Publish(string topic, byte[] payload, int qos)
    {
        if (State != UplinkState.Up)
        {
            return false;
        }

        Assert.StartsWith(_prefix, topic);
        string part = topic[_prefix.Length..];
        if (Published.Count == 0)
        {
            Assert.Equal(5, _subscribed.Count);
            Assert.Equal(Topics.Status, part);
        }

        Published.Add(part);
        backend.Take(part, payload, this);
        return true;
    }

    /// <summary>Puts a message into the node's inbox, as the network would.</summary>
    public void Deliver(string part, byte[] message) => _down.Enqueue(new Downlinked(_prefix + part, message));

    public Downlinked? Receive() => _down.Count > 0 ? _down.Dequeue() : null;

    public void Close()
    {
        State = UplinkState.Down;
        _down.Clear();
        _subscribed.Clear();
    }
}
