using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;
using DePin.Tools.Proof;

namespace DePin.Tests.Upkeep;

/// <summary>What nodes signed goes into files, and nothing of it is lost or less proven.</summary>
public sealed class ArchiveTests : IDisposable
{
    private const string Stored = "SELECT count(*) FROM batch_message";

    private readonly ArchivedFleet _fleet = new();

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public async Task Archived_bytes_leave_the_database_and_the_books_follow_from_the_files()
    {
        await _fleet.LiveAsync(rounds: 5);
        ArchiveReport report = _fleet.Archive();
        Assert.Equal((10L, 3, 0L), (report.Batches, report.Files.Count, report.Kept));
        Assert.Equal((0L, 10L), (_fleet.Number(Stored), _fleet.Number("SELECT count(*) FROM batch")));
        var refused = Assert.Throws<StartRefusedException>(() => _fleet.Rebuild(archive: null));
        Assert.Contains($"{report.Files[0].File}: 4 batches", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--archive", refused.Message, StringComparison.Ordinal);
        RebuildReport rebuilt = _fleet.Rebuild(_fleet.Files);
        Assert.Equal("", string.Join("; ", rebuilt.Differences));
        Assert.Equal((10L, 10L), (rebuilt.Batches, rebuilt.Archived));

        // The nodes go on with their chains, what is new is judged and logged as ever, and is archived in its turn.
        await _fleet.LiveAsync(rounds: 2);
        Assert.Equal(4, _fleet.Number(Stored));
        rebuilt = _fleet.Rebuild(_fleet.Files);
        Assert.Equal("", string.Join("; ", rebuilt.Differences));
        Assert.Equal((14L, 10L), (rebuilt.Batches, rebuilt.Archived));
        Assert.Equal(4, _fleet.Archive().Batches);
        Assert.Equal(0, _fleet.Rebuild(_fleet.Files).Found);
        Assert.Equal(0, _fleet.Archive().Batches);
    }

    [Fact]
    public async Task Each_file_proves_itself_and_a_changed_or_cut_one_does_not()
    {
        await _fleet.LiveAsync(rounds: 3, GoOnAfterGapAsync);
        ArchiveReport report = _fleet.Archive();
        Assert.Equal(2, report.Files.Count);
        ArchiveResult[] results = [.. report.Files.Select(file => ArchiveProof.Check(Path.Combine(_fleet.Files, file.File), CancellationToken.None))];
        Assert.All(results, result => Assert.Empty(result.Faults));
        Assert.Equal([(4L, 0L, 0L), (3L, 2L, 1L)], results.Select(result => (result.Batches, result.Continued, result.Gaps)));
        Assert.Equal(report.Files.Select(file => file.Sha256), results.Select(result => result.Sha256));

        string path = Path.Combine(_fleet.Files, report.Files[0].File), other = Path.Combine(_fleet.Files, "other.gz");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(other, bytes[..^40]);
        Assert.Contains(ArchiveProof.Check(other, CancellationToken.None).Faults, fault => fault.Contains("cut off", StringComparison.Ordinal));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.NotEmpty(ArchiveProof.Check(path, CancellationToken.None).Faults);
        Assert.Contains("is not the file that was archived", Assert.Throws<StartRefusedException>(() => _fleet.Rebuild(_fleet.Files)).Message, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("does not hold a file", Assert.Throws<StartRefusedException>(() => _fleet.Rebuild(_fleet.Files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_archived_bytes_hears_which_file_has_them()
    {
        await _fleet.LiveAsync(rounds: 2);
        string file = _fleet.Archive().Files[0].File;
        await _fleet.LiveAsync(rounds: 1, async backend =>
        {
            CancellationToken stop = TestContext.Current.CancellationToken;
            JsonArray batches = (await backend.Http.GetFromJsonAsync<JsonObject>($"/api/nodes/{_fleet.Nodes[0].Id}/batches", stop))!["items"]!.AsArray();
            Assert.Equal([file, file, null], batches.Select(batch => (string?)batch!["archive"]));
            Assert.Equal([true, true, false], batches.Select(batch => (long)batch!["messageBytes"]! == 0));
            foreach ((string path, HttpStatusCode status) in ((string, HttpStatusCode)[])
            [
                ($"/api/nodes/{_fleet.Nodes[0].Id}/batches/{batches[0]!["sequence"]}", HttpStatusCode.Gone), ($"/api/nodes/{_fleet.Nodes[0].Id}/batches/{batches[2]!["sequence"]}", HttpStatusCode.OK),
                ("/api/accounts/operator:amina/evidence", HttpStatusCode.Gone),
            ])
            {
                using HttpResponseMessage answer = await backend.Http.GetAsync(path, stop);
                string text = await answer.Content.ReadAsStringAsync(stop);
                Assert.True(status == answer.StatusCode, $"{path}: {answer.StatusCode} {text}");
                Assert.True(status == HttpStatusCode.OK || text.Contains(file, StringComparison.Ordinal), text);
            }

            using PagesClient mary = await PagesClient.JoinedAsync(backend, "mary", Roles.Manager);
            Assert.Contains($"in the archive {file}", (await mary.GetAsync($"/nodes/{_fleet.Nodes[0].Id}")).Text, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Gone, (await mary.GetAsync($"/nodes/{_fleet.Nodes[0].Id}/batches/1")).Status);
        });
    }

    [Fact]
    public async Task A_kill_between_file_and_database_loses_nothing_and_the_next_run_goes_on()
    {
        await _fleet.LiveAsync(rounds: 2);
        Assert.Throws<InvalidOperationException>(() => _fleet.Archive(beforeGivingUp: () => throw new InvalidOperationException("killed")));
        Assert.Equal((4L, 0L), (_fleet.Number(Stored), _fleet.Number("SELECT count(*) FROM archive")));
        Assert.Equal(0, _fleet.Rebuild(archive: null).Found);
        string file = Directory.GetFiles(_fleet.Files, "*.cbor.gz").Single();
        DateTime written = File.GetLastWriteTimeUtc(file);
        ArchiveReport report = _fleet.Archive();
        Assert.Equal(Path.GetFileName(file), Assert.Single(report.Files).File);
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        Assert.Equal(0, _fleet.Number(Stored));
        Assert.Equal(0, _fleet.Rebuild(_fleet.Files).Found);
    }

    [Fact]
    public async Task What_somebody_may_still_look_at_stays_in_the_database_too()
    {
        await _fleet.LiveAsync(rounds: 3);
        _fleet.Write("INSERT INTO hold(id, batch, node, name, readings, creditable_mwh, served_seconds, parts, made_ms) VALUES(384, 3, (SELECT node FROM batch WHERE id = 3), 'Overlap', 1, 1, 1, '[1,1]', 1)");
        _fleet.Write("INSERT INTO review(node, kind, evidence, opened_ms, deadline_ms) VALUES((SELECT node FROM batch WHERE id = 2), 'neighbours', 'x', 1, 2)");
        ArchiveReport report = _fleet.Archive();
        Assert.Equal((6L, 4L), (report.Batches, report.Kept));
        Assert.Equal(4, _fleet.Number(Stored));
        _fleet.Write("UPDATE hold SET state = 'refused' WHERE id = 384; UPDATE review SET closed_ms = 5");
        report = _fleet.Archive();
        Assert.Equal((0L, 0L, 0L), (report.Batches, report.Kept, _fleet.Number(Stored)));
    }

    [Fact]
    public async Task A_batch_that_was_edited_is_not_archived_and_nothing_leaves_the_database()
    {
        await _fleet.LiveAsync(rounds: 2);
        _fleet.Write(TestDatabase.PastTriggers("DROP TRIGGER batch_message_is_never_edited; UPDATE batch_message SET message = (SELECT message FROM batch_message WHERE batch = 1) WHERE batch = 3"), isTampering: true);
        Assert.Contains("Batch 3 of node", Assert.Throws<StartRefusedException>(() => _fleet.Archive()).Message, StringComparison.Ordinal);
        Assert.Equal((4L, 0L), (_fleet.Number(Stored), _fleet.Number("SELECT count(*) FROM archive")));
    }

    [Fact]
    public async Task What_is_recent_is_kept_and_a_dry_run_changes_nothing()
    {
        await _fleet.LiveAsync(rounds: 1);
        Assert.Contains("or earlier", Assert.Throws<StartRefusedException>(() => _fleet.Archive(ArchivedFleet.Clock.GetUtcNow().AddDays(-34))).Message, StringComparison.Ordinal);
        Assert.Equal(0, _fleet.Archive(ArchivedFleet.Arrived).Batches);
        ArchiveReport report = _fleet.Archive(isDry: true);
        Assert.Equal((2L, 0, 2L), (report.Batches, report.Files.Count, _fleet.Number(Stored)));
        Assert.Empty(Directory.GetFiles(_fleet.Files, "batches*"));
    }

    [Fact]
    public async Task Beside_a_backend_files_are_written_and_PostgreSQL_alone_lets_the_bytes_go()
    {
        await _fleet.LiveAsync(rounds: 2, backend =>
        {
            if (TestDatabase.IsPostgres)
            {
                Assert.Equal((4L, 0L), (_fleet.Archive().Batches, _fleet.Number(Stored)));
                return Task.CompletedTask;
            }

            var refused = Assert.Throws<StartRefusedException>(() => _fleet.Archive());
            Assert.Contains("1 files with 4 batches are written and checked", refused.Message, StringComparison.Ordinal);
            Assert.Contains("in use by another backend", refused.Message, StringComparison.Ordinal);
            return Task.CompletedTask;
        });
        Assert.Equal(TestDatabase.IsPostgres ? 0 : 4, _fleet.Number(Stored));
        Assert.Equal(TestDatabase.IsPostgres ? 0 : 4, _fleet.Archive().Batches);
        Assert.Equal(0, _fleet.Rebuild(_fleet.Files).Found);
    }

    [Fact]
    public async Task The_database_itself_refuses_to_let_bytes_go_that_no_file_holds()
    {
        await _fleet.LiveAsync(rounds: 1);
        Assert.Contains("only when an archive holds it", Assert.ThrowsAny<DbException>(() => _fleet.Write("DELETE FROM batch_message")).Message, StringComparison.Ordinal);
        Assert.Contains("never edited", Assert.ThrowsAny<DbException>(() => _fleet.Write("UPDATE batch_message SET batch = 7")).Message, StringComparison.Ordinal);
    }

    // The first node loses a batch and declares the gap.
    private async Task GoOnAfterGapAsync(RunningBackend backend)
    {
        TestNode node = _fleet.Nodes[0];
        var sink = new CollectingSink(backend.Part<IngestPipeline>(), backend.Part<NodeDirectory>().Find(node.Id)!, node.Session);
        long from = node.Next;
        node.SignNext();
        byte[] following = node.SignNext();
        await sink.SubmitAsync(node.SignGap(from, following), IncomingKind.Gap);
        Assert.Null((await sink.AskAsync(following)).Reason);
        await Eventually.HoldsAsync(() => _fleet.Number("SELECT min(book.cursor, log_head.batch) FROM book, log_head") == 7, "the batch after the gap is judged and in the log");
    }
}
