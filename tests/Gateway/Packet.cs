using System.Buffers.Binary;
using System.Text;
using DePin.Contracts;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>Control packets put together byte by byte, right or wrong as the test wants them.</summary>
internal static class Packet
{
    public const byte ConnAck = 0x20, PubAck = 0x40, SubAck = 0x90, UnsubAck = 0xB0, PingResp = 0xD0;

    public static byte[] PingReq => [0xC0, 0];

    public static byte[] Disconnect => [0xE0, 0];

    public static byte[] Connect(TestNode node, int keepAliveSeconds = 0, string? password = null, string? clientId = null, string? willTopic = null)
    {
        string id = node.Id.ToString();
        byte flags = (byte)(0xC2 | (willTopic is null ? 0 : 0x04));
        byte[] will = willTopic is null ? [] : [.. Text(willTopic), .. Text("gone")];
        return Whole(
            0x10,
            [.. Text("MQTT"), 4, flags, (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds, .. Text(clientId ?? id), .. will, .. Text(id), .. Text(password ?? node.Password)]);
    }

    public static byte[] Publish(TestNode node, string part, byte[] payload, int qos = 1, int packetId = 1, bool isDuplicate = false) =>
        Publish(Topics.Of(node.Id.ToString(), part), payload, qos, packetId, isDuplicate);

    public static byte[] Publish(string topic, byte[] payload, int qos = 1, int packetId = 1, bool isDuplicate = false)
    {
        byte[] id = qos == 0 ? [] : Number(packetId);
        return Whole((byte)(0x30 | qos << 1 | (isDuplicate ? 8 : 0)), [.. Text(topic), .. id, .. payload]);
    }

    public static byte[] Subscribe(string filter, int qos = 1, int packetId = 7) => Whole(0x82, [.. Number(packetId), .. Text(filter), (byte)qos]);

    public static byte[] Unsubscribe(string filter, int packetId = 8) => Whole(0xA2, [.. Number(packetId), .. Text(filter)]);

    public static byte[] Whole(byte head, byte[] body)
    {
        var packet = new List<byte> { head };
        int rest = body.Length;
        do
        {
            packet.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
            rest >>= 7;
        }
        while (rest > 0);
        return [.. packet, .. body];
    }

    public static byte[] Text(string text) => [.. Number(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Number(int number)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)number);
        return bytes;
    }
}
