using System.Data.Common;
using Dapper;
using DePin.Fleet;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Npgsql;

namespace DePin.Tests.Storage;

/// <summary>On PostgreSQL signed bytes stand in partitions, which go as a whole once all of them are archived.</summary>
public sealed class PartitionTests : IAsyncLifetime
{
    private readonly ArchivedFleet _fleet = new();
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_fleet.Data);
        File.WriteAllText(Path.Combine(_fleet.Data, PostgresName.FileName), await _server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        _fleet.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_partition_whose_batches_are_all_archived_goes_and_what_is_held_of_it_stays()
    {
        await StartBeforeAsync(PartitionStore.Width, 3);
        await _fleet.LiveAsync(rounds: 3);
        Assert.Equal([3L, 3L], Counts("batch_message_000000", "batch_message_000001"));
        _fleet.Write($"INSERT INTO hold(id, batch, node, name, readings, creditable_mwh, served_seconds, parts, made_ms) SELECT id * 128, id, node, 'Overlap', 1, 1, 1, '[1,1]', 1 FROM batch WHERE id = {PartitionStore.Width - 1}");
        ArchiveReport report = _fleet.Archive();
        Assert.Equal((6L, 1, 1L), (report.Batches, report.Partitions, report.Kept));
        Assert.DoesNotContain("batch_message_000000", Partitions());
        Assert.Equal([1L, 0L], Counts("batch_message_rest", "batch_message_000001"));
        await _fleet.LiveAsync(rounds: 1);
        Assert.Equal([1L, 2L], Counts("batch_message_rest", "batch_message_000001"));
    }

    [Fact]
    public async Task Partitions_stand_ready_before_batches_need_them_and_without_one_batches_are_stored_all_the_same()
    {
        await _fleet.LiveAsync(rounds: 1);
        Assert.Equal(["batch_message_000000", "batch_message_000001", "batch_message_000002", "batch_message_rest"], Partitions());

        // As if no round had come by for a long time.
        await StartBeforeAsync(5 * PartitionStore.Width, 1);
        await _fleet.LiveAsync(rounds: 1);
        Assert.Equal([2L], Counts("batch_message_rest"));
        await _fleet.LiveAsync(rounds: 1, async backend =>
        {
            await backend.Part<PartitionKeeper>().KeepAsync();
            Assert.Contains("batch_message_000007", Partitions());
        });

        // What is in the rest stays there: its ranges get no partition, and nothing is moved under way.
        Assert.DoesNotContain("batch_message_000004", Partitions());
        Assert.DoesNotContain("batch_message_000005", Partitions());
        Assert.Equal(0, _fleet.Rebuild(archive: null).Found);
    }

    [Fact]
    public async Task Who_reads_all_batches_is_not_disturbed_and_the_archive_waits()
    {
        await StartBeforeAsync(PartitionStore.Width, 2);
        await _fleet.LiveAsync(rounds: 2);
        using (DbConnection reader = Database.Connect(_fleet.Data))
        using (DbTransaction instant = reader.BeginInstant())
        {
            ArchiveStore.HoldMessages(reader);
            var refused = Assert.Throws<StartRefusedException>(() => _fleet.Archive());
            Assert.Contains("Somebody reads all batches", refused.Message, StringComparison.Ordinal);
            Assert.Equal(4L, reader.ExecuteScalar<long>("SELECT count(*) FROM batch_message"));
        }

        // The files were recorded already.
        ArchiveReport report = _fleet.Archive();
        Assert.Equal((0L, 1, 0L), (report.Batches, report.Partitions, _fleet.Number("SELECT count(*) FROM batch_message")));
    }

    private async Task StartBeforeAsync(long batch, int by)
    {
        await using (RunningBackend backend = await RunningBackend.StartAsync(dataFolder: _fleet.Data))
        {
        }

        _fleet.Write($"ALTER TABLE batch ALTER COLUMN id RESTART WITH {batch - by}");
    }

    private IEnumerable<long> Counts(params string[] tables) => tables.Select(table => _fleet.Number($"SELECT count(*) FROM {table}"));

    private List<string> Partitions()
    {
        using var connection = (NpgsqlConnection)Database.Connect(_fleet.Data);
        return connection.Query<string>("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'batch_message'::regclass ORDER BY 1").AsList();
    }
}
