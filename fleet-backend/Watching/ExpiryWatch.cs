using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Watching;

/// <summary>Says once a day what runs out soon: in the log, and as an event, which people are told of who asked for it.</summary>
internal sealed class ExpiryWatch(Expiries expiries, Database database, StoreWriter writer, TimeProvider clock, ILogger<ExpiryWatch> log) : BackgroundService
{
    /// <summary>Name of the event.</summary>
    public const string EventKind = "runs out";

    private const long Day = 86_400_000;

    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(1);

    /// <summary>Says what has not been said for a day; how many.</summary>
    internal async Task<int> LookAsync()
    {
        IReadOnlyList<string> warnings = expiries.Warnings();
        if (warnings.Count == 0)
        {
            return 0;
        }

        using DbConnection connection = database.OpenReader();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        string[] due = [.. warnings.Where(warning => !ExpiryStore.WasSaid(connection, EventKind, warning, now - Day))];
        if (due.Length > 0)
        {
            Array.ForEach(due, warning => log.LogWarning("Runs out: {Warning}.", warning));
            await writer.RunAsync(write => Array.ForEach(due, warning => EventStore.Record(write, now, EventKind, null, "rule", new { warning })));
        }

        return due.Length;
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.GoAsync(Poll, _ => LookAsync(), log, "Looking for what runs out failed; it is tried again", stoppingToken);
}
