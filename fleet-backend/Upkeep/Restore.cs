using System.Formats.Tar;
using System.Globalization;
using System.Text.Json;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Puts a backup into a data folder of its own: every file is checked before the folder stands under its name. Payouts are locked then, since those made after the backup are
/// not in it and would be made again.
/// </summary>
internal static class Restore
{
    // A manifest of 100,000 bundles has some 15 MB.
    private const long MostManifestBytes = 64 * 1024 * 1024;

    /// <summary>Restores it.</summary>
    /// <exception cref="StartRefusedException">The backup is damaged or newer than this program, or the folder is not empty; nothing is left of the attempt.</exception>
    public static RestoreReport Run(string backup, string dataFolder, DateTimeOffset now)
    {
        string target = Path.GetFullPath(dataFolder);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new StartRefusedException($"{target} is not empty; a restored backend gets a folder of its own. Move that one away, or name another with --data.");
        }

        string part = target + ".part";
        try
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }

            BackupManifest manifest = Unpack(backup, part);
            Check(Path.Combine(part, DataFolder.DatabaseName), manifest);
            string made = DateTimeOffset.FromUnixTimeMilliseconds(manifest.MadeUnixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            File.WriteAllText(Path.Combine(part, DataFolder.RestoredName), Sentence.Of($"Restored at {now:yyyy-MM-dd HH:mm:ss} UTC from a backup of {made} UTC.").Stored);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(part, target);
            return new RestoreReport(target, manifest.MadeUnixMilliseconds, manifest.Schema, manifest.Files.Count);
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException or SqliteException or JsonException or FormatException)
        {
            throw new StartRefusedException($"The backup {backup} cannot be restored: {problem.Message.TrimEnd('.')}. {target} is as it was.", problem);
        }
        finally
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }
    }

    private static BackupManifest Unpack(string backup, string folder)
    {
        MakePrivate(folder);
        using FileStream stream = File.OpenRead(backup);
        using var tar = new TarReader(stream);
        BackupManifest manifest = Manifest(tar.GetNextEntry());
        var expected = manifest.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        while (tar.GetNextEntry() is { } entry)
        {
            if (!expected.Remove(entry.Name, out BackedUpFile? file) || !IsOurs(entry.Name) || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
            {
                throw new InvalidDataException($"it holds '{entry.Name}', which its list does not name");
            }

            string path = Path.Combine(folder, entry.Name);
            MakePrivate(Path.GetDirectoryName(path)!);
            using (FileStream content = Backup.CreatePrivate(path))
            {
                entry.DataStream?.CopyTo(content);
                content.Flush(flushToDisk: true);
            }

            if (Backup.Hash(path) != file.Sha256)
            {
                throw new InvalidDataException($"'{entry.Name}' in it is damaged");
            }
        }

        return expected.Count == 0 ? manifest : throw new InvalidDataException($"'{expected.Keys.First()}' is missing in it");
    }

    private static BackupManifest Manifest(TarEntry? first) =>
        first is { Name: Backup.ManifestName, DataStream: { Length: <= MostManifestBytes } stream } && JsonSerializer.Deserialize<BackupManifest>(stream, JsonSerializerOptions.Web) is { Format: 1 } manifest
            ? manifest
            : throw new InvalidDataException("it is no backup of a fleet backend, or one of a newer version");

    // Names from a file are not to be trusted with a path.
    private static bool IsOurs(string name) =>
        name.Length < 200 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '/') && !name.StartsWith('/') && !name.Split('/').Any(part => part is "" or "." or "..");

    private static void Check(string database, BackupManifest manifest)
    {
        long newest = Migrations.Embedded(Migrations.Sqlite)[^1].Version;
        if (manifest.Schema > newest)
        {
            throw new InvalidDataException($"it was made by a newer version of this program (it has schema {manifest.Schema}, this program {newest}); restore it with that version");
        }

        using SqliteConnection connection = Backup.Open(database, SqliteOpenMode.ReadOnly);
        string said = BackupStore.Check(connection);
        if (said != "ok" || BackupStore.Schema(connection) != manifest.Schema)
        {
            throw new InvalidDataException($"the database in it is damaged ({said})");
        }
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>A backup that was restored.</summary>
internal sealed record RestoreReport(string Folder, long MadeUnixMilliseconds, long Schema, int Files);
