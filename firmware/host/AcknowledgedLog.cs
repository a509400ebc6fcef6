namespace DePin.Host;

/// <summary>
/// A file to which every acknowledged batch is appended as <c>node sequence payloadHash</c>, one line each, handed to the system
/// at once: what a backend promised to keep, for tests that kill it. Thread-safe.
/// </summary>
public sealed class AcknowledgedLog : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly Lock _gate = new();

    /// <summary>Opens the file.</summary>
    /// <param name="path">Appended to; made where it is missing.</param>
    /// <exception cref="InvalidDataException">The file cannot be written.</exception>
    public AcknowledgedLog(string path)
    {
        try
        {
            _writer = new StreamWriter(path, append: true) { AutoFlush = true };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The log of acknowledged batches {path} cannot be written: {problem.Message}", problem);
        }
    }

    /// <summary>Appends one line.</summary>
    public void Add(string nodeId, long sequence, string payloadHashHex)
    {
        lock (_gate)
        {
            _writer.WriteLine($"{nodeId} {sequence} {payloadHashHex}");
        }
    }

    /// <inheritdoc />
    public void Dispose() => _writer.Dispose();
}
