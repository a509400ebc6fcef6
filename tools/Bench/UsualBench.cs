using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>The same lamps, the same batches, the same seconds of load as a backend has, on <see cref="UsualWay"/>.</summary>
internal static class UsualBench
{
    private static readonly TimeSpan LastAnswerLimit = TimeSpan.FromSeconds(60);

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public static async Task<UsualResult> RunAsync(SignedHistory[] histories, int seconds, string folder, string? postgres, CancellationToken cancellationToken)
    {
        await using UsualWay usual = await UsualWay.StartAsync(histories, folder, postgres, cancellationToken);
        LampConnection[] connections = [.. histories.Select(history => new LampConnection(history, isOpenByReceipt: false))];
        try
        {
            await LampFleet.OpenAsync(connections, usual.Gateway, cancellationToken);
            double cpuBefore = usual.CpuSeconds;
            (int acknowledged, double measured) = await LampFleet.LoadAsync(connections, seconds, rate: null, cancellationToken);
            await Waiting.UntilAsync(() => !Array.Exists(connections, connection => connection.IsUnderWay), LastAnswerLimit, "the script had not answered its last batches", cancellationToken);
            double cpu = usual.CpuSeconds - cpuBefore;
            int answered = connections.Sum(connection => connection.Acknowledged);
            long rows = await usual.StopAsync(cancellationToken);
            if (rows != (long)answered * LampHistory.ReadingsPerBatch)
            {
                throw CommandException.Failed($"The usual way answered {answered} batches and stored {rows} readings: nothing was measured.");
            }

            AckTimes times = AckTimes.Of(connections);
            return new UsualResult(
                Math.Round(acknowledged / measured, 1),
                Math.Round(acknowledged / measured * LampHistory.ReadingsPerBatch, 1),
                times.P50Ms,
                times.P99Ms,
                Math.Round(cpu / Math.Max(1, answered), 7));
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }
}

/// <summary>What the usual way took.</summary>
/// <param name="BatchesPerSecond">Batches whose receipt came, a second.</param>
/// <param name="ReadingsPerSecond">Readings in them.</param>
/// <param name="AckP50Ms">Half of the receipts came within this.</param>
/// <param name="AckP99Ms">99 of 100 did.</param>
/// <param name="CpuSecondsPerBatch">Processor time of broker and script.</param>
internal sealed record UsualResult(double BatchesPerSecond, double ReadingsPerSecond, double AckP50Ms, double AckP99Ms, double CpuSecondsPerBatch);
