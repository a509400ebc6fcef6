using System.Diagnostics;
using System.Globalization;

namespace DePin.Tools.Backend;

/// <summary>
/// A PostgreSQL server of a command's own, reached by a socket in its folder and by nothing else; its data goes away with it. The server refuses to
/// run as root, so root lends it the account that the package made.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Account = "postgres";
    private const string Superuser = "depin";
    private const string Apt = "apt-get install --no-install-recommends postgresql";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _programs;
    private readonly string _folder;
    private Process? _process;

    private PostgresServer(string programs, string folder)
    {
        _programs = programs;
        _folder = folder;
    }

    /// <summary>What Npgsql needs to reach it as somebody who may do everything.</summary>
    public string ConnectionString => $"Host={_folder};Username={Superuser};Database=postgres";

    /// <summary>Process id of the server that runs now.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Makes a server with default settings, which keep what they commit, and starts it.</summary>
    /// <exception cref="CommandException">PostgreSQL is not installed, or did not start; the sentence says which.</exception>
    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken)
    {
        // A socket's path may have 107 bytes, and the account must be let in: so neither in the command's folder nor in a temporary one of the caller's.
        var server = new PostgresServer(Programs(), Path.Combine("/tmp", $"depin-pg-{Guid.NewGuid():N}"[..20]));
        try
        {
            await RunAsync("install", IsRoot ? ["-d", "-m", "700", "-o", Account, "-g", Account, server._folder] : ["-d", "-m", "700", server._folder], cancellationToken);
            (string program, string[] arguments) = server.AsOwner("initdb", "-D", server.Data, "-U", Superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions");
            await RunAsync(program, arguments, cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same where it is wanted, else none.</summary>
    public static async Task<PostgresServer?> StartIfAsync(bool isWanted, CancellationToken cancellationToken) => isWanted ? await StartAsync(cancellationToken) : null;

    /// <summary>Makes a database and answers how Npgsql reaches it.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken, string name = "fleet")
    {
        await RunAsync(Path.Combine(_programs, "createdb"), ["-h", _folder, "-U", Superuser, name], cancellationToken);
        return $"Host={_folder};Username={Superuser};Database={name}";
    }

    /// <summary>Ends it and everything that it runs at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        // The backends of a killed postmaster end as soon as they notice; a new one waits for them.
        Processes.Signal(_process!.Id, Processes.KillAtOnce);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it on the data that is there, and waits until it answers.</summary>
    /// <exception cref="CommandException">It ended, or does not answer.</exception>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            _process ??= Launch();
            if (await AnswersAsync(cancellationToken))
            {
                return;
            }

            if (_process.HasExited)
            {
                // What is left of one that was killed still holds its memory: it goes away by itself.
                _process.Dispose();
                _process = null;
            }

            if (Stopwatch.GetElapsedTime(began) > StartLimit)
            {
                throw CommandException.Failed($"PostgreSQL did not start within {StartLimit.TotalSeconds:0} s: {await File.ReadAllTextAsync(Log, cancellationToken)}");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            // SIGINT: its fast shutdown.
            Processes.Signal(_process.Id, 2);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private string Data => Path.Combine(_folder, "data");

    private string Log => Path.Combine(_folder, "log");

    private Process Launch()
    {
        (string program, string[] arguments) = AsOwner("postgres", "-D", Data, "-k", _folder, "-c", "listen_addresses=", "-c", "max_connections=400");
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1", Log, program, .. arguments]) { UseShellExecute = false };
        return Process.Start(start)!;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(_programs, "pg_isready"), ["-q", "-h", _folder]) { UseShellExecute = false })!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0;
    }

    private (string Program, string[] Arguments) AsOwner(string name, params string[] arguments)
    {
        string program = Path.Combine(_programs, name);
        return IsRoot ? ("setpriv", ["--reuid", Account, "--regid", Account, "--clear-groups", program, .. arguments]) : (program, arguments);
    }

    // Debian keeps the server's programs beside the path, a folder for each version.
    private static string Programs()
    {
        const string Versions = "/usr/lib/postgresql";
        string? newest = Directory.Exists(Versions)
            ? Directory.GetDirectories(Versions).Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb"))).MaxBy(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out double version) ? version : 0)
            : null;
        return newest is null ? throw CommandException.Failed($"PostgreSQL is not installed here: {Apt}.") : Path.Combine(newest, "bin");
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(cancellationToken);
        string problem = await process.StandardError.ReadToEndAsync(cancellationToken);
        await said;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw CommandException.Failed($"{Path.GetFileName(program)} failed: {problem.Trim()}");
        }
    }
}
