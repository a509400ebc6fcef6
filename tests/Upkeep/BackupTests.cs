using System.Formats.Tar;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet;
using DePin.Fleet.Ingest;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;
using Microsoft.Data.Sqlite;

namespace DePin.Tests.Upkeep;

/// <summary>A backup made while nodes report, restored elsewhere: the books follow from what it holds, nodes go on, and no payout is made twice.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_backup_made_while_a_fleet_reports_is_restored_elsewhere_and_goes_on()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL is backed up by its own tools");
        string file = _temporary.File("fleet.tar"), elsewhere = _temporary.File("elsewhere");
        var time = new SteppedClock(1_790_000_000);
        using var node = new TestNode { OpensUnixSeconds = time.UnixSeconds - 3600 };
        long stored;
        BackupReport report;
        await using (RunningBackend backend = await RunningBackend.StartAsync(time))
        {
            var sink = new CollectingSink(backend.Part<IngestPipeline>(), await backend.RegisterAsync(node), node.Session);
            await backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
            await sink.AskAsync(node.SignNext());
            using var isMade = new CancellationTokenSource();
            Task reporting = Task.Run(
                async () =>
                {
                    while (!isMade.IsCancellationRequested)
                    {
                        await sink.AskAsync(node.SignNext(readings: 1));
                    }
                },
                Cancel);
            report = await Task.Run(() => Backup.Make(backend.DataFolder, file, time.GetUtcNow()), Cancel);
            await isMade.CancelAsync();
            await reporting;
            stored = backend.Part<IngestMetrics>().BatchesStored;
        }

        Assert.True(report.Files >= 4, $"{report.Files} files");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!, "fleet.tar*"));
        RestoreReport restored = Restore.Run(file, elsewhere, time.GetUtcNow());
        Assert.Equal((report.Files, report.Schema), (restored.Files, restored.Schema));
        using (SqliteConnection connection = Backup.Open(Path.Combine(elsewhere, DataFolder.DatabaseName), SqliteOpenMode.ReadOnly))
        {
            RebuildReport books = new RebuildCheck(connection, _ => { }).Run(Cancel);
            Assert.Equal(0, books.Found);
            Assert.InRange(books.Batches, 0, stored);
        }

        await using RunningBackend second = await RunningBackend.StartAsync(time, dataFolder: elsewhere, hasPeople: true);
        JsonNode payouts = JsonNode.Parse(await second.Http.GetStringAsync("/api/payouts", Cancel))!;
        Assert.Contains("Payouts made after that backup are not in it", (string?)payouts["locked"], StringComparison.Ordinal);
        Assert.Equal(1, second.Part<DePin.Fleet.Nodes.NodeDirectory>().Count);

        // Whoever removed the file has looked.
        await second.RestartAsync(() => File.Delete(Path.Combine(elsewhere, DataFolder.RestoredName)));
        Assert.Null(JsonNode.Parse(await second.Http.GetStringAsync("/api/payouts", Cancel))!["locked"]);
        Assert.NotEmpty(second.Part<ProofLog>().VerifierKey);
    }

    [Fact]
    public async Task A_damaged_or_strange_file_and_a_folder_in_use_are_refused_and_nothing_is_left()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL is backed up by its own tools");
        string file = _temporary.File("fleet.tar");
        await using (RunningBackend backend = await RunningBackend.StartAsync())
        {
            Backup.Make(backend.DataFolder, file, DateTimeOffset.UtcNow);
            Assert.Contains("is there already", Assert.Throws<StartRefusedException>(() => Backup.Make(backend.DataFolder, file, DateTimeOffset.UtcNow)).Message, StringComparison.Ordinal);
            Assert.Contains("not empty", Assert.Throws<StartRefusedException>(() => Restore.Run(file, backend.DataFolder, DateTimeOffset.UtcNow)).Message, StringComparison.Ordinal);
        }

        byte[] whole = await File.ReadAllBytesAsync(file, Cancel);
        foreach (int place in (int[])[whole.Length / 3, whole.Length / 2])
        {
            byte[] damaged = [.. whole];
            damaged[place] ^= 1;
            await File.WriteAllBytesAsync(_temporary.File("damaged.tar"), damaged, Cancel);
            Refused(_temporary.File("damaged.tar"));
        }

        await File.WriteAllBytesAsync(_temporary.File("short.tar"), whole[..(whole.Length / 2)], Cancel);
        Refused(_temporary.File("short.tar"));
        await File.WriteAllTextAsync(_temporary.File("text.tar"), "no archive", Cancel);
        Refused(_temporary.File("text.tar"));
        Refused(_temporary.File("nothing.tar"));
        await using (var writer = new TarWriter(File.Create(_temporary.File("evil.tar"))))
        {
            byte[] manifest = """{"format":1,"madeUnixMilliseconds":1,"schema":1,"files":[{"name":"../evil","bytes":1,"sha256":"00"}]}"""u8.ToArray();
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Backup.ManifestName) { DataStream = new MemoryStream(manifest) }, Cancel);
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "../evil") { DataStream = new MemoryStream([1]) }, Cancel);
        }

        Refused(_temporary.File("evil.tar"));
        Assert.False(File.Exists(_temporary.File("evil")));
    }

    [Fact]
    public async Task A_backend_on_a_newer_database_refuses_and_an_upgrade_keeps_everything()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL is backed up by its own tools");
        string file = _temporary.File("before.tar"), data = _temporary.File("data");
        using var node = new TestNode();
        await using (RunningBackend backend = await RunningBackend.StartAsync(dataFolder: data))
        {
            await backend.RegisterAsync(node);
            Backup.Make(data, file, DateTimeOffset.UtcNow);
        }

        // The next version of this program: one migration more.
        using (SqliteConnection connection = Backup.Open(Path.Combine(data, DataFolder.DatabaseName), SqliteOpenMode.ReadWrite))
        {
            Migration next = new(9999, "next", "CREATE TABLE next(n INTEGER); ALTER TABLE node ADD COLUMN next TEXT NULL;");
            Migrations.Apply(connection, [.. Migrations.Embedded(Migrations.Sqlite), next], 1);
        }

        StartRefusedException refusal = await Assert.ThrowsAsync<StartRefusedException>(() => RunningBackend.StartAsync(dataFolder: data));
        Assert.Contains("made by a newer version of this program (it has schema 9999)", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(9999, Backup.SchemaOf(Path.Combine(data, DataFolder.DatabaseName)));
        Backup.Make(data, _temporary.File("after.tar"), DateTimeOffset.UtcNow);
        Assert.Contains("newer version", Refused(_temporary.File("after.tar")), StringComparison.Ordinal);

        // Going back is the backup from before the upgrade.
        Restore.Run(file, _temporary.File("back"), DateTimeOffset.UtcNow);
        await using RunningBackend back = await RunningBackend.StartAsync(dataFolder: _temporary.File("back"));
        Assert.Equal(1, back.Part<DePin.Fleet.Nodes.NodeDirectory>().Count);
    }

    private string Refused(string file)
    {
        string target = _temporary.File("target");
        string said = Assert.Throws<StartRefusedException>(() => Restore.Run(file, target, DateTimeOffset.UtcNow)).Message;
        Assert.False(Directory.Exists(target));
        Assert.False(Directory.Exists(target + ".part"));
        return said;
    }
}
