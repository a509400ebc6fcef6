using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace DePin.Tools.Bench;

/// <summary>An <see cref="IdleCrowd"/> in a process of its own, since one process may not hold all sockets: 'depin bench hold', which is told by lines and answers by lines.</summary>
internal sealed class CrowdChild : IAsyncDisposable
{
    /// <summary>All come.</summary>
    public const string Open = "open";

    /// <summary>Says how they are.</summary>
    public const string Look = "look";

    /// <summary>All go.</summary>
    public const string Close = "close";

    /// <summary>Lamps that one holds: 20,000 open files are the limit of a process on many machines.</summary>
    public const int MostLamps = 19_000;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private CrowdChild(Process process) => _process = process;

    /// <summary>Starts one.</summary>
    /// <param name="logins">A file with a line "node id, blank, password" for each lamp.</param>
    /// <param name="first">Line of its first lamp, from 0.</param>
    /// <param name="count">Lamps.</param>
    /// <param name="gateway">Where they connect.</param>
    /// <param name="authority">The certificate authority that they trust; plain where null.</param>
    public static CrowdChild Start(string logins, int first, int count, IPEndPoint gateway, string? authority)
    {
        string[] trusting = authority is null ? [] : ["--authority", authority];
        var start = new ProcessStartInfo(Repository.Host, [Repository.OwnProgram, "bench", "hold", "--logins", logins, "--first", $"{first}", "--count", $"{count}", "--port", $"{gateway.Port}", .. trusting])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new CrowdChild(Process.Start(start) ?? throw CommandException.Failed("A process for idle lamps could not be started."));
    }

    /// <summary>Tells it what to do, and answers how the lamps are when it is done.</summary>
    /// <exception cref="CommandException">It ended; why, it said itself.</exception>
    public async Task<CrowdState> DoAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(what.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It is gone: its output ends.
        }

        string answer = await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw CommandException.Failed("A process with idle lamps ended before its time; what it said stands above.");
        return JsonSerializer.Deserialize<CrowdState>(answer, JsonSerializerOptions.Web)!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            // The end of its orders is its end.
            _process.StandardInput.Close();
            using var limit = new CancellationTokenSource(EndLimit);
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
