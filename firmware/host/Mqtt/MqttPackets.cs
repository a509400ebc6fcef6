using System.Buffers.Binary;
using System.Text;

namespace DePin.Host.Mqtt;

/// <summary>
/// The packets of MQTT 3.1.1 (OASIS, 2014) that a node sends, as bytes, and the fixed header of those it gets. Lengths are
/// checked before anything is written: a topic or a name has at most 65,535 bytes of UTF-8, a packet 268,435,455.
/// </summary>
public static class MqttPackets
{
    /// <summary>First byte of CONNACK.</summary>
    public const byte ConnectAcknowledged = 0x20;

    /// <summary>Upper half of the first byte of PUBLISH; the lower half holds DUP, QoS and RETAIN.</summary>
    public const byte Published = 0x30;

    /// <summary>First byte of PUBACK.</summary>
    public const byte PublishAcknowledged = 0x40;

    /// <summary>First byte of SUBACK.</summary>
    public const byte SubscribeAcknowledged = 0x90;

    /// <summary>First byte of PINGRESP.</summary>
    public const byte PingAnswered = 0xD0;

    private const int LargestRemainingLength = 268_435_455;

    /// <summary>CONNECT with clean session, user name, password and a will at QoS 1 that is not retained.</summary>
    public static byte[] Connect(string clientId, string userName, string password, string willTopic, ReadOnlySpan<byte> will, int keepAliveSeconds)
    {
        const byte CleanSessionWillQos1UserPassword = 0x02 | 0x04 | 0x08 | 0x40 | 0x80;
        int remaining = 10 + TextLength(clientId) + TextLength(willTopic) + 2 + will.Length + TextLength(userName) + TextLength(password);
        byte[] packet = new byte[1 + LengthBytes(remaining) + remaining];
        int at = WriteHeader(packet, 0x10, remaining);
        at += WriteText(packet.AsSpan(at), "MQTT");
        packet[at++] = 4;
        packet[at++] = CleanSessionWillQos1UserPassword;
        at += WriteNumber(packet.AsSpan(at), keepAliveSeconds);
        at += WriteText(packet.AsSpan(at), clientId);
        at += WriteText(packet.AsSpan(at), willTopic);
        at += WriteNumber(packet.AsSpan(at), will.Length);
        will.CopyTo(packet.AsSpan(at));
        at += will.Length;
        at += WriteText(packet.AsSpan(at), userName);
        WriteText(packet.AsSpan(at), password);
        return packet;
    }

    /// <summary>Bytes of a PUBLISH with a topic and a payload of these lengths.</summary>
    public static int PublishLength(int topicBytes, int payloadBytes, int qos)
    {
        int remaining = 2 + topicBytes + (qos > 0 ? 2 : 0) + payloadBytes;
        return 1 + LengthBytes(remaining) + remaining;
    }

    /// <summary>Writes a PUBLISH at QoS 0 or 1 and answers its length; nothing is allocated.</summary>
    /// <param name="destination">At least <see cref="PublishLength"/> bytes.</param>
    /// <param name="topic">The topic as UTF-8.</param>
    /// <param name="payload">The message.</param>
    /// <param name="qos">0 or 1.</param>
    /// <param name="packetId">1 to 65,535 at QoS 1; not sent at QoS 0.</param>
    /// <param name="isDuplicate">Whether the same packet was sent before.</param>
    public static int WritePublish(Span<byte> destination, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, int qos, ushort packetId, bool isDuplicate)
    {
        int remaining = 2 + topic.Length + (qos > 0 ? 2 : 0) + payload.Length;
        int at = WriteHeader(destination, (byte)(Published | (isDuplicate ? 8 : 0) | (qos << 1)), remaining);
        at += WriteNumber(destination[at..], topic.Length);
        topic.CopyTo(destination[at..]);
        at += topic.Length;
        if (qos > 0)
        {
            at += WriteNumber(destination[at..], packetId);
        }

        payload.CopyTo(destination[at..]);
        return at + payload.Length;
    }

    /// <summary>A PUBLISH as an array of its own.</summary>
    public static byte[] Publish(string topic, ReadOnlySpan<byte> payload, int qos, ushort packetId)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        byte[] packet = new byte[PublishLength(name.Length, payload.Length, qos)];
        WritePublish(packet, name, payload, qos, packetId, isDuplicate: false);
        return packet;
    }

    /// <summary>SUBSCRIBE to one topic.</summary>
    public static byte[] Subscribe(ushort packetId, string topic, int qos)
    {
        int remaining = 2 + TextLength(topic) + 1;
        byte[] packet = new byte[1 + LengthBytes(remaining) + remaining];
        int at = WriteHeader(packet, 0x82, remaining);
        at += WriteNumber(packet.AsSpan(at), packetId);
        at += WriteText(packet.AsSpan(at), topic);
        packet[at] = (byte)qos;
        return packet;
    }

    /// <summary>PUBACK.</summary>
    public static byte[] PublishAcknowledge(ushort packetId) => [PublishAcknowledged, 2, (byte)(packetId >> 8), (byte)packetId];

    /// <summary>PINGREQ.</summary>
    public static byte[] Ping() => [0xC0, 0];

    /// <summary>DISCONNECT: the will is not published.</summary>
    public static byte[] Disconnect() => [0xE0, 0];

    /// <summary>
    /// Reads the fixed header at the start of <paramref name="data"/>: false as long as it is not there whole.
    /// </summary>
    /// <exception cref="InvalidDataException">The remaining length has more than four bytes.</exception>
    public static bool TryReadHeader(ReadOnlySpan<byte> data, out byte first, out int headerLength, out int remainingLength)
    {
        first = data.IsEmpty ? (byte)0 : data[0];
        headerLength = 0;
        remainingLength = 0;
        for (int i = 1; i < data.Length; i++)
        {
            remainingLength |= (data[i] & 0x7F) << (7 * (i - 1));
            if ((data[i] & 0x80) == 0)
            {
                headerLength = i + 1;
                return true;
            }

            if (i == 4)
            {
                throw new InvalidDataException("the remaining length of a packet has more than four bytes");
            }
        }

        return false;
    }

    private static int WriteHeader(Span<byte> destination, byte first, int remaining)
    {
        if (remaining > LargestRemainingLength)
        {
            throw new ArgumentException("an MQTT packet holds at most 268,435,455 bytes", nameof(remaining));
        }

        destination[0] = first;
        int at = 1;
        do
        {
            int digit = remaining & 0x7F;
            remaining >>= 7;
            destination[at++] = (byte)(remaining > 0 ? digit | 0x80 : digit);
        }
        while (remaining > 0);
        return at;
    }

    private static int LengthBytes(int remaining) => remaining switch { < 128 => 1, < 16_384 => 2, < 2_097_152 => 3, _ => 4 };

    private static int TextLength(string text) => 2 + Encoding.UTF8.GetByteCount(text);

    private static int WriteText(Span<byte> destination, string text)
    {
        int bytes = Encoding.UTF8.GetBytes(text, destination[2..]);
        WriteNumber(destination, bytes);
        return 2 + bytes;
    }

    private static int WriteNumber(Span<byte> destination, int number)
    {
        if (number is < 0 or > ushort.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, "MQTT texts, wills and packet ids go up to 65,535");
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)number);
        return 2;
    }
}
