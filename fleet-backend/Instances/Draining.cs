namespace DePin.Fleet.Instances;

/// <summary>
/// Says for a while that this instance is going, and serves on meanwhile: the balancer sends nobody here any more, so that nobody meets a closed door.
/// </summary>
internal sealed class Draining(FleetSettings settings, ILogger<Draining> log) : IHostedLifecycleService
{
    /// <summary>
    /// How long requests that are under way afterwards may still take, for slow phones and busy machines; pages that listen for news and nodes are let go at once.
    /// </summary>
    public static readonly TimeSpan Finishing = TimeSpan.FromSeconds(15);

    /// <summary>Whether the backend was told to stop.</summary>
    public bool IsUnderWay { get; private set; }

    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        bool isFirst = !IsUnderWay;
        IsUnderWay = true;
        if (isFirst && settings.DrainSeconds > 0)
        {
            log.LogInformation("Stops in {Seconds} s, and serves until then.", settings.DrainSeconds);
            await Task.Delay(TimeSpan.FromSeconds(settings.DrainSeconds), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
