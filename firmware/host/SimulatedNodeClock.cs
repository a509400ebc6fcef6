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

    /// <summary>Whether SNTP answers.</summary>
    public bool HasNetworkTime { get; set; } = true;

    /// <summary>By how much SNTP lies, seconds.</summary>
    public long NetworkTimeErrorSeconds { get; set; }

    /// <inheritdoc />
    public long UptimeMilliseconds => _uptimeSeconds * 1000;

    /// <inheritdoc />
    public long LinkMilliseconds => Environment.TickCount64;

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
