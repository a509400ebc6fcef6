using System.Buffers.Binary;
using System.Text;
using DePin.Contracts;

namespace DePin.Fleet.Gateway;

/// <summary>The topics of one logged-in node: which are its own, and which of them it gets, at which QoS.</summary>
internal sealed class NodeTopics
{
    private const int DownTopics = 6;
    private const int MaxFilters = 32;
    private const int NotSubscribed = -1;

    private readonly byte[] _prefix;
    private readonly int[] _grantedQos = new int[DownTopics];
    private int _lastPacketId;

    public NodeTopics(string nodeId)
    {
        _prefix = Encoding.ASCII.GetBytes(Topics.Prefix(nodeId));
        Array.Fill(_grantedQos, NotSubscribed);
    }

    /// <summary>Whether the node gets receipts.</summary>
    public bool HasReceipts => Volatile.Read(ref _grantedQos[0]) != NotSubscribed;

    /// <summary>Whether a topic or filter is the node's own; the part after its prefix.</summary>
    public bool IsOwn(ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> part)
    {
        bool isOwn = topic.StartsWith(_prefix);
        part = isOwn ? topic[_prefix.Length..] : default;
        return isOwn;
    }

    /// <summary>Grants what is the node's own and answers the SUBACK; null with the reason to close where anything else is asked for.</summary>
    public byte[]? Subscribe(byte head, ReadOnlySpan<byte> body, out CloseReason problem)
    {
        problem = CloseReason.Malformed;
        if ((head & 15) != 2 || !MqttPacket.TryReadPacketId(ref body, out int packetId) || body.Length == 0)
        {
            return null;
        }

        Span<byte> granted = stackalloc byte[MaxFilters];
        int filters = 0;
        while (body.Length > 0)
        {
            if (filters == MaxFilters || !MqttPacket.TryReadFilter(ref body, out ReadOnlySpan<byte> filter, out int qos))
            {
                return null;
            }

            if (!IsOwn(filter, out ReadOnlySpan<byte> part) || !Grant(part, Math.Min(qos, 1)))
            {
                problem = CloseReason.ForeignTopic;
                return null;
            }

            granted[filters++] = (byte)Math.Min(qos, 1);
        }

        return [MqttProtocol.SubAckHead, (byte)(2 + filters), (byte)(packetId >> 8), (byte)packetId, .. granted[..filters]];
    }

    /// <summary>Takes filters back and answers the UNSUBACK; null where the packet is malformed.</summary>
    public byte[]? Unsubscribe(byte head, ReadOnlySpan<byte> body)
    {
        if ((head & 15) != 2 || !MqttPacket.TryReadPacketId(ref body, out int packetId) || body.Length == 0)
        {
            return null;
        }

        while (body.Length > 0)
        {
            if (!MqttPacket.TryReadString(ref body, out ReadOnlySpan<byte> filter))
            {
                return null;
            }

            if (IsOwn(filter, out ReadOnlySpan<byte> part))
            {
                Grant(part, NotSubscribed);
            }
        }

        return [MqttProtocol.UnsubAckHead, 2, (byte)(packetId >> 8), (byte)packetId];
    }

    /// <summary>Publishes a message where the node subscribed to its topic, else answers false. From any thread.</summary>
    public bool Send(string topic, byte[] message, OutboundQueue outbound, int mostQos = 1)
    {
        int index = topic == Topics.Receipt ? 0 : topic == Topics.Reject ? 1 : topic == Topics.PairChallenge ? 3 : topic == Topics.Update ? 4 : topic == Topics.SettingsOrder ? 5 : 2;
        int qos = Math.Min(Volatile.Read(ref _grantedQos[index]), mostQos);
        if (qos == NotSubscribed)
        {
            return false;
        }

        ReadOnlySpan<byte> part = DownTopic(index);
        int topicLength = _prefix.Length + part.Length;
        int length = 2 + topicLength + (qos > 0 ? 2 : 0) + message.Length;
        Span<byte> packet = length > 512 ? new byte[5 + length] : stackalloc byte[5 + 512];
        packet[0] = (byte)(MqttProtocol.PublishHead | qos << 1);
        int at = 1;
        for (int rest = length; at == 1 || rest > 0; rest >>= 7)
        {
            packet[at++] = (byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet[at..], (ushort)topicLength);
        _prefix.CopyTo(packet[(at + 2)..]);
        part.CopyTo(packet[(at + 2 + _prefix.Length)..]);
        at += 2 + topicLength;
        if (qos > 0)
        {
            // Never 0 (2.3.1), also after the counter went round.
            uint id = ((uint)Interlocked.Increment(ref _lastPacketId) % ushort.MaxValue) + 1;
            BinaryPrimitives.WriteUInt16BigEndian(packet[at..], (ushort)id);
            at += 2;
        }

        message.CopyTo(packet[at..]);
        outbound.Add(packet[..(at + message.Length)]);
        return true;
    }

    private bool Grant(ReadOnlySpan<byte> part, int qos)
    {
        bool isAll = part.SequenceEqual("down/+"u8) || part.SequenceEqual("down/#"u8);
        bool isKnown = isAll;
        for (int i = 0; i < DownTopics; i++)
        {
            if (isAll || part.SequenceEqual(DownTopic(i)))
            {
                Volatile.Write(ref _grantedQos[i], qos);
                isKnown = true;
            }
        }

        return isKnown;
    }

    private static ReadOnlySpan<byte> DownTopic(int index) => index switch
    {
        0 => "down/receipt"u8,
        1 => "down/reject"u8,
        3 => "down/pair"u8,
        4 => "down/update"u8,
        5 => "down/settings"u8,
        _ => "down/config"u8,
    };
}
