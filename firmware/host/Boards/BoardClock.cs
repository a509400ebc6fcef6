using DePin.Node;

namespace DePin.Host.Boards;

/// <summary>A simulated board's clock, of some time.</summary>
internal sealed class BoardClock(TimeProvider time) : IClock
{
    private long _boot;

    public long UptimeMilliseconds => LinkMilliseconds - _boot;

    public long LinkMilliseconds => time.GetUtcNow().ToUnixTimeMilliseconds();

    public long UnixSeconds => LinkMilliseconds / 1000;

    public void Boot() => _boot = LinkMilliseconds;
}
