using System.Data.Common;

namespace DePin.Fleet.Storage;

/// <summary>Makes partitions of signed bytes before batches need them. Where it cannot, batches are stored all the same, in the partition of the rest.</summary>
internal sealed class PartitionKeeper(Database database, StoreWriter writer, ILogger<PartitionKeeper> logger) : BackgroundService
{
    // Eleven minutes of 12,000 batches a second stand ready.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        database is PostgresDatabase ? Rounds.GoAsync(Pause, _ => KeepAsync(), logger, "Making a partition for signed batches failed; it is tried again, and batches are stored meanwhile", stoppingToken) : Task.CompletedTask;

    /// <summary>Makes those that are missing.</summary>
    internal async Task KeepAsync()
    {
        using (DbConnection reader = database.OpenReader())
        {
            if (!PartitionStore.IsMissing(reader))
            {
                return;
            }
        }

        await writer.RunAsync(PartitionStore.KeepAhead);
    }
}
