using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;

namespace DePin.Fleet.Storage;

/// <summary>
/// The only writer of a backend, or of a <see cref="Turn"/> where they are beside each other: one thread, one connection, jobs in the order they came, each in a
/// transaction of its own. A commit costs a wait for the disk, so who has much to write puts much into one job.
/// </summary>
public sealed class StoreWriter : IDisposable
{
    // Callers beyond this wait for a place, and hold no thread while they do.
    private const int WaitingJobs = 1024;

    private const int StuckAfterMilliseconds = 5000;

    /// <summary>What the jobs of the present request carry along; null outside of one.</summary>
    internal static readonly AsyncLocal<IWriteAlong?> Along = new();

    private readonly BlockingCollection<Job> _jobs = [];
    private readonly SemaphoreSlim _places = new(WaitingJobs);
    private readonly Database _database;
    private readonly Turn _turn;
    private readonly DbConnection _connection;
    private readonly Thread _thread;
    private long _began;
    private bool _isDisposed;

    /// <summary>Opens the writing connection and starts the thread.</summary>
    public StoreWriter(Database database)
        : this(database, Turn.Books)
    {
    }

    private StoreWriter(Database database, Turn turn)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _turn = turn;
        _connection = database.OpenWriter();
        _thread = new Thread(WorkThrough) { Name = $"writer of {turn}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The writer of what nodes send: one beside the books' where the database has a turn for each, else the same. Dispose both; twice does no harm.</summary>
    internal static StoreWriter ForIngest(Database database, StoreWriter books) => database.IsShared ? new StoreWriter(database, Turn.Ingest) : books;

    /// <summary>Jobs that wait for their turn.</summary>
    public int Waiting => _jobs.Count;

    /// <summary>Whether the present job takes so long that whoever can do without had better not wait behind it.</summary>
    public bool IsStuck => Volatile.Read(ref _began) is > 0 and var began && Environment.TickCount64 - began > StuckAfterMilliseconds;

    /// <summary>
    /// Runs the work in a transaction. The task completes after the commit; an exception rolls everything back and comes out of the
    /// task. The work must not keep the connection for later, except to reuse commands it prepared on it: it is always the same one.
    /// </summary>
    public Task<T> RunAsync<T>(Func<DbConnection, T> work)
    {
        var job = new Job<T>(work, Along.Value);
        try
        {
            Task place = _places.WaitAsync();
            if (!place.IsCompletedSuccessfully)
            {
                return AddLaterAsync(place, job);
            }

            _jobs.Add(job);
        }
        catch (InvalidOperationException ended)
        {
            return Task.FromException<T>(ended);
        }

        // The job's own task: who waits for it on a thread goes on without one of the pool's.
        return job.Done;
    }

    /// <summary>Runs work without a result, see <see cref="RunAsync{T}"/>.</summary>
    public Task RunAsync(Action<DbConnection> work) => RunAsync<bool>(connection =>
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
        _places.Dispose();
    }

    private async Task<T> AddLaterAsync<T>(Task place, Job<T> job)
    {
        await place.ConfigureAwait(false);
        _jobs.Add(job);
        return await job.Done.ConfigureAwait(false);
    }

    private void WorkThrough()
    {
        foreach (Job job in _jobs.GetConsumingEnumerable())
        {
            _places.Release();
            Volatile.Write(ref _began, Environment.TickCount64);
            try
            {
                _database.Begin(_connection, _turn);
                job.Run(_connection);
                _connection.WriteRows();
                _connection.Execute("COMMIT");
            }
            catch (Exception problem)
            {
                TryRollBack();
                job.Fail(problem);
                Volatile.Write(ref _began, 0);
                continue;
            }

            job.Complete();
            _database.Committed(_connection);
            Volatile.Write(ref _began, 0);
        }
    }

    private void TryRollBack()
    {
        try
        {
            _database.RollBack(_connection);
        }
        catch (DbException)
        {
            // The transaction stays open, so the next one cannot begin and says why; the caller gets the first failure.
        }
    }

    private abstract class Job
    {
        public abstract void Run(DbConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception problem);
    }

    private sealed class Job<T>(Func<DbConnection, T> work, IWriteAlong? along) : Job
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Done => _done.Task;

        public override void Run(DbConnection connection)
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
