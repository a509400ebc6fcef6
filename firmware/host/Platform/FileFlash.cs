using DePin.Node.Outbox;

namespace DePin.Host.Platform;

/// <summary>
/// The node's flash as files in a folder: written beside, synchronised, then renamed, so that a killed process leaves the old
/// content or the new one. (The folder itself is not synchronised: a cut of the machine's power may bring back an old file.)
/// </summary>
public sealed class FileFlash : IFlash
{
    private const string Unfinished = "~";
    private const int LongestName = 32;

    private readonly string _folder;
    private readonly bool _synchronises;

    /// <summary>Opens the folder.</summary>
    /// <param name="folder">Made where it is missing; files left unfinished by a kill are removed.</param>
    /// <param name="synchronises">Whether every write waits for the disk; large simulated fleets go without.</param>
    public FileFlash(string folder, bool synchronises)
    {
        _folder = folder;
        _synchronises = synchronises;
        Directory.CreateDirectory(folder);
        foreach (string left in Directory.GetFiles(folder, Unfinished + "*"))
        {
            File.Delete(left);
        }
    }

    /// <inheritdoc />
    public byte[]? Read(string name)
    {
        string path = PathOf(name);
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    /// <inheritdoc />
    public void Write(string name, byte[] content)
    {
        string path = PathOf(name);
        string beside = Path.Combine(_folder, Unfinished + name);
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(_synchronises);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <inheritdoc />
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc />
    public string[] List() =>
        [.. Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith(Unfinished, StringComparison.Ordinal))];

    private string PathOf(string name)
    {
        bool isAllowed = name.Length is > 0 and <= LongestName && name[0] != '.'
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
        return isAllowed
            ? Path.Combine(_folder, name)
            : throw new ArgumentException($"'{name}' is no name on this flash: 1 to 32 of a-z, 0-9, '-' and '.'.", nameof(name));
    }
}
