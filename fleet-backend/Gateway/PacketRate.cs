namespace DePin.Fleet.Gateway;

/// <summary>How fast one connection is read: a burst at once, then so many packets a second. For the connection's reading loop alone.</summary>
internal sealed class PacketRate(GatewaySettings settings)
{
    private long _tokens = settings.PacketBurst;
    private long _countedAt = Environment.TickCount64;

    /// <summary>Takes one packet's share; waits where there is none, which lets the sender's own buffers fill.</summary>
    public ValueTask SpendAsync(CancellationToken ending) => --_tokens >= 0 ? ValueTask.CompletedTask : new ValueTask(WaitAsync(ending));

    private async Task WaitAsync(CancellationToken ending)
    {
        while (_tokens < 0)
        {
            long passed = Environment.TickCount64 - _countedAt;
            long earned = passed * settings.PacketsPerSecond / 1000;
            if (earned > 0)
            {
                _countedAt += earned * 1000 / settings.PacketsPerSecond;
                _tokens = Math.Min(settings.PacketBurst, _tokens + earned);
            }
            else
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, 1000 / settings.PacketsPerSecond)), ending);
            }
        }
    }
}
