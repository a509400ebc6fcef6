using DePin.Node.Uplink;

namespace DePin.Host.Mqtt;

/// <summary>
/// The node's MQTT 3.1.1 client on TCP or TLS. Every connection works in the background without a thread of its own; the calls
/// here only queue and look, so that hundreds of links run in one process. One caller at a time.
/// A lost link loses what was queued: the node sends again what has no receipt.
/// </summary>
public sealed class MqttLink : IUplink, IAsyncDisposable
{
    private readonly GatewayAddress _gateway;
    private readonly MqttLinkOptions _options;
    private MqttConnection? _connection;

    /// <summary>A link that is down.</summary>
    /// <param name="gateway">Where to connect.</param>
    /// <param name="options">Bounds; the defaults where null.</param>
    public MqttLink(GatewayAddress gateway, MqttLinkOptions? options = null)
    {
        _gateway = gateway;
        _options = options ?? new MqttLinkOptions();
    }

    /// <inheritdoc />
    public int State => _connection?.State ?? UplinkState.Down;

    /// <summary>Why the link is down, in words; empty when it never failed or was closed by the node.</summary>
    public string LastError { get; private set; } = "";

    /// <summary>Messages sent at QoS 1 on this connection that have no PUBACK yet.</summary>
    public int Unacknowledged => _connection?.Unacknowledged ?? 0;

    /// <inheritdoc />
    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
        _connection?.Abandon();
        byte[] login = MqttPackets.Connect(nodeId, nodeId, password, willTopic, will, (int)Math.Ceiling(_options.KeepAlive.TotalSeconds));
        _connection = new MqttConnection(_gateway, _options, login, error => LastError = error);
        _connection.Begin();
    }

    /// <inheritdoc />
    public void Subscribe(string topic) => _connection?.Subscribe(topic);

    /// <inheritdoc />
    public bool Publish(string topic, byte[] payload, int qos) => _connection?.Publish(topic, payload, qos) ?? false;

    /// <inheritdoc />
    public Downlinked? Receive() => _connection?.Receive();

    /// <inheritdoc />
    public void Close() => _connection?.Close();

    /// <summary>Closes, and waits until the connection is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            _connection.Close();
            await _connection.Ended;
        }
    }
}
