using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using DePin.Node.Uplink;

namespace DePin.Host.Mqtt;

/// <summary>One connection from TCP to its end. Begun once; after its end a new one is made.</summary>
internal sealed class MqttConnection
{
    // For the last packets and DISCONNECT to leave after Close.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    // Beyond this the gateway does not acknowledge at all, and the node had better wait.
    private const int LargestUnacknowledged = 1024;

    private readonly GatewayAddress _gateway;
    private readonly MqttLinkOptions _options;
    private readonly byte[] _login;
    private readonly Action<string> _failed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<byte[]> _outbound;
    private readonly Channel<Downlinked> _inbound;
    private readonly ConcurrentDictionary<ushort, bool> _unacknowledged = new();
    private Task _ended = Task.CompletedTask;
    private int _state = UplinkState.Connecting;
    private int _hasFailed;
    private ushort _packetId;
    private long _lastSentMilliseconds;
    private long _lastHeardMilliseconds;

    public MqttConnection(GatewayAddress gateway, MqttLinkOptions options, byte[] login, Action<string> failed)
    {
        _gateway = gateway;
        _options = options;
        _login = login;
        _failed = failed;
        _outbound = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(options.LargestOutboundPackets) { SingleReader = true });
        _inbound = Channel.CreateBounded<Downlinked>(new BoundedChannelOptions(options.LargestInboundMessages) { SingleWriter = true });
    }

    public int State => Volatile.Read(ref _state);

    public int Unacknowledged => _unacknowledged.Count;

    public Task Ended => _ended;

    public void Begin() => _ended = Task.Run(RunAsync);

    public void Subscribe(string topic)
    {
        if (State == UplinkState.Up && !_outbound.Writer.TryWrite(MqttPackets.Subscribe(NextPacketId(), topic, qos: 1)))
        {
            // A node without its subscription would wait for receipts in vain; a new connection is the cure.
            Fail("too many packets were waiting to be sent");
        }
    }

    public bool Publish(string topic, byte[] payload, int qos)
    {
        if (State != UplinkState.Up || (qos > 0 && Unacknowledged >= LargestUnacknowledged))
        {
            return false;
        }

        ushort packetId = qos > 0 ? NextPacketId() : (ushort)0;
        if (qos > 0)
        {
            _unacknowledged[packetId] = true;
        }

        if (_outbound.Writer.TryWrite(MqttPackets.Publish(topic, payload, qos, packetId)))
        {
            return true;
        }

        _unacknowledged.TryRemove(packetId, out _);
        return false;
    }

    public Downlinked? Receive() => _inbound.Reader.TryRead(out Downlinked? message) ? message : null;

    public void Close()
    {
        bool wasUp = Interlocked.Exchange(ref _state, UplinkState.Down) == UplinkState.Up;
        Interlocked.Exchange(ref _hasFailed, 1);
        if (wasUp && _outbound.Writer.TryWrite(MqttPackets.Disconnect()))
        {
            _outbound.Writer.TryComplete();
            _stop.CancelAfter(ClosingTime);
        }
        else
        {
            _stop.Cancel();
        }
    }

    public void Abandon()
    {
        Interlocked.Exchange(ref _hasFailed, 1);
        Volatile.Write(ref _state, UplinkState.Down);
        _stop.Cancel();
    }

    private async Task RunAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(_options.ConnectTimeout);
            await using Stream stream = await OpenAsync(socket, deadline.Token);
            var receiver = new MqttReceiver(stream, _options.LargestPacketBytes);
            await LogInAsync(stream, receiver, deadline.Token);
            if (Interlocked.CompareExchange(ref _state, UplinkState.Up, UplinkState.Connecting) == UplinkState.Connecting)
            {
                await ServeAsync(stream, receiver);
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            Fail($"no answer from {_gateway.Host} port {_gateway.Port} within {_options.ConnectTimeout.TotalSeconds} s");
        }
        catch (Exception problem) when (IsOfTheNetwork(problem))
        {
            Fail(problem.InnerException is null ? problem.Message : $"{problem.Message} {problem.InnerException.Message}");
        }

        Volatile.Write(ref _state, UplinkState.Down);
    }

    private async Task<Stream> OpenAsync(Socket socket, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(_gateway.Host, _gateway.Port, cancellationToken);
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (!_gateway.IsTls)
        {
            return plain;
        }

        var secure = new SslStream(plain);
        try
        {
            await secure.AuthenticateAsClientAsync(_gateway.TlsOptions(), cancellationToken);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private async Task LogInAsync(Stream stream, MqttReceiver receiver, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_login, cancellationToken);
        (await receiver.NextAsync(cancellationToken)).RequireLoggedIn();
    }

    private async Task ServeAsync(Stream stream, MqttReceiver receiver)
    {
        _lastSentMilliseconds = _lastHeardMilliseconds = Environment.TickCount64;
        await using var keepAlive = new Timer(_ => KeepAlive(), null, _options.KeepAlive / 2, _options.KeepAlive / 2);
        Task sending = SendAsync(stream);
        try
        {
            while (true)
            {
                MqttPacket packet = await receiver.NextAsync(_stop.Token);
                Volatile.Write(ref _lastHeardMilliseconds, Environment.TickCount64);
                await TakeAsync(packet);
            }
        }
        catch (Exception problem) when (IsOfTheNetwork(problem))
        {
            Fail(problem.Message);
        }

        await sending;
    }

    private async Task TakeAsync(MqttPacket packet)
    {
        if ((packet.First & 0xF0) == MqttPackets.Published)
        {
            await TakePublishAsync(packet);
        }
        else if (packet is { First: MqttPackets.PublishAcknowledged, Body.Length: 2 })
        {
            _unacknowledged.TryRemove(BinaryPrimitives.ReadUInt16BigEndian(packet.Body.Span), out _);
        }
        else if (packet is { First: MqttPackets.SubscribeAcknowledged, Body.Length: 3 })
        {
            if (packet.Body.Span[2] > 2)
            {
                throw new InvalidDataException("the gateway refused the subscription");
            }
        }
        else if (packet is not { First: MqttPackets.PingAnswered, Body.Length: 0 })
        {
            throw new InvalidDataException($"the gateway sent a packet that no node expects (0x{packet.First:X2})");
        }
    }

    private async Task TakePublishAsync(MqttPacket packet)
    {
        Downlinked message = packet.ReadPublish(out ushort packetId);
        await _inbound.Writer.WriteAsync(message, _stop.Token);
        if (packetId != 0)
        {
            await _outbound.Writer.WriteAsync(MqttPackets.PublishAcknowledge(packetId), _stop.Token);
        }
    }

    // What waits together goes out together: one write, one TLS record.
    private async Task SendAsync(Stream stream)
    {
        var together = new MemoryStream();
        try
        {
            while (await _outbound.Reader.WaitToReadAsync(_stop.Token))
            {
                together.SetLength(0);
                while (together.Length < 64 * 1024 && _outbound.Reader.TryRead(out byte[]? packet))
                {
                    together.Write(packet);
                }

                await stream.WriteAsync(together.GetBuffer().AsMemory(0, (int)together.Length), _stop.Token);
                Volatile.Write(ref _lastSentMilliseconds, Environment.TickCount64);
            }

            // Only Close completes the queue: DISCONNECT has left.
            await _stop.CancelAsync();
        }
        catch (Exception problem) when (IsOfTheNetwork(problem))
        {
            Fail(problem.Message);
        }
    }

    private void KeepAlive()
    {
        long now = Environment.TickCount64;
        long silentMilliseconds = now - Volatile.Read(ref _lastHeardMilliseconds);
        double quietMilliseconds = Math.Max(silentMilliseconds, now - Volatile.Read(ref _lastSentMilliseconds));
        if (silentMilliseconds > 1.5 * _options.KeepAlive.TotalMilliseconds)
        {
            Fail($"the gateway was silent for {silentMilliseconds / 1000} s");
        }
        else if (quietMilliseconds >= _options.KeepAlive.TotalMilliseconds / 2 - 50)
        {
            _outbound.Writer.TryWrite(MqttPackets.Ping());
        }
    }

    // The first cause is the one worth telling; what follows from it is not.
    private void Fail(string error)
    {
        if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
        {
            _failed(error);
        }

        Volatile.Write(ref _state, UplinkState.Down);
        _stop.Cancel();
    }

    private ushort NextPacketId()
    {
        do
        {
            _packetId = _packetId == ushort.MaxValue ? (ushort)1 : (ushort)(_packetId + 1);
        }
        while (_unacknowledged.ContainsKey(_packetId));
        return _packetId;
    }

    private static bool IsOfTheNetwork(Exception problem) => problem is IOException or SocketException or AuthenticationException
        or InvalidDataException or OperationCanceledException or ObjectDisposedException or ChannelClosedException;
}
