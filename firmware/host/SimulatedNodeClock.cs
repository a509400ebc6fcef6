using DePin.Node;

namespace DePin.Host;

/// <summary>
/// A simulated node's clock: its uptime goes in whole seconds as the simulation moves it, sockets and retries see real time, and
/// the network's time is what the simulation says, unless a test takes it away or bends it.
/// </summary>
public sealed class SimulatedNodeClock : IClock
{
    private long _bootUnixSeconds;
    private long _uptimeSeconds;
    private long _linkFrom;
    private long _linkAt;
    private int _linkTimes = 1;

    /// <summary>Whether SNTP answers.</summary>
    public bool HasNetworkTime { get; set; } = true;

    /// <summary>By how much SNTP lies, seconds.</summary>
    public long NetworkTimeErrorSeconds { get; set; }

    /// <inheritdoc />
    public long UptimeMilliseconds => _uptimeSeconds * 1000;

    /// <inheritdoc />
    public long LinkMilliseconds => _linkAt + ((Environment.TickCount64 - _linkFrom) * _linkTimes);

    /// <summary>So many times faster than real time waits on the link pass; it never goes back. For links that lose so much that a trial would wait for hours.</summary>
    public int LinkTimes
    {
        get => _linkTimes;
        set
        {
            long now = LinkMilliseconds;
            (_linkAt, _linkFrom, _linkTimes) = (now, Environment.TickCount64, value);
        }
    }

    /// <inheritdoc />
    public long UnixSeconds => HasNetworkTime ? _bootUnixSeconds + _uptimeSeconds + NetworkTimeErrorSeconds : 0;

    /// <summary>The simulation's true time, Unix seconds.</summary>
    public long TrueUnixSeconds => _bootUnixSeconds + _uptimeSeconds;

    /// <summary>A boot at this moment.</summary>
    public void Boot(long unixSeconds)
    {
        _bootUnixSeconds = unixSeconds;
        _uptimeSeconds = 0;
    }

    /// <summary>One second passes.</summary>
    public void PassSecond() => _uptimeSeconds++;
}
