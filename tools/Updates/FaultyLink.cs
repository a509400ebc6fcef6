using DePin.Contracts;
using DePin.Contracts.Updates;
using DePin.Node.Uplink;

namespace DePin.Tools.Updates;

/// <summary>What a link does to what comes down over it.</summary>
internal sealed class LinkFaults
{
    /// <summary>Percent of the blocks that are lost.</summary>
    public int LostBlocksPercent { get; set; }

    /// <summary>Seconds of the link's own time after which the connection breaks, again and again; 0 for never.</summary>
    public int BreaksEverySeconds { get; set; }

    /// <summary>So many times faster than real time the link's own time passes.</summary>
    public int LinkTimes { get; set; } = 1;

    /// <summary>Whether a bit of each block is changed on the way.</summary>
    public bool ChangesBlocks { get; set; }
}

/// <summary>A real link with faults between it and the node: simulated, since no bad radio is at hand.</summary>
internal sealed class FaultyLink(IUplink inner, LinkFaults faults, int seed) : IUplink, IAsyncDisposable
{
    private readonly Random _random = new(seed);
    private long _connectedAt;

    public int State
    {
        get
        {
            if (faults.BreaksEverySeconds > 0 && inner.State == UplinkState.Up && (Environment.TickCount64 - _connectedAt) * faults.LinkTimes > faults.BreaksEverySeconds * 1000L)
            {
                _connectedAt = Environment.TickCount64;
                inner.Close();
            }

            return inner.State;
        }
    }

    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        _connectedAt = Environment.TickCount64;
        inner.Connect(nodeId, password, willTopic, will);
    }

    public void Subscribe(string topic) => inner.Subscribe(topic);

    public bool Publish(string topic, byte[] payload, int qos) => inner.Publish(topic, payload, qos);

    public Downlinked? Receive()
    {
        while (inner.Receive() is { } message)
        {
            if (!message.Topic.EndsWith(Topics.Update, StringComparison.Ordinal) || !UpdateBlock.IsBlock(message.Payload))
            {
                return message;
            }

            if (_random.Next(100) < faults.LostBlocksPercent)
            {
                continue;
            }

            if (faults.ChangesBlocks)
            {
                message.Payload[^1] ^= 1;
            }

            return message;
        }

        return null;
    }

    public void Close() => inner.Close();

    public ValueTask DisposeAsync() => inner is IAsyncDisposable link ? link.DisposeAsync() : ValueTask.CompletedTask;
}
