#pragma warning disable CA1416 // The test skips itself on Windows.
using DePin.Tests.Support;

namespace DePin.Tests.Storage;

/// <summary>What others on the machine can see of the data.</summary>
public sealed class DataFolderTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string[] Secrets = ["fleet.db", "fleet.db-wal", "fleet.db-shm", "first-administrator.txt", "keys/ca.key", "keys/master.key"];

    [Fact]
    public async Task Only_the_owner_reads_database_and_keys_in_a_folder_that_others_may_enter()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are Unix'");
        Assert.SkipWhen(TestDatabase.IsPostgres, "the database is no file of the folder");
        using var temporary = new TemporaryFolder();
        File.SetUnixFileMode(temporary.Path, OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await using RunningBackend backend = await RunningBackend.StartAsync(dataFolder: temporary.Path, hasPeople: false);
        AssertPrivate(temporary);

        // As they come out of an archive that somebody unpacked.
        foreach (string name in Secrets)
        {
            File.SetUnixFileMode(temporary.File(name), OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await backend.RestartAsync();
        AssertPrivate(temporary);
    }

    private static void AssertPrivate(TemporaryFolder folder)
    {
        Assert.All(new[] { "keys", "keys/sessions" }, name => Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.File(name))));
        foreach (string name in Secrets)
        {
            Assert.Equal((name, OwnerOnly), (name, File.GetUnixFileMode(folder.File(name))));
        }
    }
}
