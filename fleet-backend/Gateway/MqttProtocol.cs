namespace DePin.Fleet.Gateway;

/// <summary>Numbers of MQTT 3.1.1 (OASIS standard, 29 October 2014); the section stands beside each.</summary>
internal static class MqttProtocol
{
    /// <summary>Control packet types (2.2.1).</summary>
    public const int Connect = 1, Publish = 3, PubAck = 4, Subscribe = 8, Unsubscribe = 10, PingReq = 12, Disconnect = 14;

    /// <summary>Protocol level of 3.1.1 (3.1.2.2).</summary>
    public const int Level = 4;

    /// <summary>Protocol level of MQTT 3.1, which calls itself MQIsdp.</summary>
    public const int Level31 = 3;

    /// <summary>Protocol level of MQTT 5.0, which is answered in its own form.</summary>
    public const int Level5 = 5;

    /// <summary>First byte of packets we send (2.2.1, 2.2.2).</summary>
    public const byte ConnAckHead = 0x20, PublishHead = 0x30, PubAckHead = 0x40, SubAckHead = 0x90, UnsubAckHead = 0xB0, PingRespHead = 0xD0;

    /// <summary>CONNACK return codes (3.2.2.3).</summary>
    public const byte Accepted = 0, UnacceptableVersion = 1, IdentifierRejected = 2, ServerUnavailable = 3, BadUserOrPassword = 4;

    /// <summary>Most bytes a remaining length takes (2.2.3).</summary>
    public const int MaxLengthBytes = 4;
}
