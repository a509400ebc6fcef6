using DePin.Fleet.Proof;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Instances;

/// <summary>Keeps the last checkpoint beside each instance, so that every one of them knows an older copy of the database when it meets it.</summary>
internal sealed class CheckpointKeeper(ProofLog proofs, Database database, ILogger<CheckpointKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => !database.IsShared
        ? Task.CompletedTask
        : Rounds.GoAsync(Poll, proofs.KeepPublished, log, "The last checkpoint could not be kept; it is tried again", stoppingToken);
}
