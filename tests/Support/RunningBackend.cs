using System.Net.Http.Headers;
using System.Net.Http.Json;
using DePin.Fleet;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DePin.Tests.Support;

/// <summary>The real backend inside the test's process, on free ports, with a data folder of its own that goes away with it.</summary>
internal sealed class RunningBackend : IAsyncDisposable
{
    private const long TenYears = 3650L * 86_400_000;

    private readonly TimeProvider _time;
    private readonly Func<FleetSettings, FleetSettings> _change;
    private readonly TemporaryFolder? _ownFolder;
    private readonly bool _hasPeople;
    private FleetBackend _backend;

    private RunningBackend(FleetBackend backend, TimeProvider time, Func<FleetSettings, FleetSettings> change, TemporaryFolder? ownFolder, string dataFolder, bool hasPeople)
    {
        _backend = backend;
        _time = time;
        _change = change;
        _ownFolder = ownFolder;
        DataFolder = dataFolder;
        _hasPeople = hasPeople;
        Http = NewClient();
    }

    /// <summary>Speaks to the API with its token.</summary>
    public HttpClient Http { get; private set; }

    public int MqttTlsPort => _backend.Listening.MqttTlsPort;

    public int MqttPlainPort => _backend.Listening.MqttPlainPort ?? throw new InvalidOperationException("this backend listens with TLS only");

    public string DataFolder { get; }

    public string CaPath => Path.Combine(DataFolder, "ca.pem");

    public IServiceProvider Services => _backend.Services;

    /// <summary>Starts a backend; on a folder of the caller's where one is given.</summary>
    public static async Task<RunningBackend> StartAsync(
        TimeProvider? time = null, Func<FleetSettings, FleetSettings>? change = null, string? dataFolder = null, bool hasPeople = true)
    {
        TemporaryFolder? ownFolder = dataFolder is null ? new TemporaryFolder() : null;
        try
        {
            string folder = dataFolder ?? ownFolder!.File("data");
            time ??= TimeProvider.System;
            change ??= settings => settings;
            return new RunningBackend(await StartAsync(folder, time, change), time, change, ownFolder, folder, hasPeople);
        }
        catch
        {
            ownFolder?.Dispose();
            throw;
        }
    }

    /// <summary>Stops it cleanly and starts it again on the same data; ports and <see cref="Http"/> are new.</summary>
    public async Task RestartAsync(Action? between = null)
    {
        Http.Dispose();
        await _backend.DisposeAsync();
        between?.Invoke();
        _backend = await StartAsync(DataFolder, _time, _change);
        Http = NewClient();
    }

    /// <summary>A part of the backend.</summary>
    public T Part<T>()
        where T : notnull => _backend.Services.GetRequiredService<T>();

    /// <summary>Registers a node over the API and answers how the backend knows it.</summary>
    public async Task<RegisteredNode> RegisterAsync(TestNode node, string profile = "lamp-small")
    {
        using HttpResponseMessage response = await Http.PostAsJsonAsync("/api/nodes", new[] { node.Registration(profile) }, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return Part<NodeDirectory>().Find(node.Id) ?? throw new InvalidOperationException("the node was registered and is not in the directory");
    }

    /// <summary>Registers virtual nodes over the API, all with the same operator and agreement.</summary>
    public async Task RegisterAsync(IEnumerable<Registration> nodes)
    {
        var body = nodes.Select(node => new
        {
            node.PublicKey,
            node.LoginPassword,
            node.DownKey,
            node.Profile,
            Operator = "amina",
            CapitalBuilder = "ngo-1",
            node.Place,
            node.Latitude,
            node.Longitude,
            Agreement = new { Operator = 7000, CapitalBuilder = 3000 },
        });
        using HttpResponseMessage response = await Http.PostAsJsonAsync("/api/nodes", body, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _backend.DisposeAsync();
        _ownFolder?.Dispose();
    }

    private static async Task<FleetBackend> StartAsync(string folder, TimeProvider time, Func<FleetSettings, FleetSettings> change)
    {
        var settings = new FleetSettings { DataFolder = folder, HttpPort = 0, MqttTlsPort = 0, MqttPlainPort = 0, LogLevel = LogLevel.Error, Verification = BookFolder.Lenient };
        settings = change(settings);
        TestDatabase.Prepare(settings.DataFolder);
        FleetBackend backend = FleetBackend.Create(settings, time);
        try
        {
            await backend.StartAsync();
            return backend;
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>Speaks to the API as somebody with these roles; who is not there gets an account. The caller disposes of it.</summary>
    public HttpClient As(string name, Roles roles)
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_backend.Listening.HttpPort}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TokenOf(name, roles));
        return client;
    }

    /// <summary>Gives somebody an account, without a way in.</summary>
    public Task RegisterPersonAsync(string name, Roles roles) =>
        Part<StoreWriter>().RunAsync(connection => PersonStore.Insert(connection, new Person { Name = name, Roles = roles, SecurityStamp = name, MadeMs = _time.GetUtcNow().ToUnixTimeMilliseconds() }));

    /// <summary>A token of somebody with these roles.</summary>
    public string TokenOf(string name, Roles roles) => Part<StoreWriter>().RunAsync(connection =>
    {
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        PersonStore.Insert(connection, new Person { Name = name, Roles = roles, SecurityStamp = name, MadeMs = now });
        Person person = PersonStore.Find(connection, name)!;
        return TokenStore.Make(connection, person.Id, "test", roles, isReadOnly: false, perMinute: 1_000_000, now, now + TenYears);
    }).GetAwaiter().GetResult();

    private HttpClient NewClient() =>
        _hasPeople ? As("amina", RoleNames.Together) : new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_backend.Listening.HttpPort}") };
}
