using System.Buffers.Binary;
using System.Text;
using DePin.Node.Uplink;

namespace DePin.Host.Mqtt;

/// <summary>A packet as it came: its first byte, and what follows the length.</summary>
internal readonly record struct MqttPacket(byte First, ReadOnlyMemory<byte> Body)
{
    /// <summary>Takes a CONNACK that says yes.</summary>
    /// <exception cref="InvalidDataException">It says no, or is something else.</exception>
    public void RequireLoggedIn()
    {
        if (First != MqttPackets.ConnectAcknowledged || Body.Length != 2)
        {
            throw new InvalidDataException("the gateway answered CONNECT with something else than CONNACK");
        }

        int code = Body.Span[1];
        if (code != 0)
        {
            throw new InvalidDataException("the gateway refused the login: " + ReturnCode(code));
        }
    }

    /// <summary>The message of a PUBLISH; the packet id is 0 at QoS 0.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public Downlinked ReadPublish(out ushort packetId)
    {
        ReadOnlySpan<byte> body = Body.Span;
        int qos = (First >> 1) & 3;
        int topicLength = body.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(body);
        int payloadAt = 2 + topicLength + (qos > 0 ? 2 : 0);
        bool isWhole = qos <= 1 && topicLength > 0 && payloadAt <= body.Length;
        packetId = isWhole && qos == 1 ? BinaryPrimitives.ReadUInt16BigEndian(body[(2 + topicLength)..]) : (ushort)0;
        if (!isWhole || (qos == 1 && packetId == 0))
        {
            throw new InvalidDataException("the gateway sent a malformed PUBLISH");
        }

        return new Downlinked(Encoding.UTF8.GetString(body.Slice(2, topicLength)), body[payloadAt..].ToArray());
    }

    private static string ReturnCode(int code) => code switch
    {
        1 => "it does not speak this version of MQTT",
        2 => "it does not take this client id",
        3 => "it is not available now",
        4 => "user name or password is wrong",
        5 => "this node is not registered or its password is wrong",
        _ => $"return code {code}",
    };
}
