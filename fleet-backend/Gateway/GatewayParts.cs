using System.Diagnostics.Metrics;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace DePin.Fleet.Gateway;

/// <summary>What every connection of the MQTT endpoint works with.</summary>
internal sealed class GatewayParts(GatewaySettings settings, ConnectionTable connections, NodeDirectory nodes, IngestPipeline ingest, IPairAnswers pairAnswers, IUpdateMessages updates, ISettingsMessages settingsMessages, GatewayMetrics metrics, TimeProvider clock, ILogger<GatewayParts> log)
{
    public GatewaySettings Settings => settings;

    public ConnectionTable Connections => connections;

    public NodeDirectory Nodes => nodes;

    public IngestPipeline Ingest => ingest;

    public IPairAnswers PairAnswers => pairAnswers;

    public IUpdateMessages Updates => updates;

    public ISettingsMessages SettingsMessages => settingsMessages;

    public GatewayMetrics Metrics => metrics;

    public ILogger Log => log;

    /// <summary>The backend's time, which a demonstration may scale; sockets and keep-alive run in real time.</summary>
    public long UnixMilliseconds => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>Counters of the MQTT endpoint beside those of its connections.</summary>
internal sealed class GatewayMetrics
{
    public GatewayMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("DePin.Fleet");
        Unused = meter.CreateCounter<long>("gateway.messages.unused", description: "Messages that nobody could use");
        MalformedStatuses = meter.CreateCounter<long>("gateway.statuses.malformed", description: "Statuses that could not be read, by error");
    }

    public Counter<long> Unused { get; }

    public Counter<long> MalformedStatuses { get; }
}

/// <summary>Kestrel hands every new MQTT connection to this.</summary>
internal sealed class GatewayConnectionHandler(GatewayParts gateway) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var client = new GatewayConnection(connection, gateway);
        gateway.Connections.Add(client);

        // Without this Kestrel waits its whole shutdown time for clients that have nothing to say.
        CancellationToken stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        await client.RunAsync(stopping);
    }
}
