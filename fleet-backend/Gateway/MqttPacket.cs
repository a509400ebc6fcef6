using System.Buffers;
using System.Buffers.Binary;

namespace DePin.Fleet.Gateway;

/// <summary>How reading a packet from the front of a buffer went.</summary>
public enum PacketStatus
{
    /// <summary>A whole packet was read.</summary>
    Whole,

    /// <summary>The buffer ends inside the packet; read more.</summary>
    Incomplete,

    /// <summary>The head breaks MQTT 3.1.1.</summary>
    Malformed,

    /// <summary>The packet is over the limit; nothing was allocated for it.</summary>
    TooLarge,
}

/// <summary>Takes control packets apart. Survives any bytes: what is wrong is an answer, never an exception.</summary>
public static class MqttPacket
{
    /// <summary>
    /// Finds the packet at the front of <paramref name="buffer"/> and moves the buffer behind it. The body stays where it is.
    /// </summary>
    public static PacketStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxPacketBytes, out byte head, out ReadOnlySequence<byte> body)
    {
        body = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out head))
        {
            return PacketStatus.Incomplete;
        }

        int length = 0;
        for (int i = 0; ; i++)
        {
            if (i == MqttProtocol.MaxLengthBytes)
            {
                return PacketStatus.Malformed;
            }

            if (!reader.TryRead(out byte digit))
            {
                return PacketStatus.Incomplete;
            }

            length |= (digit & 0x7F) << (7 * i);
            if ((digit & 0x80) == 0)
            {
                break;
            }
        }

        if (length > maxPacketBytes)
        {
            return PacketStatus.TooLarge;
        }

        if (reader.Remaining < length)
        {
            return PacketStatus.Incomplete;
        }

        body = buffer.Slice(reader.Position, length);
        buffer = buffer.Slice(body.End);
        return PacketStatus.Whole;
    }

    /// <summary>Reads a CONNECT's body (3.1); false when it is malformed. A level other than 4 fills only the level.</summary>
    public static bool TryReadConnect(ReadOnlySpan<byte> body, out ConnectPacket packet)
    {
        packet = default;
        if (!TryReadString(ref body, out ReadOnlySpan<byte> protocol) || body.Length < 1)
        {
            return false;
        }

        packet.Level = body[0];
        if (protocol.SequenceEqual("MQIsdp"u8))
        {
            packet.Level = MqttProtocol.Level31;
            return true;
        }

        if (!protocol.SequenceEqual("MQTT"u8))
        {
            return false;
        }

        if (packet.Level != MqttProtocol.Level)
        {
            return true;
        }

        if (body.Length < 4)
        {
            return false;
        }

        int flags = body[1];
        packet.KeepAliveSeconds = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        body = body[4..];
        bool hasWill = (flags & 0x04) != 0, hasPassword = (flags & 0x40) != 0, hasUser = (flags & 0x80) != 0;
        int willQos = flags >> 3 & 3;
        bool areFlagsValid = (flags & 1) == 0 && willQos < 3 && (hasWill || (willQos == 0 && (flags & 0x20) == 0)) && (hasUser || !hasPassword);
        if (!areFlagsValid || !TryReadString(ref body, out packet.ClientId))
        {
            return false;
        }

        packet.HasWill = hasWill;
        return (!hasWill || (TryReadString(ref body, out packet.WillTopic) && TryReadString(ref body, out packet.WillPayload)))
            && (!hasUser || TryReadString(ref body, out packet.UserName))
            && (!hasPassword || TryReadString(ref body, out packet.Password))
            && body.Length == 0;
    }

    /// <summary>Reads a PUBLISH's body (3.3); false when it is malformed.</summary>
    public static bool TryReadPublish(byte head, ReadOnlySpan<byte> body, out PublishPacket packet)
    {
        packet = default;
        packet.Qos = head >> 1 & 3;
        bool isDuplicate = (head & 8) != 0;
        if (packet.Qos == 3 || (isDuplicate && packet.Qos == 0) || !TryReadString(ref body, out packet.Topic) || packet.Topic.Length == 0)
        {
            return false;
        }

        if (packet.Qos > 0)
        {
            if (!TryReadPacketId(ref body, out packet.PacketId))
            {
                return false;
            }
        }

        packet.Payload = body;
        return true;
    }

    /// <summary>Reads a packet id, which is never 0 (2.3.1).</summary>
    public static bool TryReadPacketId(scoped ref ReadOnlySpan<byte> body, out int packetId)
    {
        packetId = body.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(body);
        if (packetId == 0)
        {
            return false;
        }

        body = body[2..];
        return true;
    }

    /// <summary>Reads the next filter of a SUBSCRIBE (3.8.3); false when it is malformed.</summary>
    public static bool TryReadFilter(scoped ref ReadOnlySpan<byte> body, out ReadOnlySpan<byte> filter, out int qos)
    {
        qos = 0;
        if (!TryReadString(ref body, out filter) || filter.Length == 0 || body.Length == 0 || body[0] > 2)
        {
            return false;
        }

        qos = body[0];
        body = body[1..];
        return true;
    }

    /// <summary>Reads a string with its two bytes of length (1.5.3).</summary>
    public static bool TryReadString(scoped ref ReadOnlySpan<byte> body, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (body.Length < 2)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (body.Length - 2 < length)
        {
            return false;
        }

        text = body.Slice(2, length);
        body = body[(2 + length)..];
        return true;
    }
}

/// <summary>A CONNECT; the spans point into the packet.</summary>
public ref struct ConnectPacket
{
    /// <summary>Protocol level; where it is not 4 nothing else was read.</summary>
    public int Level;

    /// <summary>Seconds of silence the client allows itself, 0 for any.</summary>
    public int KeepAliveSeconds;

    /// <summary>Whether a will came.</summary>
    public bool HasWill;

    /// <summary>Client id, user name, password, will topic and payload as they came.</summary>
    public ReadOnlySpan<byte> ClientId, UserName, Password, WillTopic, WillPayload;
}

/// <summary>A PUBLISH; the spans point into the packet.</summary>
public ref struct PublishPacket
{
    /// <summary>0 to 2.</summary>
    public int Qos;

    /// <summary>Packet id at QoS 1 and 2, else 0.</summary>
    public int PacketId;

    /// <summary>Topic and payload as they came.</summary>
    public ReadOnlySpan<byte> Topic, Payload;
}
