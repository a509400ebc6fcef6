using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DePin.Fleet.Ingest;
using DePin.Fleet.Watching;
using DePin.Tests.Support;
using DePin.Tests.Updates;

namespace DePin.Tests.Watching;

/// <summary>What the backend tells of itself to those who watch it.</summary>
public sealed partial class TelemetryTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Metrics_and_traces_come_by_otlp_and_hold_no_secret()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync();
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Telemetry = new TelemetrySettings { OtlpEndpoint = receiver.Address, ExportSeconds = 1, TracedPermille = 1000 } });
        using var node = new TestNode();
        var sink = new CollectingSink(backend.Part<IngestPipeline>(), await backend.RegisterAsync(node), node.Session);
        await sink.AskAsync(node.SignNext());
        using var stranger = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        await stranger.GetAsync("/join/SECRETSECRETSECRET", Cancel);
        string[] expected =
        [
            "ingest.batches.stored", "ingest.messages.rejected", "ingest.answer.duration", "ingest.messages.waiting", "verdicts.backlog", "ledger.lag", "gateway.connections", "gateway.nodes.online", "store.jobs.waiting",
            "tickets.open", "payouts.locked", "http.server.request.duration",
        ];
        await Eventually.HoldsAsync(() => expected.All(name => receiver.Metrics.GetValueOrDefault(name) > 0), $"all of {string.Join(", ", expected)} came", 60);
        await Eventually.HoldsAsync(() => receiver.Spans.ContainsKey("POST /api/nodes") && receiver.Spans.ContainsKey("GET /join/{secret}"), "the requests were traced", 60);
        Assert.DoesNotContain(receiver.Texts, text => text.Contains("SECRETSECRET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_dashboard_shows_only_what_is_measured()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        var names = new HashSet<string>(["http_server_request_duration_seconds_bucket"], StringComparer.Ordinal);
        using (var listener = new MeterListener { InstrumentPublished = (instrument, _) => Add(names, instrument) })
        {
            listener.Start();
        }

        JsonNode dashboard = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "fleet-backend", "grafana-dashboard.json"), Cancel))!;
        string[] used = [.. dashboard["panels"]!.AsArray().SelectMany(panel => panel!["targets"]!.AsArray()).SelectMany(target => Names().Matches((string)target!["expr"]!).Select(match => match.Value)).Distinct(StringComparer.Ordinal)];
        Assert.True(used.Length > 18, string.Join(' ', used));
        Assert.All(used, name => Assert.True(names.Contains(name), $"the dashboard asks for {name}, which nobody measures; there are {string.Join(' ', names.Order(StringComparer.Ordinal))}"));
    }

    [Fact]
    public async Task What_runs_out_soon_is_said_by_the_health_page_and_once_a_day_as_an_event()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=fleet.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(5));
        await File.WriteAllTextAsync(_temporary.File("full.pem"), certificate.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(_temporary.File("key.pem"), key.ExportPkcs8PrivateKeyPem(), Cancel);
        using var keys = new ReleaseKeys(2);
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with
        {
            Https = settings.Https with { CertificateFile = _temporary.File("full.pem"), KeyFile = _temporary.File("key.pem"), Port = 0 },
            Updates = settings.Updates with { ReleaseKeys = keys.Hex },
        });
        byte[] bundle = RandomNumberGenerator.GetBytes(1000);
        using HttpResponseMessage uploaded = await backend.Http.PostAsync("/api/artifacts", new ByteArrayContent(bundle), Cancel);
        long soon = DateTimeOffset.UtcNow.AddDays(10).ToUnixTimeSeconds();
        using HttpResponseMessage published = await backend.Http.PostAsync("/api/releases?recordRunning=true", new ByteArrayContent(keys.Release(bundle, manifest => manifest.ExpiresUnixSeconds = soon)), Cancel);
        Assert.True(published.IsSuccessStatusCode, await published.Content.ReadAsStringAsync(Cancel));

        string health = await backend.Http.GetStringAsync("/health", Cancel);
        Assert.Contains("soon: the certificate of the pages ends", health, StringComparison.Ordinal);
        Assert.Contains("soon: release 2026.10 ends", health, StringComparison.Ordinal);
        ExpiryWatch watch = backend.Part<ExpiryWatch>();
        await watch.LookAsync();
        Assert.Equal(0, await watch.LookAsync());
        JsonArray events = JsonNode.Parse(await backend.Http.GetStringAsync("/api/events?limit=1000", Cancel))!["items"]!.AsArray();
        Assert.Equal(2, events.Count(made => (string?)made!["kind"] == "runs out"));
    }

    // As the usual way from OTLP to Prometheus names it.
    private static void Add(HashSet<string> names, Instrument instrument)
    {
        if (instrument.Meter.Name != FleetGauges.MeterName)
        {
            return;
        }

        string name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "");
        Type kind = instrument.GetType().GetGenericTypeDefinition();
        names.Add(kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? name + "_total" : kind == typeof(Histogram<>) ? name + "_bucket" : name);
    }

    [GeneratedRegex(@"\b(?!(?:rate|sum|by|le|increase|histogram_quantile|reason|http_route)\b)[a-z]+(_[a-z]+)+\b")]
    private static partial Regex Names();
}
