using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DePin.Contracts;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>A socket and nothing more: sends any bytes and reads packets.</summary>
internal sealed class MqttSocket : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly Stream _stream;

    private MqttSocket(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public static async Task<MqttSocket> OpenAsync(RunningBackend backend, IPAddress? from = null)
    {
        Socket socket = await DialAsync(backend.MqttPlainPort, from);
        return new MqttSocket(socket, new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Connects to the TLS port and never says a word of the handshake.</summary>
    public static async Task<MqttSocket> OpenHalfTlsAsync(RunningBackend backend)
    {
        Socket socket = await DialAsync(backend.MqttTlsPort);
        return new MqttSocket(socket, new NetworkStream(socket, ownsSocket: true));
    }

    public static async Task<MqttSocket> OpenTlsAsync(RunningBackend backend, SslProtocols protocols, string host = "localhost")
    {
        using X509Certificate2 authority = X509CertificateLoader.LoadCertificateFromFile(backend.CaPath);
        Socket socket = await DialAsync(backend.MqttTlsPort);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        chain.CustomTrustStore.Add(authority);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = protocols, CertificateChainPolicy = chain },
                TestContext.Current.CancellationToken);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }

        return new MqttSocket(socket, tls);
    }

    /// <summary>Connects and logs in.</summary>
    public static async Task<MqttSocket> LogInAsync(RunningBackend backend, TestNode node, int keepAliveSeconds = 0)
    {
        MqttSocket client = await OpenAsync(backend);
        await client.SendAsync(Packet.Connect(node, keepAliveSeconds));
        await client.ExpectAsync(Packet.ConnAck, [0, 0]);
        return client;
    }

    /// <summary>Connects, logs in and subscribes to what is sent to the node; its first receipt is the next packet.</summary>
    public static async Task<MqttSocket> SubscribedAsync(RunningBackend backend, TestNode node)
    {
        MqttSocket client = await LogInAsync(backend, node);
        await client.SendAsync(Packet.Subscribe(Topics.Of(node.Id.ToString(), "down/#")));
        await client.ExpectAsync(Packet.SubAck, [0, 7, 1]);
        return client;
    }

    public async Task SendAsync(params byte[][] packets) =>
        await _stream.WriteAsync(packets.SelectMany(packet => packet).ToArray(), TestContext.Current.CancellationToken);

    /// <summary>Sends where the other end still takes it.</summary>
    public async Task TrySendAsync(byte[] bytes)
    {
        try
        {
            await SendAsync(bytes);
        }
        catch (IOException)
        {
            // It closed meanwhile.
        }
    }

    /// <summary>The client's half of the connection ends; it can still read.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends without a word, and without a DISCONNECT.</summary>
    public void Break()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>The next packet, or null when the other end closed.</summary>
    public async Task<(byte Head, byte[] Body)?> ReadAsync()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Patience);
        try
        {
            byte[] one = new byte[1];
            await _stream.ReadExactlyAsync(one, late.Token);
            byte head = one[0];
            int length = 0, shift = 0;
            do
            {
                await _stream.ReadExactlyAsync(one, late.Token);
                length |= (one[0] & 0x7F) << shift;
                shift += 7;
            }
            while ((one[0] & 0x80) != 0);
            byte[] body = new byte[length];
            await _stream.ReadExactlyAsync(body, late.Token);
            return (head, body);
        }
        catch (Exception end) when (end is IOException)
        {
            return null;
        }
    }

    public async Task ExpectAsync(byte head, byte[] body)
    {
        (byte Head, byte[] Body)? packet = await ReadAsync();
        Assert.NotNull(packet);
        Assert.Equal((head, Convert.ToHexString(body)), (packet.Value.Head, Convert.ToHexString(packet.Value.Body)));
    }

    /// <summary>The next packet, which must be a PUBLISH: its topic, QoS and payload.</summary>
    public async Task<(string Topic, int Qos, byte[] Payload)> ExpectPublishAsync()
    {
        (byte Head, byte[] Body)? packet = await ReadAsync();
        Assert.NotNull(packet);
        (byte head, byte[] body) = packet.Value;
        Assert.Equal(3, head >> 4);
        int qos = head >> 1 & 3;
        int topicLength = BinaryPrimitives.ReadUInt16BigEndian(body);
        return (Encoding.ASCII.GetString(body, 2, topicLength), qos, body[(2 + topicLength + (qos > 0 ? 2 : 0))..]);
    }

    public async Task ExpectClosedAsync() => Assert.Null(await ReadAsync());

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private static async Task<Socket> DialAsync(int port, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
        return socket;
    }
}
