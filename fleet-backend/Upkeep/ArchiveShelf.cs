using System.Data.Common;
using System.Globalization;

namespace DePin.Fleet.Upkeep;

/// <summary>The signed bytes that are in files of the archive and no longer in the database.</summary>
internal sealed class ArchiveShelf : IDisposable
{
    private const int MostNamed = 5;

    private readonly List<(ArchiveRow File, string Path)> _files;
    private ArchiveReader? _reader;
    private int _open = -1;
    private ArchivedBatch? _at;

    private ArchiveShelf(List<(ArchiveRow, string)> files) => _files = files;

    /// <summary>Finds the files whose bytes are needed, each as it was written.</summary>
    /// <exception cref="StartRefusedException">There are such, and a file is not in the folder, or is another one.</exception>
    public static ArchiveShelf Open(DbConnection connection, string? folder)
    {
        ArchiveRow[] needed = [.. ArchiveStore.Files(connection).Where(file => ArchiveStore.IsAlone(connection, file))];
        if (needed.Length > 0 && folder is null)
        {
            throw new StartRefusedException(
                $"What nodes signed in {needed.Sum(file => file.Batches)} batches is archived; nothing was compared. Give the folder of these files with --archive: {string.Join("; ", needed.Take(MostNamed).Select(Line))}{(needed.Length > MostNamed ? $" and {needed.Length - MostNamed} more" : "")}.");
        }

        var files = new List<(ArchiveRow, string)>();
        foreach (ArchiveRow file in needed)
        {
            string path = Path.Combine(folder!, file.File);
            if (!File.Exists(path))
            {
                throw new StartRefusedException($"{folder} does not hold a file of the archive that is needed; nothing was compared. Put it there: {Line(file)}.");
            }

            if (Backup.Hash(path) != file.Sha256)
            {
                throw new StartRefusedException($"{path} is not the file that was archived; nothing was compared. Put the right one there: {Line(file)}.");
            }

            files.Add((file, path));
        }

        return new ArchiveShelf(files);
    }

    /// <summary>The signed bytes of a batch, or null where no file has them. Fast for rising ids; one that is lower than the one before begins its file again.</summary>
    public byte[]? Message(long batch)
    {
        int index = _files.FindIndex(file => batch >= file.File.FirstBatch && batch <= file.File.LastBatch);
        if (index < 0)
        {
            return null;
        }

        if (index != _open || _at is null || _at.Id > batch)
        {
            _reader?.Dispose();
            _reader = new ArchiveReader(_files[index].Path);
            _open = index;
            _at = _reader.Next();
        }

        while (_at is not null && _at.Id < batch)
        {
            _at = _reader!.Next();
        }

        return _at?.Id == batch ? _at.Message : null;
    }

    /// <inheritdoc />
    public void Dispose() => _reader?.Dispose();

    private static string Line(ArchiveRow file) =>
        $"{file.File}: {file.Batches} batches from {Day(file.FirstArrivedUnixMilliseconds)} to {Day(file.LastArrivedUnixMilliseconds)}, SHA-256 {file.Sha256}";

    private static string Day(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
