using System.Net;

namespace DePin.Tools.Backend;

/// <summary>Backends over one database as they stand in the field: one alone, or several with the same keys behind a balancer.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const int DrainSeconds = 3;

    private static readonly string[] Keys = ["keys/master.key", "keys/log", "keys/ca.key", "ca.pem"];

    private readonly BackendChild[] _instances;

    private Cluster(BackendChild[] instances, Balancer? balancer)
    {
        _instances = instances;
        Balancer = balancer;
    }

    /// <summary>The instances; the first is where the keys come from.</summary>
    public IReadOnlyList<BackendChild> Instances => _instances;

    /// <summary>What stands before them; null with one, or where none was wanted.</summary>
    public Balancer? Balancer { get; }

    /// <summary>The port where nodes connect over TLS.</summary>
    public int NodesPort => Balancer?.NodesPort ?? _instances[0].Addresses.MqttTls.Port;

    /// <summary>Where load generators connect, without TLS.</summary>
    /// <exception cref="CommandException">The backends opened no such port.</exception>
    public IPEndPoint PlainGateway => Balancer is null ? _instances[0].Addresses.RequirePlain() : Balancer.RequirePlain();

    /// <summary>Address of pages and the API.</summary>
    public string Http => Balancer is null ? _instances[0].Addresses.Http : $"http://127.0.0.1:{Balancer.HttpPort}";

    /// <summary>Starts them.</summary>
    /// <param name="options">The first one; the others get folders beside its own, and free ports.</param>
    /// <param name="count">How many; more than one only on PostgreSQL.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="hasBalancer">Whether several stand behind HAProxy.</param>
    /// <exception cref="CommandException">One did not come up.</exception>
    public static async Task<Cluster> StartAsync(BackendOptions options, int count, CancellationToken cancellationToken, bool hasBalancer = true)
    {
        if (count == 1)
        {
            return new Cluster([await BackendChild.StartAsync(options, cancellationToken)], null);
        }

        string beside = Path.GetDirectoryName(Path.GetFullPath(options.DataFolder))!;
        string settings = options.SettingsFile ?? options.DataFolder + ".settings.json";
        if (options.SettingsFile is null)
        {
            Directory.CreateDirectory(beside);
            await File.WriteAllTextAsync(settings, $$"""{"drainSeconds": {{DrainSeconds}}, "gateway": {"maxAnonymousPerAddress": 100000} }""", cancellationToken);
        }

        var started = new List<BackendChild>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                string folder = i == 0 ? options.DataFolder : $"{options.DataFolder}-{i + 1}";
                if (i > 0)
                {
                    Directory.CreateDirectory(Path.Combine(folder, "keys"));
                    Array.ForEach(Keys, file => File.Copy(Path.Combine(options.DataFolder, file), Path.Combine(folder, file)));
                }

                started.Add(await BackendChild.StartAsync(options with { DataFolder = folder, SettingsFile = settings }, cancellationToken));
            }

            return new Cluster([.. started], hasBalancer ? await Balancer.StartAsync(beside, [.. started.Select(instance => instance.Addresses)], cancellationToken) : null);
        }
        catch
        {
            foreach (BackendChild instance in started)
            {
                await instance.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Kills one and starts it again.</summary>
    public async Task KillAsync(int number, CancellationToken cancellationToken)
    {
        await _instances[number].KillAsync();
        _instances[number] = await _instances[number].StartAgainAsync(cancellationToken);
    }

    /// <summary>Stops one after the other as for a new version, and starts each again before the next one's turn.</summary>
    public async Task RollAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < _instances.Length; i++)
        {
            await RestartAsync(i, null, cancellationToken);

            await Balancer!.SeesAllAsync(cancellationToken);
        }
    }

    /// <summary>Stops all and starts them again, by another clock.</summary>
    public async Task RestartAllAsync(string clockFile, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _instances.Length; i++)
        {
            await RestartAsync(i, clockFile, cancellationToken);
        }
    }

    /// <summary>Throws when one ended by itself.</summary>
    /// <exception cref="CommandException">It did.</exception>
    public void RequireAlive() => Array.ForEach(_instances, instance => instance.RequireAlive());

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Balancer is not null)
        {
            await Balancer.DisposeAsync();
        }

        await Task.WhenAll(_instances.Select(instance => instance.DisposeAsync().AsTask()));
    }

    private async Task RestartAsync(int number, string? clockFile, CancellationToken cancellationToken) =>
        _instances[number] = await _instances[number].StartAgainAsync(cancellationToken, clockFile);
}
