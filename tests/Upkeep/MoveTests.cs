using System.Data.Common;
using Dapper;
using DePin.Fleet;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Microsoft.AspNetCore.DataProtection;

namespace DePin.Tests.Upkeep;

/// <summary>A fleet goes from SQLite to PostgreSQL, whole or not at all.</summary>
public sealed class MoveTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private PostgresServer _server = null!;

    private string Data => _folder.File("data");

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_moved_fleet_goes_on_where_it_stood_and_its_books_follow_from_what_was_signed()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "there is no SQLite to move from");
        using var node = new TestNode();
        await LiveAsync(node, batches: 5);
        MoveReport report = MoveToPostgres.Run(Data, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken), TimeProvider.System, _ => { });
        Assert.Equal(5, report.Tables.Single(table => table.Table == "batch").Rows);
        Assert.True(File.Exists(report.Kept) && !File.Exists(Path.Combine(Data, DataFolder.DatabaseName)));
        Assert.Equal(0, Rebuild().Found);

        // New rows get numbers after the old ones, the rules are on again, and the node goes on with its chain.
        await LiveAsync(node, batches: 3);
        using DbConnection connection = Database.Connect(Data);
        Assert.Equal((8L, 8L), connection.QuerySingle<(long, long)>("SELECT count(*), max(id) FROM batch"));
        Assert.Equal(0, Rebuild().Found);
        using DbConnection writing = TestDatabase.Open(Data);
        Assert.Contains("never deleted", Assert.ThrowsAny<DbException>(() => writing.Execute("DELETE FROM event")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_was_signed_in_before_the_move_is_so_after_it()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "there is no SQLite to move from");
        string cookie;
        await using (RunningBackend backend = await RunningBackend.StartAsync(dataFolder: Data))
        {
            cookie = backend.Part<IDataProtectionProvider>().CreateProtector("cookie").Protect("tito");
        }

        MoveToPostgres.Run(Data, await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken), TimeProvider.System, _ => { });
        await using RunningBackend moved = await RunningBackend.StartAsync(dataFolder: Data);
        Assert.Equal("tito", moved.Part<IDataProtectionProvider>().CreateProtector("cookie").Unprotect(cookie));
    }

    [Fact]
    public async Task A_database_with_rows_in_it_is_refused_and_the_fleet_stays_where_it_is()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "there is no SQLite to move from");
        using var node = new TestNode();
        await LiveAsync(node, batches: 1);
        string text = await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using (DataFolder other = DataFolder.Open(_folder.File("other")))
        using (Database database = Database.Open(other, TimeProvider.System, text))
        using (var writer = new StoreWriter(database))
        {
            await writer.RunAsync(connection => connection.Execute("INSERT INTO tally(name, value) VALUES('batches', 1)"));
        }

        var refused = Assert.Throws<StartRefusedException>(() => MoveToPostgres.Run(Data, text, TimeProvider.System, _ => { }));
        Assert.Contains("rows in its table tally", refused.Message, StringComparison.Ordinal);
        await LiveAsync(node, batches: 1);
        using DbConnection connection = Database.Connect(Data);
        Assert.Equal(2L, connection.ExecuteScalar<long>("SELECT count(*) FROM batch"));
    }

    [Fact]
    public void A_folder_without_a_fleet_is_refused()
    {
        var refused = Assert.Throws<StartRefusedException>(() => MoveToPostgres.Run(Data, _server.ConnectionString, TimeProvider.System, _ => { }));
        Assert.Contains("holds no fleet in SQLite", refused.Message, StringComparison.Ordinal);
    }

    private RebuildReport Rebuild()
    {
        using DbConnection connection = Database.Connect(Data);
        return new RebuildCheck(connection, null).Run(CancellationToken.None);
    }

    // A node sends batches, and all of them are judged.
    private async Task LiveAsync(TestNode node, int batches)
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(dataFolder: Data);
        var registered = backend.Part<DePin.Fleet.Nodes.NodeDirectory>().Find(node.Id) ?? await backend.RegisterAsync(node);
        var sink = new CollectingSink(backend.Part<DePin.Fleet.Ingest.IngestPipeline>(), registered, node.Session);
        for (int i = 0; i < batches; i++)
        {
            Assert.Null((await sink.AskAsync(node.SignNext())).Reason);
        }

        await Eventually.HoldsAsync(() =>
        {
            using DbConnection reader = backend.Part<Database>().OpenReader();
            return reader.ExecuteScalar<long>("SELECT count(*) FROM batch") == reader.ExecuteScalar<long>("SELECT count(*) FROM verdict");
        }, "all batches are judged");
    }
}
