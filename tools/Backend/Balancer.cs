using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DePin.Tools.Backend;

/// <summary>A real HAProxy of a command's own before several instances: nodes by TCP, load generators too, pages and the API by HTTP, each instance asked twice a second whether it is ready.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private const string Apt = "apt-get install --no-install-recommends haproxy";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly string _configuration;
    private readonly int _figuresPort = FreePorts.Any();
    private readonly int? _plainPort;
    private Process? _process;

    private Balancer(string configuration, int nodesPort, int httpPort, int? plainPort)
    {
        _plainPort = plainPort;
        _configuration = configuration;
        NodesPort = nodesPort;
        HttpPort = httpPort;
    }

    /// <summary>Where nodes connect, over TLS that ends at the instance.</summary>
    public int NodesPort { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>Where load generators connect, without TLS.</summary>
    /// <exception cref="CommandException">The instances have no such port.</exception>
    public IPEndPoint RequirePlain() => new(IPAddress.Loopback, _plainPort ?? throw CommandException.Failed("The instances opened no plain port on loopback, which the load generator needs."));

    /// <summary>Where pages and the API are.</summary>
    public int HttpPort { get; }

    /// <summary>Starts one before instances that run.</summary>
    /// <exception cref="CommandException">HAProxy is not installed, or did not start.</exception>
    public static async Task<Balancer> StartAsync(string folder, IReadOnlyList<BackendAddresses> instances, CancellationToken cancellationToken)
    {
        bool isPlainToo = instances.All(instance => instance.MqttPlain is not null);
        var balancer = new Balancer(Path.Combine(folder, "haproxy.cfg"), FreePorts.Any(), FreePorts.Any(), isPlainToo ? FreePorts.Any() : null);
        var text = new StringBuilder($"""
            defaults
                timeout connect 2s
                timeout client 1h
                timeout server 1h
                timeout check 2s
                retries 5
                option redispatch 1
                default-server inter 500ms fall 2 rise 1

            """);
        ListenByTcp(text, "nodes", balancer.NodesPort, instances, instance => instance.MqttTls.Port);
        if (balancer._plainPort is { } plainPort)
        {
            ListenByTcp(text, "load", plainPort, instances, instance => instance.MqttPlain!.Port);
        }

        text.Append($"""
            listen pages
                mode http
                balance roundrobin
                bind 127.0.0.1:{balancer.HttpPort}
                option httpchk GET /health/ready
                retry-on conn-failure empty-response response-timeout
                cookie depin-at insert indirect nocache
                option allbackups

            """);
        foreach ((int i, BackendAddresses instance) in instances.Index())
        {
            // With none of them ready, people are sent to all of them, as by deploy/haproxy.cfg.
            int port = new Uri(instance.Http).Port;
            text.AppendLine($"    server i{i} 127.0.0.1:{port} check cookie i{i}").AppendLine($"    server anyway{i} 127.0.0.1:{port} backup");
        }

        text.Append($"""
            listen figures
                mode http
                bind 127.0.0.1:{balancer._figuresPort}
                stats enable
                stats uri /

            """);
        await File.WriteAllTextAsync(balancer._configuration, text.ToString(), cancellationToken);
        await balancer.StartAgainAsync(cancellationToken);
        return balancer;
    }

    /// <summary>Returns when it sees every instance as ready.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    public async Task SeesAllAsync(CancellationToken cancellationToken)
    {
        // A row for each: pxname, svname, …, the 18th is the status.
        using var client = new HttpClient();
        await Waiting.UntilAsync(
            async () => (await client.GetStringAsync($"http://127.0.0.1:{_figuresPort}/;csv", cancellationToken)).Split('\n').Select(row => row.Split(','))
                .Where(row => row.Length > 17 && row[1].StartsWith('i')).All(row => row[17] == "UP"),
            StartLimit, "HAProxy does not see all instances as ready", cancellationToken);
    }

    /// <summary>Ends it at once, and with it every connection.</summary>
    public async Task KillAsync()
    {
        Processes.Signal(_process!.Id, Processes.KillAtOnce);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it on the same ports.</summary>
    /// <exception cref="CommandException">It did not start.</exception>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        string log = _configuration + ".log";
        try
        {
            _process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec haproxy -db -f \"$0\" >>\"$1\" 2>&1", _configuration, log]) { UseShellExecute = false })!;
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            throw CommandException.Failed("There is no /bin/sh to start HAProxy with.", problem);
        }

        await Waiting.UntilAsync(
            () => _process.HasExited
                ? throw CommandException.Failed(_process.ExitCode == 127 ? $"HAProxy is not installed: {Apt}" : $"HAProxy ended with {_process.ExitCode}: {File.ReadAllText(log)}")
                : AcceptsAsync(HttpPort, cancellationToken),
            StartLimit, "HAProxy accepts no connection", cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }
    }

    private static void ListenByTcp(StringBuilder text, string name, int port, IReadOnlyList<BackendAddresses> instances, Func<BackendAddresses, int> portOf)
    {
        text.Append($"""
            listen {name}
                mode tcp
                balance leastconn
                bind 127.0.0.1:{port}
                option httpchk GET /health/ready

            """);
        foreach ((int i, BackendAddresses instance) in instances.Index())
        {
            text.AppendLine($"    server i{i} 127.0.0.1:{portOf(instance)} check port {new Uri(instance.Http).Port}");
        }
    }

    private static async Task<bool> AcceptsAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
