using DePin.Node.Outbox;

namespace DePin.Tests.Node.Fakes;

/// <summary>Files in memory, and a power cut at the change a test names.</summary>
internal sealed class MemoryFlash : IFlash
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Writes and deletions so far.</summary>
    public int Changes { get; private set; }

    /// <summary>The change at which power is cut, counted from the first; 0 for never.</summary>
    public int CutAt { get; set; }

    /// <summary>What the cut leaves of that change.</summary>
    public CutLeaves CutLeaves { get; set; }

    /// <summary>The names of all files.</summary>
    public IReadOnlyCollection<string> Names => _files.Keys;

    public byte[]? Read(string name) => _files.TryGetValue(name, out byte[]? content) ? [.. content] : null;

    public void Write(string name, byte[] content)
    {
        Assert.Matches("^[a-z0-9.-]{1,32}$", name);
        Changes++;
        if (Changes != CutAt)
        {
            _files[name] = [.. content];
            return;
        }

        switch (CutLeaves)
        {
            case CutLeaves.NewContent:
                _files[name] = [.. content];
                break;
            case CutLeaves.EmptyNewFile when !_files.ContainsKey(name):
                _files[name] = [];
                break;
        }

        throw new PowerCutException();
    }

    public void Delete(string name)
    {
        Changes++;
        if (Changes != CutAt || CutLeaves == CutLeaves.NewContent)
        {
            _files.Remove(name);
        }

        if (Changes == CutAt)
        {
            throw new PowerCutException();
        }
    }

    public string[] List() => [.. _files.Keys];

    /// <summary>Bends one byte in the middle of a file.</summary>
    public void Damage(string name) => _files[name][_files[name].Length / 2] ^= 0x40;

    /// <summary>Takes a file away.</summary>
    public void Lose(string name) => _files.Remove(name);

    /// <summary>Takes everything away.</summary>
    public void Wipe() => _files.Clear();

    /// <summary>The same files, for a second node.</summary>
    public MemoryFlash Clone()
    {
        var copy = new MemoryFlash();
        foreach ((string name, byte[] content) in _files)
        {
            copy._files[name] = [.. content];
        }

        return copy;
    }
}

/// <summary>What a power cut in the middle of a change leaves.</summary>
internal enum CutLeaves
{
    /// <summary>As if the change had not begun.</summary>
    OldContent,

    /// <summary>A new file is there and empty.</summary>
    EmptyNewFile,

    /// <summary>The change was done, and nothing after it.</summary>
    NewContent,
}

/// <summary>Stands for the moment the power goes; nothing in a node can catch that.</summary>
internal sealed class PowerCutException : Exception
{
    public PowerCutException()
        : base("the power was cut")
    {
    }

    public PowerCutException(string message)
        : base(message)
    {
    }

    public PowerCutException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
