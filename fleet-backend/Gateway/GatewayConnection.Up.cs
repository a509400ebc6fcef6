using System.Buffers;
using DePin.Contracts.Cbor;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Gateway;

/// <content>What a node publishes on its topics, and when that is acknowledged.</content>
internal sealed partial class GatewayConnection
{
    private ValueTask HandlePublishAsync(byte head, ReadOnlySequence<byte> sequence, CancellationToken ending)
    {
        ReadOnlySpan<byte> body = sequence.IsSingleSegment ? sequence.FirstSpan : sequence.ToArray();
        if (!MqttPacket.TryReadPublish(head, body, out PublishPacket packet))
        {
            Close(CloseReason.Malformed);
            return ValueTask.CompletedTask;
        }

        if (packet.Qos == 2)
        {
            Close(CloseReason.UnsupportedQos);
            return ValueTask.CompletedTask;
        }

        _ = _topics!.IsOwn(packet.Topic, out ReadOnlySpan<byte> part);
        if (part.SequenceEqual("up/batch"u8))
        {
            return SubmitAsync(IncomingKind.Batch, packet.Payload.ToArray(), packet.PacketId, ending);
        }

        if (part.SequenceEqual("up/gap"u8))
        {
            return SubmitAsync(IncomingKind.Gap, packet.Payload.ToArray(), packet.PacketId, ending);
        }

        if (part.SequenceEqual("up/status"u8))
        {
            return HandleStatusAsync(packet.Payload.ToArray(), packet.PacketId, ending);
        }

        if (part.SequenceEqual("up/pair"u8))
        {
            return HandlePairAsync(packet.Payload.ToArray(), packet.PacketId);
        }

        if (part.SequenceEqual("up/settings"u8))
        {
            return HandleSettingsAsync(packet.Payload.ToArray(), packet.PacketId);
        }

        if (part.SequenceEqual("up/update"u8))
        {
            return HandleUpdateAsync(packet.Payload.ToArray(), packet.PacketId, ending);
        }

        Close(CloseReason.ForeignTopic);
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
        }
        else if (status.IsOffline)
        {
            _gateway.Connections.Reported(_node!, status);
        }
        else
        {
            _session = status.Session;
            _gateway.Connections.Reported(_node!, status);
            await GuardedAsync(SendReceiptAsync(ending));
            await GuardedAsync(_gateway.Updates.HeardAsync(_node!, status.Firmware, ending));
            await GuardedAsync(_gateway.SettingsMessages.HeardAsync(_node!, ending));
        }
    }

    private async ValueTask HandleUpdateAsync(byte[] message, int packetId, CancellationToken ending)
    {
        Task<bool> taken = _gateway.Updates.TakeAsync(_node!, _session, message, ending);
        if (await GuardedAsync(taken))
        {
            if (!await taken)
            {
                _gateway.Metrics.Unused.Add(1);
            }

            // Only now: a report is stored.
            SendPubAck(packetId);
        }
    }

    private async ValueTask HandleSettingsAsync(byte[] message, int packetId)
    {
        Task<bool> taken = _gateway.SettingsMessages.TakeAsync(_node!, _session, message);
        if (await GuardedAsync(taken))
        {
            if (!await taken)
            {
                _gateway.Metrics.Unused.Add(1);
            }

            // Only now: what it reports is stored.
            SendPubAck(packetId);
        }
    }

    // What fails here is ours, not the node's: it hears no acknowledgement, and comes again.
    private async Task<bool> GuardedAsync(Task work)
    {
        try
        {
            await work;
            return true;
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // Where the database is away, every node meets this: the table of connections counts them, and logs a few.
            if (!DatabaseAway.Explains(problem))
            {
                _gateway.Log.LogError(problem, "What node {Node} said could not be worked on; its connection ends, and it comes again.", _node!.IdText);
            }

            Close(CloseReason.NotStored);
            return false;
        }
    }

    private async ValueTask HandlePairAsync(byte[] message, int packetId)
    {
        Task<bool> taken = _gateway.PairAnswers.TakeAsync(_node!, message);
        if (await GuardedAsync(taken))
        {
            if (!await taken)
            {
                _gateway.Metrics.Unused.Add(1);
            }

            // Only now: an answer that pairs is stored.
            SendPubAck(packetId);
        }
    }
}
