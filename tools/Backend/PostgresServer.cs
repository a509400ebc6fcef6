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
    private const int SmallDiskMebibytes = 768;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _programs;
    private readonly string _folder;
    private readonly string _name;
    private Process? _process;

    private PostgresServer(string programs, string folder, string name)
    {
        _programs = programs;
        _folder = folder;
        _name = name;
    }

    /// <summary>What Npgsql needs to reach it as somebody who may do everything.</summary>
    public string ConnectionString => To(_folder, "postgres");

    /// <summary>Its name among others, by which they know it as a standby.</summary>
    public string Name => _name;

    /// <summary>The small disk that its data lies on; null where it has none, or none could be mounted.</summary>
    public SmallDisk? Disk { get; private set; }

    /// <summary>Process id of the server that runs now.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Makes a server with default settings, which keep what they commit, and starts it; on a small disk where that is asked for and allowed.</summary>
    /// <exception cref="CommandException">PostgreSQL is not installed, or did not start; the sentence says which.</exception>
    public static Task<PostgresServer> StartAsync(CancellationToken cancellationToken, string name = "alone", bool onSmallDisk = false) => StartAsync(
        name, onSmallDisk, server => server.OwnerRunsAsync(cancellationToken, "initdb", "-D", server.Data, "-U", Superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"), cancellationToken);

    /// <summary>Makes a server that follows this one, and starts it; on a small disk of its own where this one is.</summary>
    /// <exception cref="CommandException">It did not start.</exception>
    public Task<PostgresServer> StartStandbyAsync(string name, CancellationToken cancellationToken) => StartAsync(name, Disk is not null, server => server.CopyAsync(this, cancellationToken), cancellationToken);

    /// <summary>The same where it is wanted, else none.</summary>
    public static async Task<PostgresServer?> StartIfAsync(bool isWanted, CancellationToken cancellationToken) => isWanted ? await StartAsync(cancellationToken) : null;

    /// <summary>A new database of a server; none where there is no server, so that SQLite serves.</summary>
    public static async Task<string?> CreateDatabaseIfAsync(PostgresServer? server, CancellationToken cancellationToken, string name = "fleet") =>
        server is null ? null : await server.CreateDatabaseAsync(cancellationToken, name);

    /// <summary>Makes a database and answers how Npgsql reaches it.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken, string name = "fleet")
    {
        await RunAsync(Path.Combine(_programs, "createdb"), ["-h", _folder, "-U", Superuser, name], cancellationToken);
        return To(_folder, name);
    }

    /// <summary>How Npgsql reaches a database on whichever of two servers is the primary.</summary>
    public string OrOther(PostgresServer other, string database) => To($"{_folder},{other._folder}", database);

    /// <summary>Runs statements, each by itself, and answers what the last one found.</summary>
    public async Task<string> AskAsync(CancellationToken cancellationToken, params string[] statements) =>
        (await RunAsync(Path.Combine(_programs, "psql"), ["-qXAt", "-v", "ON_ERROR_STOP=1", "-h", _folder, "-U", Superuser, "-d", "postgres", .. statements.SelectMany(statement => (string[])["-c", statement])], cancellationToken)).Trim();

    /// <summary>Ends it and everything that it runs at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        // Standing still it starts no more; left alone, those that it runs would go on until they notice.
        Processes.Signal(_process!.Id, Processes.Freeze);
        Array.ForEach([.. Processes.ChildrenOf(_process.Id), _process.Id], id => Processes.Signal(id, Processes.KillAtOnce));
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>In the place of one that was killed and is lost, starts a server that has nothing of it and follows another.</summary>
    /// <exception cref="CommandException">It did not start.</exception>
    public async Task FollowAsync(PostgresServer primary, CancellationToken cancellationToken)
    {
        Directory.Delete(Data, recursive: true);
        await CopyAsync(primary, cancellationToken);
        await StartAgainAsync(cancellationToken);
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
                // What is left of one that was killed may still hold its memory: it goes away by itself.
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
        Disk?.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string To(string hosts, string database) => $"Host={hosts};Username={Superuser};Database={database}";

    private static async Task<PostgresServer> StartAsync(string name, bool onSmallDisk, Func<PostgresServer, Task> fill, CancellationToken cancellationToken)
    {
        // A socket's path may have 107 bytes, and the account must be let in: so not in the command's folder, and in a temporary one of the caller's only where it is everybody's.
        string place = Path.GetTempPath() is { Length: <= 64 } temporary && !OperatingSystem.IsWindows() && File.GetUnixFileMode(temporary).HasFlag(UnixFileMode.OtherExecute) ? temporary : "/tmp";
        var server = new PostgresServer(Programs(), Path.Combine(place, $"depin-pg-{Guid.NewGuid():N}"[..20]), name);
        try
        {
            await RunAsync("install", IsRoot ? ["-d", "-m", "700", "-o", Account, "-g", Account, server._folder] : ["-d", "-m", "700", server._folder], cancellationToken);
            if (onSmallDisk && await SmallDisk.MountAsync(server._folder, SmallDiskMebibytes, cancellationToken) is { } disk)
            {
                server.Disk = disk;
                await RunAsync("chown", [$"{Account}:{Account}", server._folder], cancellationToken);
            }

            await fill(server);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private Task CopyAsync(PostgresServer primary, CancellationToken cancellationToken) =>
        OwnerRunsAsync(cancellationToken, "pg_basebackup", "-D", Data, "-h", primary._folder, "-U", Superuser, "-R", "-c", "fast");

    private async Task OwnerRunsAsync(CancellationToken cancellationToken, string name, params string[] given)
    {
        (string program, string[] arguments) = AsOwner(name, given);
        await RunAsync(program, arguments, cancellationToken);
    }

    private static bool IsRoot => Environment.UserName == "root";

    private string Data => Path.Combine(_folder, "data");

    private string Log => Path.Combine(_folder, "log");

    private Process Launch()
    {
        string[] small = Disk is null ? [] : ["-c", "max_wal_size=128MB"];

        // A standby looks for a primary that was away every second, as in deploy/postgresql.conf: commits wait for it.
        (string program, string[] arguments) = AsOwner(
            "postgres",
            ["-D", Data, "-k", _folder, "-c", "listen_addresses=", "-c", "max_connections=400", "-c", $"cluster_name={_name}", "-c", "wal_keep_size=256MB", "-c", "wal_retrieve_retry_interval=1s", .. small]);
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

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(cancellationToken);
        string problem = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? await said : throw CommandException.Failed($"{Path.GetFileName(program)} failed: {problem.Trim()}");
    }
}
