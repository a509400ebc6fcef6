using System.Security.Cryptography;

namespace DePin.Fleet.Storage;

/// <summary>The folder of everything that stays; held by one backend at a time, from opening to disposal.</summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>The database; SQLite's own files beside it begin with the same name.</summary>
    public const string DatabaseName = "fleet.db";

    /// <summary>Is there from the restoring of a backup until somebody knows what was lost: payouts are locked meanwhile.</summary>
    public const string RestoredName = "restored.txt";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream heldLock)
    {
        Path = path;
        _lock = heldLock;
    }

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder where it is missing and takes its lock.</summary>
    /// <exception cref="StartRefusedException">Another backend holds the lock, or the folder cannot be used.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            if (!Directory.Exists(full))
            {
                CreatePrivate(full);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data folder {full} cannot be made: {problem.Message}", problem);
        }

        FileStream? held = null;
        try
        {
            // The system lets go of the lock when the process ends, however it ends; the file itself stays and means nothing.
            held = new FileStream(System.IO.Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            KeepPrivate(full);
            return new DataFolder(full, held);
        }
        catch (IOException problem) when (held is null)
        {
            throw new StartRefusedException($"The data folder {full} is in use by another backend; stop that one or choose another folder with --data.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new StartRefusedException($"The data folder {full} cannot be written: {problem.Message}", problem);
        }
    }

    /// <summary>The full path of a file in the folder.</summary>
    public string FileOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether the file is there.</summary>
    public bool Has(string name) => File.Exists(FileOf(name));

    /// <summary>Reads a small file of ours.</summary>
    /// <exception cref="StartRefusedException">It cannot be read.</exception>
    public byte[] Read(string name)
    {
        try
        {
            return File.ReadAllBytes(FileOf(name));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{FileOf(name)} cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>Writes a file that only its owner may read, whole or not at all, and on the disk before this returns.</summary>
    public void WritePrivate(string name, ReadOnlySpan<byte> content)
    {
        string path = FileOf(name);
        if (System.IO.Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            CreatePrivate(folder);
        }

        string temporary = path + ".new";
        File.Delete(temporary);
        using (FileStream file = CreatePrivateFile(temporary))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Makes a new file that only its owner may read.</summary>
    /// <exception cref="IOException">There is one already, or it cannot be made.</exception>
    internal static FileStream CreatePrivateFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    /// <summary>Makes a folder inside that only its owner may enter.</summary>
    public void MakePrivateFolder(string name)
    {
        for (int slash = name.IndexOf('/', StringComparison.Ordinal); ; slash = name.IndexOf('/', slash + 1))
        {
            string part = FileOf(slash < 0 ? name : name[..slash]);
            if (!Directory.Exists(part))
            {
                CreatePrivate(part);
            }

            if (slash < 0)
            {
                return;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();

    // A folder made by hand, or filled from a backup, may show others what is theirs not to see. SQLite gives its own files the
    // database's mode, so that is made here, empty, before SQLite opens it.
    private static void KeepPrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string keys = System.IO.Path.Combine(folder, "keys");
        string database = System.IO.Path.Combine(folder, DatabaseName);
        using (PostgresName.Of(folder) is not null ? null : new FileStream(database, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = OwnerOnly }))
        {
        }

        string[] secrets =
        [
            .. Directory.GetFiles(folder, DatabaseName + "*"),
            .. Directory.GetFiles(folder, PostgresName.FileName),
            .. Directory.GetFiles(folder, "api-token*"),
            .. Directory.GetFiles(folder, "first-administrator*"),
            .. Directory.Exists(keys) ? Directory.GetFiles(keys, "*", SearchOption.AllDirectories) : [],
        ];
        foreach (string file in secrets)
        {
            if (File.GetUnixFileMode(file) != OwnerOnly)
            {
                File.SetUnixFileMode(file, OwnerOnly);
            }
        }
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
