using System.Data.Common;
using DePin.Fleet.Ledger;
using DePin.Fleet.Overview;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Instances;

/// <summary>Tells the pages that are open at this instance what another one has booked: it looks each second, and only while somebody does.</summary>
internal sealed class LiveFollower(Live live, Duties duties, Database database, ILogger<LiveFollower> log) : BackgroundService
{
    // The last ones say it all: a page shows each node's last batch.
    private const int MostBatches = 2000;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private long _cursor = -1;

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => !database.IsShared
        ? Task.CompletedTask
        : Rounds.GoAsync(Poll, Look, log, "Following what is booked elsewhere failed; pages hear of it with the next look", stoppingToken);

    /// <summary>Tells what was booked since the last look.</summary>
    internal void Look()
    {
        if (duties.AreHere || live.Count == 0)
        {
            // Who books here tells by itself.
            _cursor = -1;
            return;
        }

        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        (long cursor, _) = BacklogStore.Book(connection);
        if (_cursor >= 0 && cursor > _cursor)
        {
            live.Tell(LiveStore.Booked(connection, Math.Max(_cursor, cursor - MostBatches), cursor));
        }

        _cursor = cursor;
    }
}
