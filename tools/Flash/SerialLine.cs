using System.Diagnostics;
using System.Threading.Channels;

namespace DePin.Tools.Flash;

/// <summary>
/// A serial port by the platform's own means: it is opened as a file, and its mode is set by stty (Linux, macOS) or mode
/// (Windows). Bytes that come are read by a thread of the line's own.
/// </summary>
internal sealed class SerialLine : IDisposable
{
    private const string Baud = "115200";

    // stty's "time 1" ends a read after a tenth of a second; reads that end sooner, with nothing, many times over, say that the line is gone.
    private const int ReadMilliseconds = 50;
    private const int EmptyReadsOfALostLine = 20;
    private readonly FileStream _file;
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Thread _reader;
    private volatile bool _isClosed;

    private SerialLine(FileStream file)
    {
        _file = file;
        _reader = new Thread(ReadUntilClosed) { IsBackground = true, Name = "serial line" };
        _reader.Start();
    }

    /// <summary>What comes; completed with an <see cref="IOException"/> when the line is lost.</summary>
    public ChannelReader<byte[]> Received => _received.Reader;

    /// <summary>Opens a port and sets its mode.</summary>
    /// <exception cref="IOException">It is not there, in use, or no serial port.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not open it.</exception>
    public static async Task<SerialLine> OpenAsync(string port, CancellationToken cancellationToken)
    {
        // The lock that FileShare.None takes keeps a second tool off the same board.
        var file = new FileStream(
            OperatingSystem.IsWindows() ? @"\\.\" + port : port,
            new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 });
        try
        {
            // On macOS a mode lasts only while the port is open, so it is set after opening.
            await SetModeAsync(port, cancellationToken);
            return new SerialLine(file);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <exception cref="IOException">The line is gone.</exception>
    public void Write(byte[] bytes)
    {
        try
        {
            _file.Write(bytes);
        }
        catch (ObjectDisposedException problem)
        {
            throw new IOException("the port was closed", problem);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // A read that is under way would keep the port, and its lock, for a moment longer.
        _isClosed = true;
        _reader.Join(TimeSpan.FromMilliseconds(10 * ReadMilliseconds));
        _file.Dispose();
    }

    private static async Task SetModeAsync(string port, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows()
            ? new("mode", [$"{port}:", $"BAUD={Baud}", "PARITY=N", "DATA=8", "STOP=1", "TO=ON", "DTR=OFF", "RTS=OFF"])
            : new("stty", [OperatingSystem.IsMacOS() ? "-f" : "-F", port, Baud, "raw", "-echo", "clocal", "-hupcl", "min", "0", "time", "1"]);
        start.UseShellExecute = false;
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        using Process process = Process.Start(start) ?? throw new IOException($"{start.FileName} could not be started");
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new IOException($"{start.FileName} could not set its mode ({(errors + await output).Trim()})");
        }
    }

    private void ReadUntilClosed()
    {
        byte[] bytes = new byte[1024];
        int empty = 0;
        try
        {
            while (!_isClosed && empty < EmptyReadsOfALostLine)
            {
                long began = Stopwatch.GetTimestamp();
                int count = _file.Read(bytes);
                bool isEarly = count == 0 && Stopwatch.GetElapsedTime(began).TotalMilliseconds < ReadMilliseconds;
                empty = isEarly ? empty + 1 : 0;
                if (count > 0)
                {
                    _received.Writer.TryWrite(bytes[..count]);
                }
            }

            _received.Writer.TryComplete(new IOException("the line is gone"));
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            _received.Writer.TryComplete(new IOException("the line is gone", problem));
        }
    }
}
