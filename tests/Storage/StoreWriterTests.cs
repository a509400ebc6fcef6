using System.Data.Common;
using Dapper;
using DePin.Fleet;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Storage;

/// <summary>One writer, one transaction for each job.</summary>
public sealed class StoreWriterTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly StoreWriter _writer;

    public StoreWriterTests()
    {
        TestDatabase.Prepare(_temporary.File("data"));
        _folder = DataFolder.Open(_temporary.File("data"));
        _database = Database.Open(_folder, TimeProvider.System);
        _writer = new StoreWriter(_database);
        _writer.RunAsync(connection => Execute(connection, "CREATE TABLE t(n BIGINT)")).Wait(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _database.Dispose();
        _writer.Dispose();
        _folder.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task What_a_job_wrote_is_there_for_readers_when_its_task_is_done()
    {
        await _writer.RunAsync(connection => Execute(connection, "INSERT INTO t VALUES(1)"));
        Assert.Equal(1L, Read("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task A_job_that_throws_leaves_nothing_behind_and_the_next_one_runs()
    {
        Task failing = _writer.RunAsync(connection =>
        {
            Execute(connection, "INSERT INTO t VALUES(1)");
            throw new InvalidOperationException("half way");
        });
        Assert.Equal("half way", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        await _writer.RunAsync(connection => Execute(connection, "INSERT INTO t VALUES(2)"));
        Assert.Equal(2L, Read("SELECT CAST(sum(n) AS BIGINT) FROM t"));
    }

    [Fact]
    public async Task Jobs_run_in_the_order_they_came_and_a_stop_finishes_them()
    {
        Task[] jobs = [.. Enumerable.Range(0, 500).Select(i => _writer.RunAsync(connection => Execute(connection, $"INSERT INTO t VALUES({i})")))];
        _writer.Dispose();
        await Task.WhenAll(jobs);
        using DbConnection reader = _database.OpenReader();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), reader.Query<long>("SELECT n FROM t"));
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        using DbConnection reader = _database.OpenReader();
        Assert.ThrowsAny<DbException>(() => Execute(reader, "INSERT INTO t VALUES(1)"));
    }

    [Fact]
    public async Task A_commit_waits_for_the_disk()
    {
        if (TestDatabase.IsPostgres)
        {
            Assert.Equal("on", await _writer.RunAsync(connection => (string)Scalar(connection, "SHOW synchronous_commit")));
            return;
        }

        long synchronous = await _writer.RunAsync(connection => (long)Scalar(connection, "PRAGMA synchronous"));
        string journal = await _writer.RunAsync(connection => (string)Scalar(connection, "PRAGMA journal_mode"));
        Assert.Equal((2L, "wal", 2L), (synchronous, journal, Read("PRAGMA synchronous")));
    }

    [Fact]
    public void A_database_of_a_newer_program_is_refused_and_left_alone()
    {
        _database.Dispose();
        _writer.Dispose();
        using (DbConnection connection = TestDatabase.Tamper(_folder.Path))
        {
            Execute(connection, "INSERT INTO schema_version VALUES(9000, 'from_the_future', 1)");
        }

        var refusal = Assert.Throws<StartRefusedException>(() => Database.Open(_folder, TimeProvider.System));
        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_cannot_hold_one_data_folder()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => DataFolder.Open(_folder.Path));
        Assert.Contains("in use by another backend", refusal.Message, StringComparison.Ordinal);
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object Scalar(DbConnection connection, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }

    private object Read(string sql)
    {
        using DbConnection reader = _database.OpenReader();
        return Scalar(reader, sql);
    }
}
