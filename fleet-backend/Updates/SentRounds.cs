using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Writes down each second which blocks this instance sent, and forgets who is away.</summary>
internal sealed class SentRounds(Downloads downloads, StoreWriter writer, TimeProvider clock, ILogger<SentRounds> log) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync();
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.GoAsync(
        Pace,
        async _ =>
        {
            await WriteAsync();
            downloads.Sweep();
        },
        log, "What was sent could not be written down; it is with the next second's", stoppingToken);

    private async Task WriteAsync()
    {
        if (downloads.Drain() is { Count: > 0 } sent)
        {
            await writer.RunAsync(connection => RolloutNodeStore.AddSent(connection, sent, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }
}
