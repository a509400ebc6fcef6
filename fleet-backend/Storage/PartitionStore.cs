using System.Data.Common;
using System.Globalization;
using Dapper;
using Npgsql;

namespace DePin.Fleet.Storage;

/// <summary>The partitions of signed bytes on PostgreSQL: ranges of batches' ids, which rise with time. SQLite keeps one table.</summary>
internal static class PartitionStore
{
    /// <summary>Ids of one partition, as in the migration: some 2 GB of signed bytes, four hours of a million nodes that report hourly.</summary>
    public const long Width = 4_194_304;

    // Partitions that stand ready beyond the one in use.
    private const long Ahead = 2;

    private const string Prefix = "batch_message_";

    // Attaching or detaching one waits for who reads, and all others wait for it meanwhile.
    private const string Patience = "SET LOCAL lock_timeout = '2s'";

    /// <summary>Makes the partitions of these batches where they are missing.</summary>
    public static void Keep(DbConnection connection, long first, long last) => connection.ExecuteScalar<long>("SELECT keep_message_partitions(@first, @last)", new { first, last });

    /// <summary>Whether the partition is missing that the batches after the coming ones need.</summary>
    public static bool IsMissing(DbConnection connection) => connection.ExecuteScalar<bool>(
        $"SELECT to_regclass('{Prefix}' || lpad((coalesce(max(id), 0) / {Width} + {Ahead})::text, 6, '0')) IS NULL FROM batch");

    /// <summary>Makes those that stand ready, in the caller's transaction.</summary>
    /// <exception cref="PostgresException">Somebody reads all of them for long; what comes goes into the rest meanwhile, where no partition is left.</exception>
    public static void KeepAhead(DbConnection connection)
    {
        connection.Execute(Patience);
        connection.Execute($"SELECT keep_message_partitions(coalesce(max(id), 0), coalesce(max(id), 0) + {Ahead * Width}) FROM batch");
    }

    /// <summary>Makes those that stand ready as a backend starts; where they cannot be made now, the rounds do it.</summary>
    public static void KeepAtStart(DbConnection connection)
    {
        if (!IsMissing(connection))
        {
            return;
        }

        try
        {
            using DbTransaction transaction = connection.BeginTransaction();
            KeepAhead(connection);
            transaction.Commit();
        }
        catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
        }
    }

    /// <summary>Partitions whose ids all lie before a batch, in their order, each with its first id and the first after it.</summary>
    public static IReadOnlyList<(string Name, long First, long Next)> Before(DbConnection connection, long batch) =>
        [.. connection.Query<string>(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'batch_message'::regclass AND c.relname <> 'batch_message_rest' ORDER BY 1")
            .Select(name => (name, First: Number(name) * Width)).Select(part => (part.name, part.First, part.First + Width)).Where(part => part.Item3 <= batch)];

    /// <summary>Lets one go as a whole; what is still needed of it goes over into the rest.</summary>
    /// <exception cref="PostgresException">Somebody reads them for long.</exception>
    public static void Drop(DbConnection connection, string partition, long[] needed)
    {
        connection.Execute(Patience);
        connection.Execute($"ALTER TABLE batch_message DETACH PARTITION {partition}");
        connection.Execute($"INSERT INTO batch_message(batch, message) SELECT batch, message FROM {partition} WHERE batch = ANY(@needed)", new { needed });
        connection.Execute($"DROP TABLE {partition}");
    }

    private static long Number(string partition) => long.Parse(partition.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture);
}
