using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using Microsoft.AspNetCore.Connections;

namespace DePin.Fleet.Gateway;

/// <summary>
/// One client: CONNECT, then its own topics and nothing else. Batches and gaps go to ingest and are acknowledged when their
/// answer comes, after the commit; everything else is answered here.
/// </summary>
internal sealed class GatewayConnection : IAnswerSink
{
    private readonly ConnectionContext _context;
    private readonly GatewayParts _gateway;
    private readonly OutboundQueue _outbound;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _inFlight;
    private readonly long _openedAt = Environment.TickCount64;
    private readonly PacketRate _rate;
    private RegisteredNode? _node;
    private NodeTopics? _topics;
    private byte[] _session = new byte[Session.Size];
    private int _keepAliveSeconds;
    private long _lastPacketAt;
    private int _reason = -1;

    public GatewayConnection(ConnectionContext context, GatewayParts gateway)
    {
        _context = context;
        _gateway = gateway;
        _outbound = new OutboundQueue(context.Transport.Output, gateway.Settings.MaxOutboundBytes, Close);
        _inFlight = new SemaphoreSlim(gateway.Settings.MessagesInFlight);
        _rate = new PacketRate(gateway.Settings);
        _lastPacketAt = _openedAt;
        RemoteAddress = (context.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
    }

    public IPAddress RemoteAddress { get; }

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration whenStopping = stopping.Register(() => Close(CloseReason.Stopping));
        using CancellationTokenRegistration whenClosed = _context.ConnectionClosed.Register(() => Close(CloseReason.Lost));
        try
        {
            await ReadAsync(_ending.Token);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException)
        {
            Close(CloseReason.Lost);
        }

        await _outbound.DrainAsync(TimeSpan.FromMilliseconds(500));
        _outbound.Close();
        if (_gateway.Connections.Remove(this, _node?.IdText, (CloseReason)_reason))
        {
            _gateway.Presence.Changed(_node!, isOnline: false, _gateway.UnixMilliseconds);
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
        if (_node is null)
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
        if (message.PacketId != 0)
        {
            SendPubAck(message.PacketId);
        }

        SendDown(answer.Topic, answer.SealedMessage);
        _inFlight.Release();
    }

    /// <inheritdoc />
    public void NotStored(Incoming message)
    {
        Close(CloseReason.NotStored);
        _inFlight.Release();
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
        int type = head >> 4;
        if (_node is null)
        {
            HandleFirst(type, head, body);
            return ValueTask.CompletedTask;
        }

        switch (type)
        {
            case MqttProtocol.Publish:
                return HandlePublishAsync(head, body, ending);
            case MqttProtocol.Subscribe:
                return HandleSubscribeAsync(head, body, ending);
            case MqttProtocol.PubAck when (head & 15) == 0 && body.Length == 2:
                // A receipt that got lost is made anew when it is asked for; nothing waits for this.
                break;
            case MqttProtocol.PingReq when (head & 15) == 0 && body.Length == 0:
                _outbound.Add([MqttProtocol.PingRespHead, 0]);
                break;
            case MqttProtocol.Unsubscribe:
                Unsubscribe(head, body);
                break;
            case MqttProtocol.Disconnect:
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

    private void HandleFirst(int type, byte head, ReadOnlySequence<byte> sequence)
    {
        if (type != MqttProtocol.Connect || (head & 15) != 0)
        {
            Close(type == MqttProtocol.Connect ? CloseReason.Malformed : CloseReason.NotConnected);
            return;
        }

        if (!MqttPacket.TryReadConnect(sequence.ToArray(), out ConnectPacket packet))
        {
            Close(CloseReason.Malformed);
        }
        else if (packet.Level != MqttProtocol.Level)
        {
            // MQTT 5 clients understand only their own CONNACK: reason code 0x84, no properties.
            _outbound.Add(packet.Level == MqttProtocol.Level5 ? [MqttProtocol.ConnAckHead, 3, 0, 0x84, 0] : [MqttProtocol.ConnAckHead, 2, 0, MqttProtocol.UnacceptableVersion]);
            Close(CloseReason.UnknownVersion);
        }
        else if (!packet.ClientId.SequenceEqual(packet.UserName))
        {
            Refuse(MqttProtocol.IdentifierRejected, CloseReason.WrongClientId);
        }
        else
        {
            LogIn(packet);
        }
    }

    private void LogIn(ConnectPacket packet)
    {
        RegisteredNode? node = packet.UserName.Length > 64 ? null : _gateway.Nodes.Find(Encoding.ASCII.GetString(packet.UserName));
        if (node is null || !node.IsPassword(packet.Password))
        {
            Refuse(MqttProtocol.BadUserOrPassword, CloseReason.BadLogin);
            return;
        }

        var topics = new NodeTopics(node.IdText);
        if (packet.HasWill && !(topics.IsOwn(packet.WillTopic, out ReadOnlySpan<byte> part) && part.SequenceEqual("up/status"u8)))
        {
            Refuse(MqttProtocol.IdentifierRejected, CloseReason.ForeignTopic);
            return;
        }

        _node = node;
        _topics = topics;
        _keepAliveSeconds = packet.KeepAliveSeconds;
        _gateway.Connections.LoggedIn(this, node.IdText);
        _gateway.Presence.Changed(node, isOnline: true, _gateway.UnixMilliseconds);
        _outbound.Add([MqttProtocol.ConnAckHead, 2, 0, MqttProtocol.Accepted]);
    }

    private void Refuse(byte code, CloseReason reason)
    {
        _outbound.Add([MqttProtocol.ConnAckHead, 2, 0, code]);
        Close(reason);
    }

    private ValueTask HandlePublishAsync(byte head, ReadOnlySequence<byte> sequence, CancellationToken ending)
    {
        ReadOnlySpan<byte> body = sequence.IsSingleSegment ? sequence.FirstSpan : sequence.ToArray();
        if (!MqttPacket.TryReadPublish(head, body, out PublishPacket packet))
        {
            Close(CloseReason.Malformed);
        }
        else if (packet.Qos == 2)
        {
            Close(CloseReason.UnsupportedQos);
        }
        else if (!_topics!.IsOwn(packet.Topic, out ReadOnlySpan<byte> part))
        {
            Close(CloseReason.ForeignTopic);
        }
        else if (part.SequenceEqual("up/batch"u8))
        {
            return SubmitAsync(IncomingKind.Batch, packet.Payload.ToArray(), packet.PacketId, ending);
        }
        else if (part.SequenceEqual("up/gap"u8))
        {
            return SubmitAsync(IncomingKind.Gap, packet.Payload.ToArray(), packet.PacketId, ending);
        }
        else if (part.SequenceEqual("up/status"u8))
        {
            return HandleStatusAsync(packet.Payload.ToArray(), packet.PacketId, ending);
        }
        else if (part.SequenceEqual("up/pair"u8) || part.SequenceEqual("up/update"u8))
        {
            _gateway.Metrics.Unused.Add(1);
            SendPubAck(packet.PacketId);
        }
        else
        {
            Close(CloseReason.ForeignTopic);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask SubmitAsync(IncomingKind kind, byte[] message, int packetId, CancellationToken ending)
    {
        await _inFlight.WaitAsync(ending);
        await _gateway.Ingest.SubmitAsync(new Incoming(kind, _node!, message, _session, _gateway.UnixMilliseconds, packetId, this), ending);
    }

    private async ValueTask HandleStatusAsync(byte[] payload, int packetId, CancellationToken ending)
    {
        Status? status = Status.Decode(payload, out DecodeError error);
        SendPubAck(packetId);
        if (status is null)
        {
            _gateway.Metrics.MalformedStatuses.Add(1, new KeyValuePair<string, object?>("error", error.ToString()));
            return;
        }

        if (status.IsOffline)
        {
            _gateway.Presence.Changed(_node!, isOnline: false, _gateway.UnixMilliseconds);
            return;
        }

        _session = status.Session;
        _gateway.Presence.Reported(_node!, status, _gateway.UnixMilliseconds);
        SendDown(Topics.Receipt, await _gateway.Ingest.SealReceiptAsync(_node!, _session, ending));
    }

    private async ValueTask HandleSubscribeAsync(byte head, ReadOnlySequence<byte> sequence, CancellationToken ending)
    {
        byte[]? answer = _topics!.Subscribe(head, sequence.ToArray(), out CloseReason problem);
        if (answer is null)
        {
            Close(problem);
            return;
        }

        _outbound.Add(answer);
        if (_topics.HasReceipts)
        {
            SendDown(Topics.Receipt, await _gateway.Ingest.SealReceiptAsync(_node!, _session, ending));
        }
    }

    private void Unsubscribe(byte head, ReadOnlySequence<byte> sequence)
    {
        byte[]? answer = _topics!.Unsubscribe(head, sequence.ToArray());
        if (answer is null)
        {
            Close(CloseReason.Malformed);
            return;
        }

        _outbound.Add(answer);
    }

    private void SendPubAck(int packetId)
    {
        if (packetId != 0)
        {
            _outbound.Add([MqttProtocol.PubAckHead, 2, (byte)(packetId >> 8), (byte)packetId]);
        }
    }

    private void SendDown(string topic, byte[] message) => _topics!.Send(topic, message, _outbound);
}
