using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// One file with all that a backend needs to go on elsewhere: the database as of one instant, the keys, the certificate authority, the last checkpoint, the bundles. It is made
/// while a backend runs. It holds every key of the fleet, so only its owner may read it.
/// </summary>
internal static class Backup
{
    /// <summary>Names what the file holds, as its first entry.</summary>
    public const string ManifestName = "backup.json";

    private const int Format = 1;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Beside the database: what cannot be made again, and what nodes and people know of this backend.
    private const string CheckpointName = "checkpoint.txt";

    private static readonly string[] Files = ["ca.pem"];
    private static readonly string[] Folders = ["keys", "artifacts"];

    /// <summary>Makes it: whole, on the disk, and read back, or not at all.</summary>
    /// <exception cref="StartRefusedException">There is no database, the file is there already, or cannot be written.</exception>
    public static BackupReport Make(string dataFolder, string to, DateTimeOffset now)
    {
        string database = Path.Combine(dataFolder, DataFolder.DatabaseName);
        if (PostgresName.Of(dataFolder) is { } postgres)
        {
            throw new StartRefusedException($"The fleet of {dataFolder} is in the database {new PostgresDatabase(postgres).Description}: back that up with its own tools, for example pg_dump, and the folder beside it, which holds the keys.");
        }

        if (!File.Exists(database))
        {
            throw new StartRefusedException($"{dataFolder} holds no database; name the data folder of a backend with --data.");
        }

        if (File.Exists(to))
        {
            throw new StartRefusedException($"{to} is there already; a backup replaces nothing. Choose another name.");
        }

        string snapshot = to + ".db.part", checkpoint = to + ".checkpoint.part", part = to + ".part";
        string[] temporary = [snapshot, checkpoint, part];
        Array.ForEach(temporary, File.Delete);
        try
        {
            // Before the database: a checkpoint that is ahead of it would say that something was lost.
            bool hasCheckpoint = File.Exists(Path.Combine(dataFolder, CheckpointName));
            if (hasCheckpoint)
            {
                File.Copy(Path.Combine(dataFolder, CheckpointName), checkpoint);
            }

            Snapshot(database, snapshot);
            List<(string Name, string Path)> files = [(DataFolder.DatabaseName, snapshot), .. hasCheckpoint ? [(CheckpointName, checkpoint)] : Array.Empty<(string, string)>(), .. Beside(dataFolder)];
            var manifest = new BackupManifest(
                Format, now.ToUnixTimeMilliseconds(), SchemaOf(snapshot), [.. files.Select(file => new BackedUpFile(file.Name, new FileInfo(file.Path).Length, Hash(file.Path)))]);
            Write(part, manifest, files);
            File.Move(part, to);
            return new BackupReport(to, new FileInfo(to).Length, manifest.Schema, manifest.Files.Count, Hash(to));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new StartRefusedException($"The backup {to} cannot be made: {problem.Message}. Nothing of it is left.", problem);
        }
        finally
        {
            Array.ForEach(temporary, File.Delete);
        }
    }

    /// <summary>What an empty file that only its owner may read is made with.</summary>
    internal static FileStream CreatePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <summary>SHA-256 of a file, hex.</summary>
    internal static string Hash(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The highest migration of a database.</summary>
    internal static long SchemaOf(string path)
    {
        using SqliteConnection connection = Open(path, SqliteOpenMode.ReadOnly);
        return BackupStore.Schema(connection);
    }

    /// <summary>A connection of its own to a database file.</summary>
    internal static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Snapshot(string database, string snapshot)
    {
        // SQLite fills a file that is there and empty; so it is never readable by others.
        CreatePrivate(snapshot).Dispose();
        using SqliteConnection connection = Open(database, SqliteOpenMode.ReadWrite);
        BackupStore.VacuumInto(connection, snapshot);
    }

    private static IEnumerable<(string Name, string Path)> Beside(string dataFolder)
    {
        foreach (string name in Files.Where(name => File.Exists(Path.Combine(dataFolder, name))))
        {
            yield return (name, Path.Combine(dataFolder, name));
        }

        foreach (string folder in Folders.Where(folder => Directory.Exists(Path.Combine(dataFolder, folder))))
        {
            foreach (string file in Directory.GetFiles(Path.Combine(dataFolder, folder), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                // An upload on its way, or a key that is being written: the whole one follows.
                if (!file.EndsWith(".part", StringComparison.Ordinal) && !file.EndsWith(".new", StringComparison.Ordinal))
                {
                    yield return (Path.GetRelativePath(dataFolder, file).Replace('\\', '/'), file);
                }
            }
        }
    }

    private static void Write(string path, BackupManifest manifest, IReadOnlyList<(string Name, string Path)> files)
    {
        using FileStream stream = CreatePrivate(path);
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            using var head = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, JsonSerializerOptions.Web));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, ManifestName) { DataStream = head, Mode = OwnerOnly });
            foreach ((string name, string file) in files)
            {
                using FileStream content = File.OpenRead(file);
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = OwnerOnly });
            }
        }

        stream.Flush(flushToDisk: true);
    }
}

/// <summary>What a backup holds, of which schema, and when it was made.</summary>
internal sealed record BackupManifest(int Format, long MadeUnixMilliseconds, long Schema, IReadOnlyList<BackedUpFile> Files);

/// <summary>A file in it.</summary>
internal sealed record BackedUpFile(string Name, long Bytes, string Sha256);

/// <summary>A backup that was made.</summary>
internal sealed record BackupReport(string File, long Bytes, long Schema, int Files, string Sha256);
