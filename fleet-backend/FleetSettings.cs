using DePin.Fleet.Api;
using DePin.Fleet.Crediting;
using DePin.Fleet.Gateway;
using DePin.Fleet.Notices;
using DePin.Fleet.Pairing;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using DePin.Fleet.Verification;
using DePin.Fleet.Watching;

namespace DePin.Fleet;

/// <summary>
/// Everything that can be set, with its default beside it. Values come from the file given with --settings, in JSON with these
/// names in camel case, then from the command line. <see cref="Checked"/> bounds every one of them.
/// </summary>
public sealed record FleetSettings
{
    /// <summary>Folder of the database, the keys and the token; made when missing. One backend at a time can use it.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>The PostgreSQL that holds the fleet, as a connection string of Npgsql; null for what the data folder remembers, or else SQLite in it.</summary>
    public string? Postgres { get; init; }

    /// <summary>Seconds for which a backend that is told to stop serves on and says that it is going, so that a balancer sends nobody to it any more; 0 without one.</summary>
    public int DrainSeconds { get; init; }

    /// <summary>Port of API and pages, 0 for any free one.</summary>
    public int HttpPort { get; init; } = 5080;

    /// <summary>Whether the HTTP port listens on every address of this machine instead of loopback only; for a proxy on another machine.</summary>
    public bool HttpListenOnAllAddresses { get; init; }

    /// <summary>How people reach the pages from elsewhere.</summary>
    public HttpsSettings Https { get; init; } = new();

    /// <summary>Port where nodes connect with TLS, on every address of this machine; 0 for any free one.</summary>
    public int MqttTlsPort { get; init; } = 8883;

    /// <summary>Port for MQTT without TLS, on loopback only; 0 for any free one, -1 for none.</summary>
    public int MqttPlainPort { get; init; } = 1883;

    /// <summary>File of a scaled clock to join, for demonstrations; null for the system's clock.</summary>
    public string? ClockFile { get; init; }

    /// <summary>Name of the log of proofs: a schema-less URL such as example.org/depin, that stays for the log's life.</summary>
    public string LogOrigin { get; init; } = "depin.local/log";

    /// <summary>Who outside signs the log's checkpoints beside it.</summary>
    public IReadOnlyList<WitnessSettings> Witnesses { get; init; } = [];

    /// <summary>Seconds from one showing of the log to its witnesses to the next.</summary>
    public int SecondsBetweenWitnessings { get; init; } = 60;

    /// <summary>From which level on events are logged: trace, debug, information, warning, error, critical or none.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>How nodes are let in and what a connection may do.</summary>
    public GatewaySettings Gateway { get; init; } = new();

    /// <summary>What a reading must fulfil.</summary>
    public VerificationSettings Verification { get; init; } = new();

    /// <summary>What a pairing begins with.</summary>
    public PairingSettings Pairing { get; init; } = new();

    /// <summary>Whose signatures let firmware out, and what sending it may cost.</summary>
    public UpdateSettings Updates { get; init; } = new();

    /// <summary>How people are told of what happens.</summary>
    public NoticeSettings Notices { get; init; } = new();

    /// <summary>What maps are drawn on.</summary>
    public MapSettings Map { get; init; } = new();

    /// <summary>What a credited reading is worth.</summary>
    public CreditingSettings Crediting { get; init; } = new();

    /// <summary>How much may be asked of the API.</summary>
    public ApiSettings Api { get; init; } = new();

    /// <summary>Where figures and traces go, and when it is warned of what runs out.</summary>
    public TelemetrySettings Telemetry { get; init; } = new();

    /// <summary>These settings, if every one is within its bounds.</summary>
    /// <exception cref="StartRefusedException">One is not; the message names it, its value and its bounds.</exception>
    public FleetSettings Checked()
    {
        if (Problem() is { } problem)
        {
            throw new StartRefusedException(problem);
        }

        return this;
    }

    private string? Problem()
    {
        if (string.IsNullOrWhiteSpace(DataFolder) || DataFolder.Contains('\0', StringComparison.Ordinal))
        {
            return "dataFolder must name a folder.";
        }

        if (LogOrigin.Length is 0 or > 100 || LogOrigin.Any(c => c is <= ' ' or '+' or > '~'))
        {
            return "logOrigin must have 1 to 100 printable ASCII characters without spaces and plus signs.";
        }

        if (DrainSeconds is < 0 or > 600)
        {
            return $"drainSeconds is {DrainSeconds}; it must be a number from 0 to 600.";
        }

        if (SecondsBetweenWitnessings is < 1 or > 3600)
        {
            return $"secondsBetweenWitnessings is {SecondsBetweenWitnessings}; it must be a number from 1 to 3600.";
        }

        if (Postgres is not null && PostgresName.Problem(Postgres) is { } noDatabase)
        {
            return noDatabase;
        }

        return PortProblem("httpPort", HttpPort, 0)
            ?? PortProblem("mqttTlsPort", MqttTlsPort, 0)
            ?? PortProblem("mqttPlainPort", MqttPlainPort, -1)
            ?? SamePortProblem()
            ?? Https.Problem()
            ?? OpenHttpProblem()
            ?? WitnessSettings.Problem(Witnesses)
            ?? Gateway.Problem()
            ?? Verification.Problem()
            ?? Pairing.Problem()
            ?? Updates.Problem()
            ?? Notices.Problem()
            ?? Map.Problem()
            ?? Crediting.Problem()
            ?? Api.Problem()
            ?? Telemetry.Problem();
    }

    private static string? PortProblem(string name, int port, int lowest) =>
        port < lowest || port > 65535 ? $"{name} is {port}; it must be a number from {lowest} to 65535." : null;

    // Passwords would cross the network for everybody to read.
    private string? OpenHttpProblem() => HttpListenOnAllAddresses && !(Https.BehindProxy && Https.KnownProxies.Count > 0)
        ? "httpListenOnAllAddresses is for a proxy on another machine: set https.behindProxy and name it in https.knownProxies. To be reached directly set https.certificateFile and https.keyFile; without either, pages stay on loopback."
        : null;

    private string? SamePortProblem()
    {
        int[] ports = [HttpPort, MqttTlsPort, MqttPlainPort, Https.CertificateFile is null ? 0 : Https.Port];
        return ports.Where(port => port > 0).GroupBy(port => port).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? $"port {twice.Key} is given to two of httpPort, https.port, mqttTlsPort and mqttPlainPort; each needs its own."
            : null;
    }
}
