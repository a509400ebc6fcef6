using DePin.Node.Outbox;

namespace DePin.Host.Simulation;

/// <summary>Simulated flash in memory that counts what is written to it.</summary>
public sealed class SimulatedFlash : IFlash
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Files written.</summary>
    public long Writes { get; private set; }

    /// <summary>Bytes in them.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Files removed.</summary>
    public long Deletions { get; private set; }

    /// <inheritdoc />
    public byte[]? Read(string name) => _files.TryGetValue(name, out byte[]? content) ? [.. content] : null;

    /// <inheritdoc />
    public void Write(string name, byte[] content)
    {
        Writes++;
        WrittenBytes += content.Length;
        _files[name] = [.. content];
    }

    /// <inheritdoc />
    public void Delete(string name) => Deletions += _files.Remove(name) ? 1 : 0;

    /// <inheritdoc />
    public string[] List() => [.. _files.Keys];
}
