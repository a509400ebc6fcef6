namespace DePin.Tests.Support;

/// <summary>The machine's time, and what a test adds to it.</summary>
internal sealed class AheadClock : TimeProvider
{
    private long _aheadTicks;

    public TimeSpan Ahead
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _aheadTicks));
        set => Volatile.Write(ref _aheadTicks, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
