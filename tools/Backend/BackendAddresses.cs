using System.Net;
using System.Text.Json;

namespace DePin.Tools.Backend;

/// <summary>What a listening backend writes into its data folder.</summary>
internal sealed record BackendAddresses(string Http, SocketAddress MqttTls, SocketAddress? MqttPlain, int ProcessId)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The addresses in a data folder, or null while no backend listens there.</summary>
    public static BackendAddresses? Read(string dataFolder)
    {
        try
        {
            return JsonSerializer.Deserialize<BackendAddresses>(File.ReadAllText(Path.Combine(dataFolder, "addresses.json")), Json);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // Not there yet, or being written at this moment.
            return null;
        }
    }

    /// <summary>The addresses of the backend that listens now.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static BackendAddresses Require(string dataFolder) => Read(dataFolder)
        ?? throw CommandException.WrongInput($"No backend runs on {dataFolder}: start one with tools/run, or name its data folder with --data.");

    /// <summary>Where the gateway listens without encryption, for load generators on this machine.</summary>
    /// <exception cref="CommandException">It does not.</exception>
    public IPEndPoint RequirePlain() => MqttPlain is { } plain
        ? new IPEndPoint(IPAddress.Parse(plain.Host), plain.Port)
        : throw CommandException.Failed("The backend opened no plain port on loopback, which the load generator needs.");

    /// <summary>Whether the process that wrote this still runs.</summary>
    public bool IsAlive => Processes.IsBackend(ProcessId);
}

/// <summary>Where something listens.</summary>
internal sealed record SocketAddress(string Host, int Port);
