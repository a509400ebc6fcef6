using System.Data.Common;
using Dapper;
using DePin.Contracts;
using DePin.Contracts.Uplink;
using DePin.Fleet.Storage;
using DePin.Tests.Gateway;
using DePin.Tests.Support;
using DePin.Tools.Backend;

namespace DePin.Tests.Instances;

/// <summary>Several real backends over one real PostgreSQL, each with a data folder of its own and the keys of the first.</summary>
public sealed class InstancesRig : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<RunningBackend> _instances = [];
    private readonly PostgresServer _server;
    private readonly string _database;

    private InstancesRig(PostgresServer server, string database) => (_server, _database) = (server, database);

    internal RunningBackend this[int number] => _instances[number];

    /// <summary>The first instance, and as many more.</summary>
    public static async Task<InstancesRig> StartAsync(int more = 1)
    {
        PostgresServer server = await PostgresServer.StartAsync(TestContext.Current.CancellationToken);
        var rig = new InstancesRig(server, await server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
        try
        {
            for (int i = 0; i <= more; i++)
            {
                await rig.AddAsync();
            }

            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another instance, with the keys of the first unless it shall have its own.</summary>
    internal async Task<RunningBackend> AddAsync(bool hasKeys = true)
    {
        string data = _folder.File($"data-{_instances.Count}-{Guid.NewGuid():N}");
        if (hasKeys && _instances.Count > 0)
        {
            Directory.CreateDirectory(Path.Combine(data, "keys"));
            foreach (string file in (string[])["keys/master.key", "keys/log", "keys/ca.key", "ca.pem"])
            {
                File.Copy(Path.Combine(_instances[0].DataFolder, file), Path.Combine(data, file));
            }
        }

        RunningBackend instance = await RunningBackend.StartAsync(dataFolder: data, change: settings => settings with { Postgres = _database });
        _instances.Add(instance);
        return instance;
    }

    /// <summary>Stops one, as a rolling restart does.</summary>
    internal async Task StopAsync(RunningBackend instance)
    {
        _instances.Remove(instance);
        await instance.DisposeAsync();
    }

    public long Number(string sql)
    {
        using DbConnection connection = _instances[0].Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }

    /// <summary>Writes past all instances.</summary>
    public async Task TamperAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_database + ";Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await connection.ExecuteAsync(sql);
    }

    /// <summary>A node logged in at an instance, with its first receipt.</summary>
    internal static async Task<(MqttSocket Client, Receipt Receipt)> LogInAsync(RunningBackend instance, TestNode node)
    {
        MqttSocket client = await MqttSocket.SubscribedAsync(instance, node);
        return (client, await ReceiptAsync(client, node));
    }

    /// <summary>Sends the node's next batch, and answers its receipt.</summary>
    internal static async Task<Receipt> SendNextAsync(MqttSocket client, TestNode node)
    {
        await client.SendAsync(Packet.Publish(node, Topics.Batch, node.SignNext()));
        await client.ExpectAsync(Packet.PubAck, [0, 1]);
        return await ReceiptAsync(client, node);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RunningBackend instance in _instances)
        {
            await instance.DisposeAsync();
        }

        await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Two instances for all tests of a class.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        internal InstancesRig Rig { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Rig = await StartAsync();

        public ValueTask DisposeAsync() => Rig.DisposeAsync();
    }

    private static async Task<Receipt> ReceiptAsync(MqttSocket client, TestNode node) => node.OpenReceipt((await client.ExpectPublishAsync()).Payload);
}
