namespace DePin.Host.Mqtt;

/// <summary>Bounds of one connection to the gateway. All times are real time, whatever the simulation's scale.</summary>
public sealed record MqttLinkOptions
{
    /// <summary>A PINGREQ goes out when nothing else did for half of this; silence of the gateway for 1.5 times this ends the link.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for TCP, TLS and CONNACK together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A longer packet from the gateway ends the link.</summary>
    public int LargestPacketBytes { get; init; } = 16 * 1024;

    /// <summary>Messages that may wait for the node; beyond them the link stops reading, and the gateway feels it.</summary>
    public int LargestInboundMessages { get; init; } = 64;

    /// <summary>Packets that may wait to be sent; beyond them <see cref="MqttLink.Publish"/> answers false.</summary>
    public int LargestOutboundPackets { get; init; } = 256;
}
