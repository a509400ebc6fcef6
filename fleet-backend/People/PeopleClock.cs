namespace DePin.Fleet.People;

/// <summary>The time by which people's links, tokens and sessions end: the true one, also where a demonstration lets nodes live faster.</summary>
internal sealed class PeopleClock(TimeProvider time)
{
    /// <summary>The provider.</summary>
    public TimeProvider Time { get; } = time is Host.ScaledClock ? TimeProvider.System : time;

    /// <summary>Now, Unix milliseconds.</summary>
    public long UnixMilliseconds => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
