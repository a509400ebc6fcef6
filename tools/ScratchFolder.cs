namespace DePin.Tools;

/// <summary>A data folder for one command: removed at the end, unless it was asked for by name.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly bool _isKept;

    private ScratchFolder(string path, bool isKept)
    {
        Path = path;
        _isKept = isKept;
    }

    public string Path { get; }

    /// <summary>The named folder, which must be new, or one in the system's temporary folder.</summary>
    /// <exception cref="CommandException">The named folder is in use.</exception>
    public static ScratchFolder Make(string prefix, string? kept)
    {
        if (kept is null)
        {
            return new ScratchFolder(Directory.CreateTempSubdirectory(prefix + "-").FullName, isKept: false);
        }

        string path = System.IO.Path.GetFullPath(kept);
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw CommandException.WrongInput($"{path} is not empty: name a new folder to keep the data in.");
        }

        Directory.CreateDirectory(path);
        return new ScratchFolder(path, isKept: true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_isKept && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
