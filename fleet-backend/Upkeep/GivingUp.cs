using System.Data.Common;
using DePin.Fleet.Storage;
using Npgsql;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Lets signed bytes go that checked files hold. Writers of PostgreSQL take turns, so it may run beside any number of instances; SQLite's one writer holds the data folder.
/// </summary>
/// <param name="dataFolder">The backend's data folder.</param>
/// <param name="filesFolder">Where the files are.</param>
/// <param name="time">The clock.</param>
/// <param name="tries">How often the database is asked, two seconds each, while somebody reads all batches of PostgreSQL.</param>
/// <param name="before">For tests: what happens between the files and the database.</param>
internal sealed class GivingUp(string dataFolder, string filesFolder, TimeProvider time, int tries, Action? before)
{
    private const int DeletedAtOnce = 10_000;

    /// <summary>Records the files, and lets everything up to a batch go; how many whole partitions, and of how many archived batches the bytes stay.</summary>
    /// <exception cref="StartRefusedException">The database is in use by others; what was done stays done.</exception>
    public (int Partitions, long Kept) Run(List<ArchiveRow> files, long last, CancellationToken cancellationToken)
    {
        try
        {
            string? postgres = PostgresName.Of(dataFolder);
            using DataFolder? folder = postgres is null ? DataFolder.Open(dataFolder) : null;
            using Database database = folder is null ? Database.Unnamed(postgres!, time) : Database.Open(folder, time);
            using var writer = new StoreWriter(database);
            cancellationToken.ThrowIfCancellationRequested();
            before?.Invoke();
            Write(writer, connection => Record(connection, files));
            return GiveUp(database, writer, last, cancellationToken);
        }
        catch (StartRefusedException problem) when (files.Count > 0)
        {
            throw new StartRefusedException($"{files.Count} files with {files.Sum(file => file.Batches)} batches are written and checked in {filesFolder}. {problem.Message} Give the command again then: it goes on where it stopped.", problem);
        }
    }

    private static void Record(DbConnection connection, List<ArchiveRow> files)
    {
        if (files.Count > 0 && ArchiveStore.Files(connection).LastOrDefault() is { } recorded && recorded.LastBatch >= files[0].FirstBatch)
        {
            throw new StartRefusedException($"Another command archived up to batch {recorded.LastBatch} meanwhile.");
        }

        files.ForEach(file => ArchiveStore.Insert(connection, file));
    }

    // In steps of a fraction of a second, since others wait for their turn meanwhile. Each may be the last: the next run goes on.
    private (int Partitions, long Kept) GiveUp(Database database, StoreWriter writer, long last, CancellationToken cancellationToken)
    {
        using DbConnection reader = database.OpenReader();
        List<long> needed = ArchiveStore.Needed(reader, last);
        int partitions = 0;
        if (reader.IsPostgres())
        {
            foreach ((string name, long first, long next) in PartitionStore.Before(reader, ArchiveStore.NextAfter(reader, last)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Write(writer, connection => PartitionStore.Drop(connection, name, [.. needed.Where(batch => batch >= first && batch < next)]));
                partitions++;
            }
        }

        for (long after = 0; ArchiveStore.LastOf(reader, after, last, DeletedAtOnce) is { } upTo; after = upTo)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(writer, connection => ArchiveStore.Delete(connection, after, upTo, needed.Where(batch => batch > after && batch <= upTo)));
        }

        return (partitions, ArchiveStore.Kept(reader, last));
    }

    private void Write(StoreWriter writer, Action<DbConnection> work)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                writer.RunAsync(work).GetAwaiter().GetResult();
                return;
            }
            catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (attempt == tries)
                {
                    throw new StartRefusedException("Somebody reads all batches, such as 'tools/depin rebuild' or pg_dump; wait until that is done.", problem);
                }
            }
        }
    }
}
