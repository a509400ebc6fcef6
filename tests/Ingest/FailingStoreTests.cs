using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DePin.Tests.Ingest;

/// <summary>What a full disk does to a group: all of it is kept by the nodes, none of it half.</summary>
public sealed class FailingStoreTests
{
    [Fact]
    public async Task While_the_store_fails_nothing_is_answered_and_afterwards_everything_goes_on()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { LogLevel = Microsoft.Extensions.Logging.LogLevel.None });
        using var node = new TestNode();
        var ingest = backend.Part<IngestPipeline>();
        var registered = await backend.RegisterAsync(node);
        var sink = new CollectingSink(ingest, registered, node.Session);
        Assert.NotNull(await AskAsync(sink, node.SignNext()));
        byte[] head = node.Head;
        byte[][] batches = [.. Enumerable.Range(0, 50).Select(_ => node.SignNext(readings: 96))];

        // SQLite answers SQLITE_FULL when a database may not grow, as it does when the disk is full.
        await LimitPagesAsync(backend, 1);
        foreach (byte[] batch in batches)
        {
            await sink.SubmitAsync(batch);
        }

        var answers = new List<Answer?>();
        foreach (byte[] _ in batches)
        {
            answers.Add(await sink.NextAsync());
        }

        int stored = answers.TakeWhile(answer => answer is not null).Count();
        Assert.Contains(null, answers);
        Assert.True(backend.Part<IngestMetrics>().WriteFailures > 0);
        Receipt during = node.OpenReceipt(await ingest.SealReceiptAsync(registered, node.Session, TestContext.Current.CancellationToken));
        Assert.Equal(13 + (96 * stored), during.Next);
        Assert.True(stored > 0 || head.AsSpan().SequenceEqual(during.Head));

        await LimitPagesAsync(backend, 1073741823);
        foreach (byte[] batch in batches)
        {
            Assert.NotNull(await AskAsync(sink, batch));
        }

        Receipt after = node.OpenReceipt(await ingest.SealReceiptAsync(registered, node.Session, TestContext.Current.CancellationToken));
        Assert.Equal((node.Next, Convert.ToHexString(node.Head)), (after.Next, Convert.ToHexString(after.Head)));
        using SqliteConnection reader = backend.Part<Database>().OpenReader();
        using SqliteCommand count = reader.CreateCommand();
        count.CommandText = "SELECT count(*) FROM batch";
        Assert.Equal(51L, count.ExecuteScalar());
    }

    private static async Task<Answer?> AskAsync(CollectingSink sink, byte[] batch)
    {
        await sink.SubmitAsync(batch);
        return await sink.NextAsync();
    }

    // A limit below the present size becomes the present size.
    private static Task LimitPagesAsync(RunningBackend backend, int pages) =>
        backend.Part<StoreWriter>().RunAsync(connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"PRAGMA max_page_count = {pages}";
            command.ExecuteScalar();
        });
}
