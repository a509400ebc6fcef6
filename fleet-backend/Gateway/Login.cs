using System.Text;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Gateway;

/// <summary>What a CONNECT comes to: a node that is let in, or the reason why not and what the client is told.</summary>
/// <param name="Node">The node, or null when it is refused.</param>
/// <param name="Topics">Its topics, where it is let in.</param>
/// <param name="KeepAliveSeconds">Seconds of silence it allows itself, 0 for any.</param>
/// <param name="ConnAck">The answer, empty where there is none.</param>
/// <param name="Refusal">Why it is refused.</param>
internal sealed record Login(RegisteredNode? Node, NodeTopics? Topics, int KeepAliveSeconds, byte[] ConnAck, CloseReason Refusal)
{
    private static readonly byte[] Accepted = [MqttProtocol.ConnAckHead, 2, 0, MqttProtocol.Accepted];

    // MQTT 5 clients understand only their own CONNACK: reason code 0x84, no properties.
    private static readonly byte[] Level5Answer = [MqttProtocol.ConnAckHead, 3, 0, 0x84, 0];

    /// <summary>Judges the first packet of a connection.</summary>
    public static Login Judge(byte head, ReadOnlySpan<byte> body, NodeDirectory nodes)
    {
        if (head >> 4 != MqttProtocol.Connect)
        {
            return Silent(CloseReason.NotConnected);
        }

        if ((head & 15) != 0 || !MqttPacket.TryReadConnect(body, out ConnectPacket packet))
        {
            return Silent(CloseReason.Malformed);
        }

        if (packet.Level != MqttProtocol.Level)
        {
            return packet.Level == MqttProtocol.Level5
                ? new Login(null, null, 0, Level5Answer, CloseReason.UnknownVersion)
                : Refused(MqttProtocol.UnacceptableVersion, CloseReason.UnknownVersion);
        }

        return packet.ClientId.SequenceEqual(packet.UserName)
            ? Judge(packet, nodes)
            : Refused(MqttProtocol.IdentifierRejected, CloseReason.WrongClientId);
    }

    private static Login Judge(ConnectPacket packet, NodeDirectory nodes)
    {
        RegisteredNode? node = packet.UserName.Length > 64 ? null : nodes.Find(Encoding.ASCII.GetString(packet.UserName));
        if (node is null || !node.IsPassword(packet.Password))
        {
            return Refused(MqttProtocol.BadUserOrPassword, CloseReason.BadLogin);
        }

        var topics = new NodeTopics(node.IdText);
        bool isWillOwn = topics.IsOwn(packet.WillTopic, out ReadOnlySpan<byte> part) && part.SequenceEqual("up/status"u8);
        return packet.HasWill && !isWillOwn
            ? Refused(MqttProtocol.IdentifierRejected, CloseReason.ForeignTopic)
            : new Login(node, topics, packet.KeepAliveSeconds, Accepted, default);
    }

    private static Login Silent(CloseReason reason) => new(null, null, 0, [], reason);

    private static Login Refused(byte code, CloseReason reason) => new(null, null, 0, [MqttProtocol.ConnAckHead, 2, 0, code], reason);
}
