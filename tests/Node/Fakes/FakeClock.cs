using DePin.Node;

namespace DePin.Tests.Node.Fakes;

/// <summary>Time that passes when a test says so.</summary>
internal sealed class FakeClock : IClock
{
    public long UptimeMilliseconds { get; set; }

    public long LinkMilliseconds { get; set; }

    public long UnixSeconds { get; set; }
}
