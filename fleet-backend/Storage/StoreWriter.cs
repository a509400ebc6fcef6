using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Storage;

/// <summary>
/// The only writer of the database: one thread, one connection, jobs in the order they came, each in a transaction of its own.
/// A commit costs a wait for the disk, so who has much to write puts much into one job.
/// </summary>
public sealed class StoreWriter : IDisposable
{
    // Callers beyond this wait in RunAsync's own call; they are few: ingest, crediting, and requests to the API.
    private const int WaitingJobs = 1024;

    /// <summary>What the jobs of the present request carry along; null outside of one.</summary>
    internal static readonly AsyncLocal<IWriteAlong?> Along = new();

    private readonly BlockingCollection<Job> _jobs = new(WaitingJobs);
    private readonly SqliteConnection _connection;
    private readonly Thread _thread;
    private bool _isDisposed;

    /// <summary>Opens the writing connection and starts the thread.</summary>
    public StoreWriter(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _connection = database.OpenWriter();
        _thread = new Thread(WorkThrough) { Name = "store writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Jobs that wait for their turn.</summary>
    public int Waiting => _jobs.Count;

    /// <summary>
    /// Runs the work in a transaction. The task completes after the commit; an exception rolls everything back and comes out of the
    /// task. The work must not keep the connection for later, except to reuse commands it prepared on it: it is always the same one.
    /// </summary>
    public Task<T> RunAsync<T>(Func<SqliteConnection, T> work)
    {
        var job = new Job<T>(work, Along.Value);
        _jobs.Add(job);
        return job.Done;
    }

    /// <summary>Runs work without a result, see <see cref="RunAsync{T}"/>.</summary>
    public Task RunAsync(Action<SqliteConnection> work) => RunAsync<bool>(connection =>
    {
        work(connection);
        return true;
    });

    /// <summary>Finishes the jobs that were handed in, then closes the database.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _jobs.CompleteAdding();
        _thread.Join();
        _connection.Dispose();
        _jobs.Dispose();
    }

    private void WorkThrough()
    {
        using SqliteCommand begin = Command("BEGIN IMMEDIATE");
        using SqliteCommand commit = Command("COMMIT");
        using SqliteCommand rollback = Command("ROLLBACK");
        foreach (Job job in _jobs.GetConsumingEnumerable())
        {
            try
            {
                begin.ExecuteNonQuery();
                job.Run(_connection);
                commit.ExecuteNonQuery();
            }
            catch (Exception problem)
            {
                // Some failures (a full disk, an I/O error) have rolled back already.
                if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
                {
                    TryRollBack(rollback);
                }

                job.Fail(problem);
                continue;
            }

            job.Complete();
        }
    }

    private static void TryRollBack(SqliteCommand rollback)
    {
        try
        {
            rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // The transaction stays open, so the next BEGIN fails and says why; the caller gets the first failure.
        }
    }

    private SqliteCommand Command(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private abstract class Job
    {
        public abstract void Run(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception problem);
    }

    private sealed class Job<T>(Func<SqliteConnection, T> work, IWriteAlong? along) : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Done => _done.Task;

        public override void Run(SqliteConnection connection)
        {
            along?.Begin(connection);
            _result = work(connection);
        }

        public override void Complete()
        {
            along?.Committed();
            _done.SetResult(_result!);
        }

        public override void Fail(Exception problem) => _done.SetException(problem);
    }
}
