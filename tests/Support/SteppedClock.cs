namespace DePin.Tests.Support;

/// <summary>A backend's clock that stands until the test moves it.</summary>
internal sealed class SteppedClock(long unixSeconds) : TimeProvider
{
    private long _unixMilliseconds = unixSeconds * 1000;

    public long UnixMilliseconds => Volatile.Read(ref _unixMilliseconds);

    public long UnixSeconds
    {
        get => UnixMilliseconds / 1000;
        set => Volatile.Write(ref _unixMilliseconds, value * 1000);
    }

    public void Pass(TimeSpan time) => Interlocked.Add(ref _unixMilliseconds, (long)time.TotalMilliseconds);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds);
}
