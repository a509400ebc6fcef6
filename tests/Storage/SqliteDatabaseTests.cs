using System.Data.Common;
using Dapper;
using DePin.Fleet;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DePin.Tests.Storage;

/// <summary>What SQLite's file does beside the writer.</summary>
public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_library_has_the_mend_without_which_two_connections_may_lose_commits_of_a_wal()
    {
        using var connection = new SqliteConnection();
        Assert.True(Version.Parse(connection.ServerVersion) >= new Version(3, 51, 3), connection.ServerVersion);
    }

    [Fact]
    public async Task What_is_deleted_leaves_no_bytes_in_the_file()
    {
        const string Secret = "the address of a person who wants to be forgotten";
        using var folder = DataFolder.Open(_temporary.File("data"));
        using (Database database = Database.Open(folder, TimeProvider.System))
        using (var writer = new StoreWriter(database))
        {
            await writer.RunAsync(connection => connection.Execute("CREATE TABLE t(a TEXT); INSERT INTO t VALUES('stays'), (@Secret), ('stays too')", new { Secret }));
            await writer.RunAsync(connection => connection.Execute("DELETE FROM t WHERE a = @Secret", new { Secret }));
            database.Dispose();
        }

        byte[] file = await File.ReadAllBytesAsync(folder.FileOf(DataFolder.DatabaseName), TestContext.Current.CancellationToken);
        Assert.True(file.AsSpan().IndexOf("stays too"u8) >= 0);
        Assert.Equal(-1, file.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Secret)));
    }

    [Fact]
    public async Task Much_that_is_written_reaches_the_database_beside_the_writer_and_is_whole_after_a_stop()
    {
        const int Jobs = 40, BytesOfJob = 1_000_000;
        using var folder = DataFolder.Open(_temporary.File("data"));
        string file = folder.FileOf(DataFolder.DatabaseName);
        using (Database database = Database.Open(folder, TimeProvider.System))
        using (var writer = new StoreWriter(database))
        {
            await writer.RunAsync(connection => connection.Execute("CREATE TABLE t(n BIGINT, bytes BLOB)"));

            // A commit itself would do this after twice as many pages.
            for (int n = 0; n < Jobs; n++)
            {
                await writer.RunAsync(connection => connection.Execute("INSERT INTO t VALUES(@n, zeroblob(@BytesOfJob))", new { n, BytesOfJob }));
            }

            await Eventually.HoldsAsync(() => new FileInfo(file).Length > Jobs / 2 * BytesOfJob, "half of it is in the database");

            // As a stop does it: the readers first, then the writer.
            database.Dispose();
        }

        using var again = Database.Open(folder, TimeProvider.System);
        using DbConnection reader = again.OpenReader();
        Assert.Equal(Jobs, reader.ExecuteScalar<long>("SELECT count(*) FROM t"));
        Assert.Equal("ok", reader.ExecuteScalar<string>("PRAGMA quick_check"));
    }
}
