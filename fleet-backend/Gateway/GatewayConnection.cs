using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace DePin.Fleet.Gateway;

/// <summary>
/// One client: CONNECT, then its own topics and nothing else. Batches and gaps go to ingest and are acknowledged when their
/// answer comes, after the commit; everything else is answered here.
/// </summary>
internal sealed partial class GatewayConnection : IAnswerSink
{
    /// <summary>How long what a client sent before it went is still read.</summary>
    private const int LingerMs = 5000;

    /// <summary>How long the last bytes to a client may take.</summary>
    private const int AbortAfterMs = 1000;

    private readonly ConnectionContext _context;
    private readonly GatewayParts _gateway;
    private readonly OutboundQueue _outbound;
    private readonly PacketRate _rate;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _inFlight;
    private readonly long _openedAt = Environment.TickCount64;
    private RegisteredNode? _node;
    private NodeTopics? _topics;
    private byte[] _session = new byte[Session.Size];
    private int _keepAliveSeconds;
    private long _lastPacketAt;
    private long _goneAt = long.MaxValue;
    private int _reason = -1;

    public GatewayConnection(ConnectionContext context, GatewayParts gateway)
    {
        _context = context;
        _gateway = gateway;
        _outbound = new OutboundQueue(context.Transport.Output, gateway.Settings.MaxOutboundBytes, Close);
        _rate = new PacketRate(gateway.Settings);
        _inFlight = new SemaphoreSlim(gateway.Settings.MessagesInFlight);
        _lastPacketAt = _openedAt;
        RemoteAddress = (context.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        Place = context.Features.GetRequiredFeature<Admission.Place>();
    }

    public IPAddress RemoteAddress { get; }

    /// <summary>The node that is logged in, or null.</summary>
    public RegisteredNode? Node => _node;

    /// <summary>The number of its login, higher than that of any login before it; 0 until it subscribes.</summary>
    public long LoginNumber { get; set; }

    /// <summary>Its place under the limits.</summary>
    public Admission.Place Place { get; }

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration whenStopping = stopping.Register(() => Close(CloseReason.Stopping));

        // The client's end closing is no reason to throw away what it sent before: reading comes to that end by itself.
        using CancellationTokenRegistration whenClosed = _context.ConnectionClosed.Register(() => Volatile.Write(ref _goneAt, Environment.TickCount64));
        try
        {
            await ReadAsync(_ending.Token);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException)
        {
            Close(CloseReason.Lost);
        }
        finally
        {
            // Also where an exception nobody expected ends this: the table must not keep a connection that is gone.
            Close(CloseReason.Lost);
            bool isSent = await _outbound.CloseAsync(TimeSpan.FromMilliseconds(500));
            _gateway.Connections.Remove(this, _node, (CloseReason)_reason);
            _ = AbortAsync(isSent && (CloseReason)_reason is not (CloseReason.SlowReader or CloseReason.KeepAlive) ? AbortAfterMs : 0);
        }
    }

    /// <summary>Ends the connection; the first reason given stays.</summary>
    public void Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, -1) == -1)
        {
            _ending.Cancel();
        }
    }

    /// <summary>Ends the connection when it was silent for longer than it may be.</summary>
    public void CloseIfSilent(long now)
    {
        if (now - LingerMs > Volatile.Read(ref _goneAt))
        {
            Close(CloseReason.Lost);
        }
        else if (_node is null)
        {
            if (now - _openedAt > _gateway.Settings.SecondsToConnect * 1000L)
            {
                Close(CloseReason.ConnectTimeout);
            }
        }
        else if (_keepAliveSeconds > 0 && now - Volatile.Read(ref _lastPacketAt) > _keepAliveSeconds * 1500L)
        {
            Close(CloseReason.KeepAlive);
        }
    }

    /// <inheritdoc />
    public void Answered(Incoming message, Answer answer)
    {
        SendPubAck(message.PacketId);
        _topics!.Send(answer.Topic, answer.SealedMessage, _outbound);
        _inFlight.Release();
    }

    /// <inheritdoc />
    public void NotStored(Incoming message)
    {
        Close(CloseReason.NotStored);
        _inFlight.Release();
    }

    // The web server ends a connection politely, and would wait for ever for a client that does not read.
    private async Task AbortAsync(int delayMs)
    {
        await Task.Delay(delayMs, _context.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_context.ConnectionClosed.IsCancellationRequested)
        {
            _context.Abort();
        }
    }

    private async Task ReadAsync(CancellationToken ending)
    {
        PipeReader input = _context.Transport.Input;
        while (_reason == -1)
        {
            ReadResult result = await input.ReadAsync(ending);
            ReadOnlySequence<byte> buffer = result.Buffer;
            while (_reason == -1)
            {
                PacketStatus status = MqttPacket.TryRead(ref buffer, _gateway.Settings.MaxPacketBytes, out byte head, out ReadOnlySequence<byte> body);
                if (status == PacketStatus.Incomplete)
                {
                    break;
                }

                if (status != PacketStatus.Whole)
                {
                    Close(status == PacketStatus.TooLarge ? CloseReason.TooLarge : CloseReason.Malformed);
                    break;
                }

                Volatile.Write(ref _lastPacketAt, Environment.TickCount64);
                await _rate.SpendAsync(ending);
                await HandleAsync(head, body, ending);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                Close(CloseReason.Lost);
            }
        }
    }

    private ValueTask HandleAsync(byte head, ReadOnlySequence<byte> body, CancellationToken ending)
    {
        if (_node is null)
        {
            LogIn(Login.Judge(head, body.ToArray(), _gateway.Nodes));
            return ValueTask.CompletedTask;
        }

        switch (head >> 4)
        {
            case MqttProtocol.Publish:
                return HandlePublishAsync(head, body, ending);
            case MqttProtocol.Subscribe:
                return HandleSubscribeAsync(head, body.ToArray(), ending);
            case MqttProtocol.PubAck when (head & 15) == 0 && body.Length == 2:
                // A receipt that got lost is made anew when it is asked for; nothing waits for this.
                break;
            case MqttProtocol.PingReq when (head & 15) == 0 && body.Length == 0:
                _outbound.Add([MqttProtocol.PingRespHead, 0]);
                break;
            case MqttProtocol.Unsubscribe when _topics!.Unsubscribe(head, body.ToArray()) is { } unsubAck:
                _outbound.Add(unsubAck);
                break;
            case MqttProtocol.Disconnect when (head & 15) == 0 && body.Length == 0:
                Close(CloseReason.Disconnect);
                break;
            case MqttProtocol.Connect:
                Close(CloseReason.SecondConnect);
                break;
            default:
                Close(CloseReason.Malformed);
                break;
        }

        return ValueTask.CompletedTask;
    }

    private void LogIn(Login login)
    {
        if (login.Node is null)
        {
            _outbound.Add(login.ConnAck);
            Close(login.Refusal);
            return;
        }

        _topics = login.Topics;
        _keepAliveSeconds = login.KeepAliveSeconds;
        _node = login.Node;
        _gateway.Ingest.Expect(login.Node);
        _gateway.Connections.LoggedIn(this, login.Node);
        _outbound.Add(login.ConnAck);
    }

    /// <summary>Sends a message to the node that is logged in here; false where it said nothing yet in this session.</summary>
    public async Task<bool> SendAsync(string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken)
    {
        byte[] session = _session;
        if (_node is null || session.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            return false;
        }

        return _topics!.Send(topic, await _gateway.Ingest.SealAsync(_node, session, topic, payload, cancellationToken), _outbound);
    }

    /// <summary>Sends a message that is sealed already.</summary>
    public void SendSealed(string topic, byte[] message) => _topics?.Send(topic, message, _outbound);

    /// <summary>Sends a message that is not sealed, at QoS 0, to the node that is logged in here; false where it did not subscribe.</summary>
    public bool SendOpen(string topic, byte[] message) => _topics is { } topics && topics.Send(topic, message, _outbound, mostQos: 0);

    private async ValueTask HandleSubscribeAsync(byte head, byte[] body, CancellationToken ending)
    {
        if (_topics!.Subscribe(head, body, out CloseReason refusal) is not { } subAck)
        {
            Close(refusal);
            return;
        }

        _outbound.Add(subAck);
        await GuardedAsync(WelcomeAsync(ending));
    }

    private async Task WelcomeAsync(CancellationToken ending)
    {
        if (LoginNumber == 0)
        {
            _gateway.Connections.Welcome(this, _node!, await _gateway.Ingest.NumberLoginAsync(_node!, ending));
        }

        await SendReceiptAsync(ending);
    }

    private async Task SendReceiptAsync(CancellationToken ending)
    {
        if (_topics!.HasReceipts)
        {
            _topics.Send(Topics.Receipt, await _gateway.Ingest.SealReceiptAsync(_node!, _session, ending), _outbound);
        }
    }

    private void SendPubAck(int packetId)
    {
        if (packetId != 0)
        {
            _outbound.Add([MqttProtocol.PubAckHead, 2, (byte)(packetId >> 8), (byte)packetId]);
        }
    }
}
