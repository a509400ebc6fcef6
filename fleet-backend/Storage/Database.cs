using System.Data.Common;

namespace DePin.Fleet.Storage;

/// <summary>
/// Where a backend keeps everything: SQLite in its data folder, or PostgreSQL where the setting 'postgres' names one. The SQL of all stores is the
/// same for both. A <see cref="StoreWriter"/> writes, any number of connections read.
/// </summary>
public abstract class Database : IDisposable
{
    /// <summary>Which database it is, in words for logs and messages.</summary>
    public abstract string Description { get; }

    /// <summary>Whether other instances may be writing to it beside this one.</summary>
    public virtual bool IsShared => false;

    /// <summary>Opens or makes the database and applies the migrations it lacks.</summary>
    /// <param name="folder">The data folder. It remembers a PostgreSQL that was named once, so that commands on the folder find it.</param>
    /// <param name="time">For when migrations were applied.</param>
    /// <param name="postgres">Npgsql's connection string, or null for what the folder remembers, or else SQLite.</param>
    /// <exception cref="StartRefusedException">It is not a database, is newer than this program, or cannot be written safely.</exception>
    public static Database Open(DataFolder folder, TimeProvider time, string? postgres = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(time);
        string? name = PostgresName.Choose(folder, postgres);
        Database database = Migrated(Of(folder.Path, name), time);
        if (name is not null)
        {
            PostgresName.Keep(folder, name);
        }

        return database;
    }

    /// <summary>The same for a PostgreSQL that no data folder is to remember yet.</summary>
    /// <exception cref="StartRefusedException">It is no connection string, is newer than this program, or cannot be written safely.</exception>
    internal static Database Unnamed(string postgres, TimeProvider time) => Migrated(Of("", postgres), time);

    /// <summary>A read-only connection to the database of a data folder, beside the backend that may be using it. Its schema is taken as it is.</summary>
    /// <exception cref="StartRefusedException">The folder has none.</exception>
    /// <exception cref="DbException">It cannot be opened.</exception>
    public static DbConnection Connect(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string? postgres = PostgresName.Of(folder);
        if (postgres is null && !File.Exists(Path.Combine(folder, DataFolder.DatabaseName)))
        {
            throw new StartRefusedException($"{folder} holds no database; name the data folder of a backend with --data.");
        }

        return Of(folder, postgres).OpenReader();
    }

    /// <summary>A read-only connection from the pool; each statement sees the last commit. Dispose it soon.</summary>
    public abstract DbConnection OpenReader();

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the pooled readers; before the writer.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>A connection that writes; only a <see cref="StoreWriter"/> and the start use one, never both at a time.</summary>
    internal abstract DbConnection OpenWriter();

    /// <summary>Begins the transaction of a job on a writing connection, which is opened again where it was lost.</summary>
    internal abstract void Begin(DbConnection writer, Turn turn);

    /// <summary>A job on a writing connection is committed, and its caller knows. For the writer's thread.</summary>
    internal virtual void Committed(DbConnection writer)
    {
    }

    /// <summary>Takes back what a failed job left, where the database has not done so itself.</summary>
    internal abstract void RollBack(DbConnection writer);

    private protected abstract void Migrate(DbConnection writer, long nowUnixMilliseconds);

    private static Database Migrated(Database database, TimeProvider time)
    {
        try
        {
            using DbConnection connection = database.OpenWriter();
            database.Migrate(connection, time.GetUtcNow().ToUnixTimeMilliseconds());
            return database;
        }
        catch (DbException problem)
        {
            database.Dispose();
            throw new StartRefusedException($"The database {database.Description} cannot be opened: {problem.Message}", problem);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static Database Of(string folder, string? postgres)
    {
        BooleanNumbers.Use();
        return postgres is null ? new SqliteDatabase(Path.Combine(folder, DataFolder.DatabaseName)) : new PostgresDatabase(postgres);
    }
}

/// <summary>
/// What is written by one transaction at a time. On PostgreSQL what nodes send is stored beside all else, so that no receipt waits for verdicts. A transaction
/// of ingest may take the books' turn too (<see cref="Dialects.TakeBooks"/>), never the other way round. SQLite has one turn for both.
/// </summary>
internal enum Turn
{
    /// <summary>Everything but what ingest writes.</summary>
    Books,

    /// <summary>Batches and their signed bytes, chains, gaps, evidence, quarantine.</summary>
    Ingest,
}
