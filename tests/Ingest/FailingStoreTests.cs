using System.Data.Common;
using Dapper;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

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

        await LetGrowAsync(backend, false);
        foreach (byte[] batch in batches)
        {
            await sink.SubmitAsync(batch);
        }

        var answers = new List<Answer?>();
        foreach (byte[] _ in batches)
        {
            answers.Add(await sink.NextAsync());
        }

        // A group that fails may be heard of before the answers of the one before it.
        using DbConnection reader = backend.Part<Database>().OpenReader();
        long stored = reader.ExecuteScalar<long>("SELECT count(*) FROM batch") - 1;
        Assert.InRange(stored, answers.TakeWhile(answer => answer is not null).Count(), answers.Count(answer => answer is not null));
        Assert.Contains(null, answers);
        Assert.True(backend.Part<IngestMetrics>().WriteFailures > 0);
        Receipt during = node.OpenReceipt(await ingest.SealReceiptAsync(registered, node.Session, TestContext.Current.CancellationToken));
        Assert.Equal(13 + (96 * stored), during.Next);
        Assert.True(stored > 0 || head.AsSpan().SequenceEqual(during.Head));

        await LetGrowAsync(backend, true);
        foreach (byte[] batch in batches)
        {
            Assert.NotNull(await AskAsync(sink, batch));
        }

        Receipt after = node.OpenReceipt(await ingest.SealReceiptAsync(registered, node.Session, TestContext.Current.CancellationToken));
        Assert.Equal((node.Next, Convert.ToHexString(node.Head)), (after.Next, Convert.ToHexString(after.Head)));
        Assert.Equal(51L, reader.ExecuteScalar<long>("SELECT count(*) FROM batch"));
    }

    private static async Task<Answer?> AskAsync(CollectingSink sink, byte[] batch)
    {
        await sink.SubmitAsync(batch);
        return await sink.NextAsync();
    }

    // SQLite answers SQLITE_FULL when a database may not grow, as it does when the disk is full; a limit below the present size becomes the present size.
    // On PostgreSQL a rule that no row fulfils stands for the full disk.
    private static Task LetGrowAsync(RunningBackend backend, bool may) => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute((TestDatabase.IsPostgres, may) switch
    {
        (false, _) => $"PRAGMA max_page_count = {(may ? int.MaxValue / 2 : 1)}",
        (true, false) => "ALTER TABLE batch ADD CONSTRAINT disk_is_full CHECK (false) NOT VALID",
        (true, true) => "ALTER TABLE batch DROP CONSTRAINT disk_is_full",
    }));
}
