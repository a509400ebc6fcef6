using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DePin.Fleet;

/// <summary>Where the backend listens; the ports are known once it has started. Written to DATA/addresses.json while it does.</summary>
public sealed class Listening
{
    private const string FileName = "addresses.json";

    // The longest upload is a file of payout results, 8 MiB.
    private const long MostRequestBytes = 9 * 1024 * 1024;

    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(21);

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly FleetSettings _settings;
    private ListenOptions? _http;
    private ListenOptions? _https;
    private ListenOptions? _mqttTls;
    private ListenOptions? _mqttPlain;

    internal Listening(FleetSettings settings)
    {
        _settings = settings;
        Certificate = PageCertificate.Open(settings.Https);
    }

    /// <summary>Port of API and pages.</summary>
    public int HttpPort => PortOf(_http);

    /// <summary>Port of API and pages with HTTPS, or null where there is none.</summary>
    public int? HttpsPort => _https is null ? null : PortOf(_https);

    /// <summary>The certificate of the pages, or null.</summary>
    public PageCertificate? Certificate { get; private init; }

    /// <summary>Port for nodes, with TLS.</summary>
    public int MqttTlsPort => PortOf(_mqttTls);

    /// <summary>Port for MQTT without TLS, or null where there is none.</summary>
    public int? MqttPlainPort => _mqttPlain is null ? null : PortOf(_mqttPlain);

    /// <summary>Says where to listen and what speaks there.</summary>
    internal void Configure(KestrelServerOptions kestrel, Action<ListenOptions> onMqttTls, Action<ListenOptions> onMqttPlain)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MostRequestBytes;
        Listen(kestrel, _settings.HttpPort, _settings.HttpListenOnAllAddresses, options => _http = options);
        if (Certificate is { } certificate)
        {
            Listen(kestrel, _settings.Https.Port, everywhere: true, options =>
            {
                _https = options;
                options.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = certificate.Current(),
                        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    }),
                });
            });
        }

        Listen(kestrel, _settings.MqttTlsPort, everywhere: true, options => onMqttTls(_mqttTls = options));
        if (_settings.MqttPlainPort >= 0)
        {
            Listen(kestrel, _settings.MqttPlainPort, everywhere: false, options => onMqttPlain(_mqttPlain = options));
        }
    }

    /// <summary>Tells tools where to connect, and the log who can.</summary>
    internal void Announce(DataFolder folder, ILogger log)
    {
        var addresses = new
        {
            Http = $"http://127.0.0.1:{HttpPort}",
            Https = HttpsPort is { } https ? new { Port = https } : null,
            MqttTls = new { Host = "127.0.0.1", Port = MqttTlsPort },
            MqttPlain = MqttPlainPort is { } plain ? new { Host = "127.0.0.1", Port = plain } : null,
            Environment.ProcessId,
        };
        folder.WritePrivate(FileName, JsonSerializer.SerializeToUtf8Bytes(addresses, Options));
        log.LogInformation(
            "API and pages on {Http}; {Https}. Nodes with TLS on port {TlsPort}, every address of this machine; MQTT without TLS {Plain}.",
            addresses.Http,
            HttpsStanding(DateTimeOffset.UtcNow),
            MqttTlsPort,
            MqttPlainPort is { } port ? $"on 127.0.0.1:{port}, this machine only" : "off");
    }

    /// <summary>How people reach the pages, and until when, in a sentence.</summary>
    internal string HttpsStanding(DateTimeOffset now) =>
        Certificate is { } certificate
            ? $"HTTPS on port {HttpsPort}, every address of this machine, with a certificate that ends {certificate.Ends:yyyy-MM-dd HH:mm} UTC{(certificate.Ends - now < RenewBefore ? $", in {Math.Max(0, (certificate.Ends - now).Days)} days: renew it" : "")}"
                + (certificate.Problem is { } problem ? $"; its newer files cannot be used: {problem}" : "")
        : _settings.Https.BehindProxy ? "HTTPS by a proxy; its certificate is the proxy's to watch"
        : "this machine only, without HTTPS; set https.certificateFile and https.keyFile, or https.behindProxy, to be reached from elsewhere";

    /// <summary>Takes the announcement back.</summary>
    internal static void Withdraw(DataFolder folder) => File.Delete(folder.FileOf(FileName));

    private static void Listen(KestrelServerOptions kestrel, int port, bool everywhere, Action<ListenOptions> configure)
    {
        if (everywhere)
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.Listen(IPAddress.Loopback, port, configure);
        }
    }

    private static int PortOf(ListenOptions? options) => options?.IPEndPoint?.Port ?? 0;
}
