namespace DePin.Fleet;

/// <summary>Work that is done again and again while the backend runs.</summary>
internal static class Rounds
{
    /// <summary>The same with steps that wait for nothing.</summary>
    public static Task GoAsync(TimeSpan pause, Action step, ILogger logger, string whenItFails, CancellationToken stoppingToken) => GoAsync(
        pause,
        _ =>
        {
            step();
            return Task.CompletedTask;
        },
        logger, whenItFails, stoppingToken);

    /// <summary>Takes a step, pauses, and goes on until it is stopped; a step that fails is logged with what follows from it, and the next one comes as usual.</summary>
    public static async Task GoAsync(TimeSpan pause, Func<CancellationToken, Task> step, ILogger logger, string whenItFails, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await step(stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                logger.LogError(problem, "{WhenItFails}", whenItFails);
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
