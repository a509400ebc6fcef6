using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using DePin.Fleet.Api;
using DePin.Fleet.Approvals;
using DePin.Fleet.Boards;
using DePin.Fleet.Care;
using DePin.Fleet.Crediting;
using DePin.Fleet.Gateway;
using DePin.Fleet.Homes;
using DePin.Fleet.Ingest;
using DePin.Fleet.Instances;
using DePin.Fleet.Ledger;
using DePin.Fleet.Money;
using DePin.Fleet.Moving;
using DePin.Fleet.Nodes;
using DePin.Fleet.Notices;
using DePin.Fleet.Overview;
using DePin.Fleet.Pairing;
using DePin.Fleet.People;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using DePin.Fleet.Watching;
using DePin.Fleet.Web;
using Microsoft.AspNetCore.HttpOverrides;

namespace DePin.Fleet;

/// <summary>
/// The whole backend, composed on one screen: what is stored and by whom, what is asked of it, and where it listens.
/// Parts are made and handed in here; they stop in the reverse order.
/// </summary>
public sealed class FleetBackend : IAsyncDisposable
{
    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly StoreWriter _ingestWriter;
    private readonly WebApplication _app;
    private bool _isDisposed;

    private FleetBackend(DataFolder folder, Database database, StoreWriter writer, StoreWriter ingestWriter, Listening listening, WebApplication app)
    {
        _folder = folder;
        _database = database;
        _writer = writer;
        _ingestWriter = ingestWriter;
        _app = app;
        Listening = listening;
    }

    /// <summary>Where it listens, once started.</summary>
    public Listening Listening { get; }

    /// <summary>The parts, for tests and for capabilities that need one another.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Opens the data folder and puts the parts together; nothing listens yet.</summary>
    /// <exception cref="StartRefusedException">Something a person must put right first; what was opened is closed again.</exception>
    public static FleetBackend Create(FleetSettings settings, TimeProvider time)
    {
        DataFolder folder = DataFolder.Open(settings.Checked().DataFolder);
        Database? database = null;
        StoreWriter? writer = null;
        StoreWriter? ingestWriter = null;
        try
        {
            Listening.Withdraw(folder);
            database = Database.Open(folder, time, settings.Postgres);
            writer = new StoreWriter(database);
            ingestWriter = StoreWriter.ForIngest(database, writer);
            var listening = new Listening(settings);
            return new FleetBackend(folder, database, writer, ingestWriter, listening, Compose(settings, time, folder, database, writer, ingestWriter, listening));
        }
        catch
        {
            database?.Dispose();
            ingestWriter?.Dispose();
            writer?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Starts listening, and returns.</summary>
    /// <exception cref="StartRefusedException">A port is taken or not allowed.</exception>
    public async Task StartAsync()
    {
        try
        {
            await _app.StartAsync();
        }
        catch (Exception problem) when (problem is IOException or System.Net.Sockets.SocketException)
        {
            throw new StartRefusedException($"The backend cannot listen: {problem.Message.TrimEnd('.')}. Choose another port.", problem);
        }

        Listening.Certificate?.LogTo(_app.Logger);
        await _app.Services.GetRequiredService<FirstAdministrator>().OfferAsync($"http://localhost:{Listening.HttpPort}");
        _app.Logger.LogInformation("Data in {Folder}, database {Database}.", _folder.Path, _database.Description);
        Listening.Announce(_folder, _app.Logger);
    }

    /// <summary>Starts, and returns after SIGINT or SIGTERM, when everything is stopped.</summary>
    public async Task RunAsync()
    {
        await StartAsync();
        await _app.WaitForShutdownAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _app.StopAsync();
        await _app.DisposeAsync();
        _database.Dispose();
        _ingestWriter.Dispose();
        _writer.Dispose();
        Listening.Withdraw(_folder);
        _folder.Dispose();
    }

    private static WebApplication Compose(
        FleetSettings settings, TimeProvider time, DataFolder folder, Database database, StoreWriter writer, StoreWriter ingestWriter, Listening listening)
    {
        // Settings come from SettingsReader alone: no appsettings.json, no environment, no folder of the caller's.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.SetMinimumLevel(settings.LogLevel);
        builder.Logging.AddFilter("Microsoft", (LogLevel)Math.Max((int)LogLevel.Warning, (int)settings.LogLevel));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.DrainSeconds) + Draining.Finishing);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        });
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddPeople(folder, database.IsShared, time);
        builder.Services.AddMetrics();
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails();
        builder.Services.AddRazorComponents();
        builder.Services.AddApi();
        builder.Services.AddTelemetry(settings.Telemetry);
        builder.Services.AddSingleton<Expiries>().AddDuty<ExpiryWatch>();
        builder.Services
            .AddSingleton(settings).AddSingleton(settings.Map).AddSingleton(settings.Verification).AddSingleton(settings.Crediting)
            .AddSingleton(time).AddSingleton(folder).AddSingleton(database).AddSingleton(writer).AddSingleton(listening);
        var directory = new NodeDirectory();
        NodeRegistry registry = NodeRegistry.Open(folder, database, writer, directory, time);
        builder.Services.AddSingleton(directory).AddSingleton(_ => registry).AddSingleton<NodePresence>();
        builder.Services.AddSingleton<IngestMetrics>().AddSingleton(provider => ActivatorUtilities.CreateInstance<IngestPipeline>(provider, ingestWriter));
        builder.Services.AddGateway(settings.Gateway);
        builder.Services.AddDuty<Bookkeeper>().AddDuty<Settlement>().AddDuty<FleetWatch>().AddDuty<ProofLog>().AddDuty<Witnessing>().AddDuty<PartitionKeeper>();
        builder.Services.AddSingleton<HeldNodes>().AddHostedService(provider => provider.GetRequiredService<HeldNodes>());
        builder.Services.AddSingleton<WebhookSecrets>().AddDuty<Notifier>();
        builder.Services.AddSingleton(settings.Pairing).AddSingleton<PairingDesk>().AddSingleton<IPairAnswers>(provider => provider.GetRequiredService<PairingDesk>()).AddSingleton<ClaimRates>().AddSingleton<PairingLife>();
        builder.Services.AddUpdates(settings.Updates);
        builder.Services.AddSingleton<Live>();
        builder.Services.AddInstances();
        builder.Services.AddSingleton<MovingDesk>().AddSingleton<ISettingsMessages>(provider => provider.GetRequiredService<MovingDesk>());
        builder.Services.AddSingleton<Registrations>().AddSingleton<PayoutLock>().AddSingleton<Review>().AddSingleton<CareDesk>().AddSingleton<Changes>().AddSingleton<MoneyDesk>();
        builder.Services
            .AddSingleton<IChangeKind, TariffChange>().AddSingleton<IChangeKind, AgreementChange>().AddSingleton<IChangeKind, LoanChange>().AddSingleton<IChangeKind, PayeeChange>()
            .AddSingleton<IChangeKind, PayoutChange>().AddSingleton<IChangeKind, ReversalChange>().AddSingleton<IChangeKind, RecallChange>().AddSingleton<IChangeKind, RepairChange>().AddSingleton<IChangeKind, HandoverChange>()
            .AddSingleton<IChangeKind, ReleaseKeyChange>();

        X509Certificate2 certificate = ServerCertificate(folder, settings.Gateway);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => listening.Configure(kestrel, tls => tls.SpeakMqttOverTls(certificate), plain => plain.SpeakMqtt()));

        WebApplication app = builder.Build();

        // Reads every chain now, so that what is wrong with them stops the start and not the first node.
        app.Services.GetRequiredService<IngestPipeline>();
        app.Services.GetRequiredService<ProofLog>();
        app.Services.GetRequiredService<Live>();
        app.Services.GetRequiredService<FleetGauges>();
        app.UseInstances();
        app.UseGateway();
        SharedKeys.Require(folder, database, writer);
        RequestTraces.Use(app);
        SafeHeaders.Use(app, settings.Map);
        ApiVersion.Use(app);
        Language.Use(app);
        app.UseApiProblems();
        UseProxies(app, settings.Https);
        app.UseAuthentication();
        TokenRates.Use(app);
        ApiWrites.Use(app);
        app.UseAccess();
        IdempotencyKeys.Use(app);
        app.MapHealth();
        app.MapApi();
        app.MapAssets();
        Language.Map(app);
        app.MapSignIn();
        app.MapAccount();
        app.MapPeople();
        app.MapPersonalData();
        app.MapNodes();
        app.MapRegistrations();
        app.MapPairing();
        app.MapPairingLife();
        app.MapNodePages();
        app.MapNodeHistory();
        app.MapFleet();
        app.MapLive();
        app.MapMoving();
        app.MapBatches();
        app.MapLedger();
        app.MapPayouts();
        app.MapVouchers();
        app.MapPreview();
        app.MapChanges();
        app.MapReview();
        app.MapTickets();
        app.MapDisputes();
        app.MapCarePages();
        app.MapNotices();
        app.MapFirmware();
        app.MapReleases();
        app.MapRollouts();
        app.MapRolloutPages();
        app.MapLog();
        app.MapEvidence();
        app.MapSummary();
        app.MapPages();
        app.MapForms();
        app.MapHomes();
        app.MapStatements();
        app.MapMoney();
        if (Access.Table(app).FirstOrDefault(row => row.Rule is null) is { Path: { } open })
        {
            throw new InvalidOperationException($"the route {open} does not say who may use it");
        }

        return app;
    }

    private static void UseProxies(WebApplication app, HttpsSettings https)
    {
        if (https.BehindProxy)
        {
            var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
            foreach (string proxy in https.KnownProxies)
            {
                options.KnownProxies.Add(IPAddress.Parse(proxy));
            }

            // Before the proxy's word changes the address: who comes past it speaks without TLS.
            app.Use(async (context, next) =>
            {
                IPAddress from = context.Connection.RemoteIpAddress ?? IPAddress.None;
                from = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
                if (context.Request.IsHttps || IPAddress.IsLoopback(from) || options.KnownProxies.Contains(from))
                {
                    await next(context);
                    return;
                }

                await TypedResults.Problem("This port is for the proxy. Use the address with https.", statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
            });
            app.UseForwardedHeaders(options);
        }
    }

    private static X509Certificate2 ServerCertificate(DataFolder folder, GatewaySettings settings)
    {
        try
        {
            return CertificateAuthority.Open(folder.Path).IssueServerCertificate(settings.ServerNames);
        }
        catch (InvalidDataException problem)
        {
            throw new StartRefusedException(problem.Message, problem);
        }
    }
}
