using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Storage;

/// <summary>
/// The file DATA/fleet.db: opened in WAL mode, where each commit is on the disk before it counts (synchronous=FULL), and brought
/// up to the schema of this program. One connection writes (<see cref="StoreWriter"/>), any number read.
/// </summary>
public sealed class Database : IDisposable
{
    // WAL pages (4 KiB each) after which a commit also copies them into the database.
    private const int CheckpointPages = 16_000;

    // Pages of the database that the writer keeps, as SQLite counts it: KiB below zero. The ids of transfers are hashes and fall anywhere.
    private const int WriterCacheKibibytes = -16_384;

    private readonly string _readerText;

    private Database(string path)
    {
        Path = path;
        _readerText = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true }.ToString();
    }

    /// <summary>The database file.</summary>
    public string Path { get; }

    /// <summary>Opens or makes the database and applies the migrations it lacks.</summary>
    /// <exception cref="StartRefusedException">It is not a database, is newer than this program, or cannot be written safely.</exception>
    public static Database Open(DataFolder folder, TimeProvider time)
    {
        SqliteLibrary.EnsureLoaded();
        var database = new Database(folder.FileOf(DataFolder.DatabaseName));
        try
        {
            using SqliteConnection connection = database.OpenWriter();
            Migrations.Apply(connection, Migrations.Embedded(), time.GetUtcNow().ToUnixTimeMilliseconds());
            return database;
        }
        catch (SqliteException problem)
        {
            throw new StartRefusedException($"The database {database.Path} cannot be opened: {problem.Message}", problem);
        }
    }

    /// <summary>A read-only connection from the pool; each statement sees the last commit. Dispose it soon.</summary>
    public SqliteConnection OpenReader()
    {
        var connection = new SqliteConnection(_readerText);
        connection.Open();
        Execute(connection, "PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
        return connection;
    }

    /// <summary>Closes the pooled readers; before the writer, which then folds the WAL into the database as the last one out.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_readerText);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>The connection that writes; only <see cref="StoreWriter"/> and the start use one, never both at a time.</summary>
    internal SqliteConnection OpenWriter()
    {
        var text = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint={CheckpointPages}; PRAGMA cache_size={WriterCacheKibibytes};");
            if (Number(connection, "PRAGMA synchronous") != 2 || Number(connection, "PRAGMA foreign_keys") != 1)
            {
                throw new StartRefusedException($"SQLite did not take synchronous=FULL and foreign keys for {Path}; without them a receipt would promise too much.");
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
