using System.Data.Common;
using System.Net.Http.Json;
using Dapper;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;

namespace DePin.Tests.Support;

/// <summary>A backend's data folder with batches that are old by the archive's clock, which is sixty days ahead of their arrival.</summary>
internal sealed class ArchivedFleet : IDisposable
{
    private const long BeganUnixSeconds = 1_789_000_000, ArrivedUnixSeconds = 1_790_000_000, Day = 86_400;

    private readonly TemporaryFolder _folder = new();
    private readonly SteppedClock _time = new(BeganUnixSeconds);

    public TestNode[] Nodes { get; } = [new TestNode { OpensUnixSeconds = BeganUnixSeconds }, new TestNode { OpensUnixSeconds = BeganUnixSeconds }];

    public string Data => _folder.File("data");

    public string Files => _folder.File("files");

    public static TimeProvider Clock { get; } = new SteppedClock(ArrivedUnixSeconds + (60 * Day));

    /// <summary>When everything of a test arrives.</summary>
    public static DateTimeOffset Arrived => DateTimeOffset.FromUnixTimeSeconds(ArrivedUnixSeconds);

    /// <summary>Each node sends batches in turn; all are judged and in the log when this returns.</summary>
    public async Task LiveAsync(int rounds, Func<RunningBackend, Task>? then = null)
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(_time, dataFolder: Data);
        using HttpResponseMessage funded = await backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, TestContext.Current.CancellationToken);
        Assert.True(funded.IsSuccessStatusCode);
        CollectingSink[] sinks = await Task.WhenAll(Nodes.Select(async node => new CollectingSink(
            backend.Part<IngestPipeline>(), backend.Part<NodeDirectory>().Find(node.Id) ?? await backend.RegisterAsync(node), node.Session)));
        for (int i = 0; i < rounds; i++)
        {
            foreach ((TestNode node, CollectingSink sink) in Nodes.Zip(sinks))
            {
                Assert.Null((await sink.AskAsync(node.SignNext())).Reason);
            }
        }

        await Eventually.HoldsAsync(() => Number(backend, "SELECT count(*) FROM batch WHERE id > (SELECT min(book.cursor, log_head.batch) FROM book, log_head)") == 0, "all batches are judged and in the log");
        if (then is not null)
        {
            await then(backend);
        }
    }

    /// <summary>Archives, four batches to a file.</summary>
    public ArchiveReport Archive(DateTimeOffset? before = null, bool isDry = false, Action? beforeGivingUp = null, int tries = 1) =>
        new Archiving(Data, Files, Clock, _ => { }) { BatchesPerFile = 4, BeforeGivingUp = beforeGivingUp, Tries = tries }.Run(before ?? Arrived.AddDays(1), isDry, CancellationToken.None);

    public RebuildReport Rebuild(string? archive)
    {
        using DbConnection connection = Database.Connect(Data);
        return new RebuildCheck(connection, null, archive).Run(CancellationToken.None);
    }

    public long Number(string sql)
    {
        using DbConnection connection = Database.Connect(Data);
        return connection.ExecuteScalar<long>(sql);
    }

    public void Write(string sql, bool isTampering = false)
    {
        using DbConnection connection = isTampering ? TestDatabase.Tamper(Data) : TestDatabase.Open(Data);
        connection.Execute(sql);
    }

    public void Dispose()
    {
        Array.ForEach(Nodes, node => node.Dispose());
        _folder.Dispose();
    }

    private static long Number(RunningBackend backend, string sql)
    {
        using DbConnection connection = backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }
}
