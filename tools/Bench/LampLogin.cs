using System.Text;
using DePin.Contracts;

namespace DePin.Tools.Bench;

/// <summary>The first bytes of a lamp's connection (MQTT 3.1.1).</summary>
internal static class LampLogin
{
    private const byte Connect = 0x10;
    private const byte Subscribe = 0x82;
    private const byte UserPasswordCleanSession = 0xC2;
    private const byte KeepAliveSeconds = 60;

    /// <summary>CONNECT, and SUBSCRIBE at QoS 0 to the topics that end in these parts, in one go.</summary>
    public static byte[] Packets(string id, string password, string[] parts)
    {
        var packets = new MemoryStream();
        var body = new MemoryStream();
        WriteText(body, "MQTT");
        body.Write([4, UserPasswordCleanSession, 0, KeepAliveSeconds]);
        WriteText(body, id);
        WriteText(body, id);
        WriteText(body, password);
        WritePacket(packets, Connect, body);
        body.SetLength(0);
        body.Write([0, 1]);
        foreach (string part in parts)
        {
            WriteText(body, Topics.Of(id, part));
            body.WriteByte(0);
        }

        WritePacket(packets, Subscribe, body);
        return packets.ToArray();
    }

    private static void WritePacket(MemoryStream packets, byte type, MemoryStream body)
    {
        packets.WriteByte(type);
        int rest = (int)body.Length;
        for (; rest > 0x7F; rest >>= 7)
        {
            packets.WriteByte((byte)((rest & 0x7F) | 0x80));
        }

        packets.WriteByte((byte)rest);
        body.WriteTo(packets);
    }

    private static void WriteText(MemoryStream body, string text)
    {
        body.Write([(byte)(text.Length >> 8), (byte)text.Length]);
        body.Write(Encoding.ASCII.GetBytes(text));
    }
}
