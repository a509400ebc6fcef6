using System.Net.Sockets;
using System.Text;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>A client that writes bytes as a test says and reads packets; it knows no rule of MQTT that it could keep by accident.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new();

    private Stream Stream => _client.GetStream();

    public static async Task<RawClient> OpenAsync(RunningBackend backend)
    {
        var client = new RawClient();
        await client._client.ConnectAsync("127.0.0.1", backend.MqttPlainPort, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Logs in as the node and expects a welcome.</summary>
    public static async Task<RawClient> LogInAsync(RunningBackend backend, TestNode node, int keepAliveSeconds = 60, byte[]? will = null)
    {
        RawClient client = await OpenAsync(backend);
        await client.SendAsync(Connect(node.Id.ToString(), node.Id.ToString(), node.Password, keepAliveSeconds, will));
        Assert.Equal([0x20, 2, 0, 0], await client.ReadAsync());
        return client;
    }

    public static byte[] Connect(string clientId, string user, string password, int keepAliveSeconds = 60, byte[]? will = null)
    {
        byte[] willFields = will is null ? [] : [.. Text($"depin/1/{user}/up/status"), .. Binary(will)];
        return Packet(0x10, [.. Text("MQTT"), 4, (byte)(will is null ? 0xC2 : 0xC6), (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds, .. Text(clientId), .. willFields, .. Text(user), .. Text(password)]);
    }

    public static byte[] Publish(string topic, byte[] payload, int packetId = 1, bool isDuplicate = false) =>
        packetId == 0
            ? Packet(0x30, [.. Text(topic), .. payload])
            : Packet((byte)(isDuplicate ? 0x3A : 0x32), [.. Text(topic), (byte)(packetId >> 8), (byte)packetId, .. payload]);

    public static byte[] Subscribe(string filter, byte qos = 1) => Packet(0x82, [0, 7, .. Text(filter), qos]);

    public static byte[] Packet(byte head, byte[] body)
    {
        var length = new List<byte>();
        for (int rest = body.Length; length.Count == 0 || rest > 0; rest >>= 7)
        {
            length.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
        }

        return [head, .. length, .. body];
    }

    public static byte[] Text(string text) => Binary(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The next packet, or nothing where the gateway closed.</summary>
    public async Task<byte[]> ReadAsync()
    {
        try
        {
            var packet = new List<byte>();
            int length = 0;
            byte[] one = new byte[1];
            do
            {
                if (await Stream.ReadAsync(one, Limit()) == 0)
                {
                    return [];
                }

                // The first byte is the head; those behind it carry seven bits of the length each.
                length |= packet.Count == 0 ? 0 : (one[0] & 0x7F) << (7 * (packet.Count - 1));
                packet.Add(one[0]);
            }
            while (packet.Count == 1 || (one[0] & 0x80) != 0);

            byte[] body = new byte[length];
            await Stream.ReadExactlyAsync(body, Limit());
            return [.. packet, .. body];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>The payload of the next PUBLISH, passing over what comes before.</summary>
    public async Task<byte[]> ReadPublishedAsync()
    {
        while (true)
        {
            byte[] packet = await ReadAsync();
            Assert.True(packet.Length > 0, "the gateway closed instead of publishing");
            if (packet[0] >> 4 == 3)
            {
                int head = packet[1] < 0x80 ? 2 : 3;
                int topic = (packet[head] << 8) | packet[head + 1];
                return packet[(head + 2 + topic + ((packet[0] & 6) != 0 ? 2 : 0))..];
            }
        }
    }

    /// <summary>Passes over whatever still comes and waits for the end.</summary>
    public async Task ExpectClosedAsync()
    {
        while ((await ReadAsync()).Length > 0)
        {
        }
    }

    public void Dispose() => _client.Dispose();

    private static byte[] Binary(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    private static CancellationToken Limit() =>
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token).Token;
}
