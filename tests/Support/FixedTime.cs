namespace DePin.Tests.Support;

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class FixedTime(long unixSeconds) : TimeProvider
{
    private long _unixSeconds = unixSeconds;

    public long UnixSeconds
    {
        get => Volatile.Read(ref _unixSeconds);
        set => Volatile.Write(ref _unixSeconds, value);
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(UnixSeconds);
}
