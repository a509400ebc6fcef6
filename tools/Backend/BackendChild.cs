using System.Diagnostics;
using DePin.Tools.Api;

namespace DePin.Tools.Backend;

/// <summary>
/// The real backend as a process of its own. It lives in a session of its own, so that Ctrl-C in the terminal reaches only this
/// program, which then stops the backend in order. What it logs goes to backend.log in its data folder.
/// </summary>
internal sealed class BackendChild : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    // Above the drainSeconds of a cluster and what the backend gives to requests that are under way.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    private readonly Process _process;
    private bool _isDisposed;

    private BackendChild(Process process, BackendOptions options, BackendAddresses addresses)
    {
        _process = process;
        Options = options;
        Addresses = addresses;
    }

    /// <summary>How it was started.</summary>
    public BackendOptions Options { get; }

    /// <summary>Where it listens.</summary>
    public BackendAddresses Addresses { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether it ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Its log.</summary>
    public string LogFile => LogFileOf(Options.DataFolder);

    /// <summary>Starts a backend and waits until it listens.</summary>
    /// <exception cref="CommandException">It did not come up, or another one uses the folder; the sentence says which.</exception>
    public static async Task<BackendChild> StartAsync(BackendOptions options, CancellationToken cancellationToken)
    {
        RequireFree(options.DataFolder);
        Directory.CreateDirectory(options.DataFolder);
        await options.NameDatabaseAsync(cancellationToken);
        await ApiTokenFile.EnsureAsync(options.DataFolder, ApiTokenFile.Person, cancellationToken);

        // What a killed backend left behind must not be taken for the new one's.
        File.Delete(Path.Combine(options.DataFolder, "addresses.json"));
        Process process = Launch(options);
        try
        {
            return new BackendChild(process, options, await WaitForAddressesAsync(process, options, cancellationToken));
        }
        catch
        {
            Processes.Signal(process.Id, Processes.KillAtOnce);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Throws when another backend uses the folder.</summary>
    /// <exception cref="CommandException">One does.</exception>
    public static void RequireFree(string dataFolder)
    {
        if (BackendAddresses.Read(dataFolder) is { IsAlive: true } running)
        {
            throw CommandException.WrongInput(
                $"A backend (process {running.ProcessId}) already runs on {dataFolder}: stop it with 'kill {running.ProcessId}', or choose another folder with --data.");
        }
    }

    /// <summary>Throws when it ended by itself.</summary>
    /// <exception cref="CommandException">It did.</exception>
    public void RequireAlive()
    {
        if (_process.HasExited)
        {
            throw CommandException.Failed($"The backend ended by itself (exit code {_process.ExitCode}). What was stored is kept; {LogFile} says why: {LastWords(LogFile)}");
        }
    }

    /// <summary>Stops it where it still runs, and starts another on its data and its ports, where nodes and readers look for it; by another clock where one is named.</summary>
    /// <exception cref="CommandException">The other one did not come up.</exception>
    public async Task<BackendChild> StartAgainAsync(CancellationToken cancellationToken, string? clockFile = null)
    {
        await DisposeAsync();
        return await StartAsync(
            Options with { HttpPort = new Uri(Addresses.Http).Port, MqttTlsPort = Addresses.MqttTls.Port, MqttPlainPort = Addresses.MqttPlain?.Port ?? -1, ClockFile = clockFile ?? Options.ClockFile }, cancellationToken);
    }

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        Processes.Signal(_process.Id, Processes.KillAtOnce);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and SIGKILL for one that does not stop; how long it took.</summary>
    public async Task<TimeSpan> StopAsync()
    {
        long began = Stopwatch.GetTimestamp();
        if (!_process.HasExited)
        {
            Processes.Signal(_process.Id, Processes.Terminate);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }

        return Stopwatch.GetElapsedTime(began);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Where no other came up in its place, its owner disposes of it once more.
        if (!_isDisposed)
        {
            await StopAsync();
            _process.Dispose();
            _isDisposed = true;
        }
    }

    private static Process Launch(BackendOptions options)
    {
        // The shell only opens the log and then becomes the backend: nothing of ours stands between it and its log.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("(umask 077; : >>\"$BACKEND_LOG\"); exec \"$@\" >>\"$BACKEND_LOG\" 2>&1 </dev/null");
        start.ArgumentList.Add("sh");
        if (File.Exists("/usr/bin/setsid"))
        {
            start.ArgumentList.Add("/usr/bin/setsid");
        }

        start.ArgumentList.Add(Repository.Host);
        foreach (string argument in options.Arguments())
        {
            start.ArgumentList.Add(argument);
        }

        // How this program uses its sockets is not the backend's business.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("DOTNET_SYSTEM_NET_SOCKETS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["BACKEND_LOG"] = LogFileOf(options.DataFolder);
        return Process.Start(start) ?? throw CommandException.Failed("The backend could not be started: /bin/sh did not run.");
    }

    private static async Task<BackendAddresses> WaitForAddressesAsync(Process process, BackendOptions options, CancellationToken cancellationToken)
    {
        string log = LogFileOf(options.DataFolder);
        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Look);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (BackendAddresses.Read(options.DataFolder) is { } addresses && addresses.ProcessId == process.Id)
            {
                return addresses;
            }

            if (process.HasExited)
            {
                throw CommandException.Failed($"The backend did not start (exit code {process.ExitCode}); {log} says why: {LastWords(log)}");
            }

            if (Stopwatch.GetElapsedTime(began) > StartLimit)
            {
                throw CommandException.Failed($"The backend did not listen within {StartLimit.TotalSeconds:0} s; {log} says how far it came: {LastWords(log)}");
            }
        }

        throw new OperationCanceledException(cancellationToken);
    }

    private static string LogFileOf(string dataFolder) => Path.Combine(dataFolder, "backend.log");

    private static string LastWords(string log)
    {
        const int Longest = 400;
        string last = File.Exists(log) ? File.ReadLines(log).LastOrDefault(line => line.Trim().Length > 0) ?? "" : "";
        last = last.Trim();
        return last.Length == 0 ? "it is empty." : last[..Math.Min(last.Length, Longest)];
    }
}
