using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DePin.Contracts.Identity;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Signed readings taken as it is usually done: mosquitto, and behind it a Python script (usual_way.py) that checks each signature and inserts row by row, one commit a
/// batch, before it answers. Lamps, batches and end of the measurement are those of the backend. Left out, in its favour: logins and TLS, the node's chain, seals on
/// receipts, verdicts, credit and proofs.
/// </summary>
internal sealed class UsualWay : IAsyncDisposable
{
    private const string Script = "usual_way.py", Python = "/usr/bin/python3";

    private static readonly string[] BrokerPlaces = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"];
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _broker;
    private readonly Process _script;

    private UsualWay(Process broker, Process script, int port)
    {
        _broker = broker;
        _script = script;
        Gateway = new IPEndPoint(IPAddress.Loopback, port);
    }

    /// <summary>Where the broker listens.</summary>
    public IPEndPoint Gateway { get; }

    /// <summary>Processor time of broker and script so far, seconds; that of a database server is not in it.</summary>
    public double CpuSeconds => Processes.CpuSeconds(_broker.Id) + Processes.CpuSeconds(_script.Id);

    /// <summary>Throws where a part is not installed, before anything is measured.</summary>
    /// <exception cref="CommandException">It names what to install.</exception>
    public static void RequireInstalled(bool onPostgres)
    {
        const string Apt = "apt-get install --no-install-recommends mosquitto python3-paho-mqtt python3-cbor2 python3-cryptography python3-psycopg2";
        if (BrokerProgram is null)
        {
            throw CommandException.Failed($"mosquitto is not installed here: {Apt}.");
        }

        string modules = $"import paho.mqtt.client, cbor2, cryptography{(onPostgres ? ", psycopg2" : "")}";
        using Process? python = File.Exists(Python) ? Process.Start(new ProcessStartInfo(Python, ["-c", modules]) { UseShellExecute = false, RedirectStandardError = true }) : null;
        string problem = python?.StandardError.ReadToEnd().Trim().Split('\n')[^1] ?? $"{Python} is missing";
        python?.WaitForExit();
        if (python is not { ExitCode: 0 })
        {
            throw CommandException.Failed($"The script of the usual way cannot run here ({problem}): {Apt}.");
        }
    }

    /// <summary>Starts both on a free port, with an empty table in a new file of SQLite or in an empty database of PostgreSQL.</summary>
    /// <exception cref="CommandException">One did not start; the sentence holds its own words.</exception>
    public static async Task<UsualWay> StartAsync(IReadOnlyList<SignedHistory> histories, string folder, string? postgres, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string keys = Path.Combine(folder, "keys.txt"), settings = Path.Combine(folder, "mosquitto.conf");
        int port = FreePorts.Any();
        await File.WriteAllLinesAsync(keys, histories.Select(history => $"{Hex.Lower(history.Lamp.Id.ToBytes())} {Hex.Lower(history.Lamp.PublicKey)}"), cancellationToken);

        // Without a limit, since what waits is never more than one batch of each lamp: the usual 1,000 would lose some where there are more lamps.
        await File.WriteAllTextAsync(settings, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nlog_dest none\n", cancellationToken);
        Process broker = Process.Start(new ProcessStartInfo(BrokerProgram!, ["-c", settings]) { UseShellExecute = false })!;
        Process? script = null;
        try
        {
            await Waiting.UntilAsync(() => broker.HasExited ? throw CommandException.Failed("mosquitto ended at its start.") : Listens(port), StartLimit, "mosquitto did not listen", cancellationToken);
            string[] database = postgres is null ? ["--sqlite", Path.Combine(folder, "readings.db")] : ["--postgres", Libpq(postgres)];
            string program = Path.Combine(Repository.Root, "tools", "Bench", Script);
            script = Process.Start(new ProcessStartInfo(Python, [program, "--port", $"{port}", "--keys", keys, .. database]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            string? said = await script.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(StartLimit, cancellationToken);
            return said == "ready" ? new UsualWay(broker, script, port) : throw CommandException.Failed($"{Script} did not start: {(await script.StandardError.ReadToEndAsync(cancellationToken)).Trim()}");
        }
        catch
        {
            await EndAsync(script);
            await EndAsync(broker);
            throw;
        }
    }

    /// <summary>Ends the script in order; the rows in its table.</summary>
    /// <exception cref="CommandException">It refused a batch or failed; the sentence holds its own words.</exception>
    public async Task<long> StopAsync(CancellationToken cancellationToken)
    {
        Processes.Signal(_script.Id, Processes.Terminate);
        string said = (await _script.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
        return long.TryParse(said, CultureInfo.InvariantCulture, out long rows) ? rows : throw CommandException.Failed($"{Script}: {said} {(await _script.StandardError.ReadToEndAsync(cancellationToken)).Trim()}");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_script);
        await EndAsync(_broker);
    }

    private static string? BrokerProgram => Array.Find(BrokerPlaces, File.Exists);

    private static async Task EndAsync(Process? process)
    {
        if (process is { HasExited: false })
        {
            Processes.Signal(process.Id, Processes.KillAtOnce);
            await process.WaitForExitAsync();
        }

        process?.Dispose();
    }

    private static bool Listens(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Libpq(string npgsql)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = npgsql };
        return $"host={parts["Host"]} user={parts["Username"]} dbname={parts["Database"]}";
    }
}
