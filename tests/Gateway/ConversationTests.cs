using System.Diagnostics;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;
using DePin.Fleet.Gateway;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>What a node and the gateway say to each other when all is well, and how a connection ends.</summary>
public sealed class ConversationTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private RunningBackend _backend = null!;
    private ClosedReasons _closed = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        await _backend.RegisterAsync(_node);
        _closed = new ClosedReasons(_backend);
    }

    public async ValueTask DisposeAsync()
    {
        _closed.Dispose();
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_is_acknowledged_and_answered_with_a_receipt()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext(), packetId: 300));
        await client.ExpectAsync(Packet.PubAck, [1, 44]);
        Assert.Equal(13, (await ReceiptAsync(client)).Next);
    }

    [Fact]
    public async Task A_batch_at_quality_0_is_answered_with_a_receipt_alone()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext(), qos: 0));
        Assert.Equal(13, (await ReceiptAsync(client)).Next);
    }

    [Fact]
    public async Task A_resent_publish_is_acknowledged_again_and_stored_once()
    {
        await using MqttSocket client = await SubscribedAsync();
        byte[] batch = _node.SignNext();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, batch), Packet.Publish(_node, Topics.Batch, batch, isDuplicate: true));
        for (int i = 0; i < 2; i++)
        {
            await client.ExpectAsync(Packet.PubAck, [0, 1]);
            Assert.Equal(13, (await ReceiptAsync(client)).Next);
        }
    }

    [Fact]
    public async Task A_batch_nobody_can_read_is_acknowledged_and_rejected_and_the_next_one_goes_on()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, [1, 2, 3]), Packet.Publish(_node, Topics.Batch, _node.SignNext(), packetId: 2));
        Assert.Equal(RejectReason.Malformed, await RejectedAsync(client, packetId: 1));
        await client.ExpectAsync(Packet.PubAck, [0, 2]);
        Assert.Equal(13, (await ReceiptAsync(client)).Next);
    }

    [Fact]
    public async Task A_batch_with_a_bent_signature_never_blocks_those_behind_it()
    {
        await using MqttSocket client = await SubscribedAsync();
        byte[] good = _node.SignNext();
        byte[] bent = [.. good[..^1], (byte)(good[^1] ^ 1)];
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, bent), Packet.Publish(_node, Topics.Batch, good, packetId: 2));
        Assert.Equal(RejectReason.BadSignature, await RejectedAsync(client, packetId: 1));
        await client.ExpectAsync(Packet.PubAck, [0, 2]);
        Assert.Equal(13, (await ReceiptAsync(client)).Next);
    }

    [Fact]
    public async Task A_batch_of_the_most_readings_passes_and_one_byte_over_the_limit_is_rejected()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, new byte[MeteringLimits.SignedBatchBytes + 1]));
        Assert.Equal(RejectReason.TooLarge, await RejectedAsync(client, packetId: 1));
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext(readings: 96), packetId: 2));
        await client.ExpectAsync(Packet.PubAck, [0, 2]);
        Assert.Equal(97, (await ReceiptAsync(client)).Next);
    }

    [Fact]
    public async Task A_status_opens_the_session_and_is_answered_with_a_receipt_in_it()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Publish(_node, Topics.Status, Status()));
        await client.ExpectAsync(Packet.PubAck, [0, 1]);
        Assert.Equal(_node.Session, (await ReceiptAsync(client)).Header.Session);
        Assert.Equal(42, Standing?.LastStatus?.FreeHeapBytes);
    }

    [Theory]
    [InlineData("down/receipt", 0)]
    [InlineData("down/+", 1)]
    [InlineData("down/#", 2)]
    public async Task A_subscription_is_granted_at_most_quality_1_and_answered_with_the_receipt_at_once(string part, int qos)
    {
        await using MqttSocket client = await MqttSocket.LogInAsync(_backend, _node);
        await client.SendAsync(Packet.Subscribe(Topics.Of(_node.Id.ToString(), part), qos));
        await client.ExpectAsync(Packet.SubAck, [0, 7, (byte)Math.Min(qos, 1)]);
        (_, int sentQos, byte[] payload) = await client.ExpectPublishAsync();
        Assert.Equal(Math.Min(qos, 1), sentQos);
        Assert.Equal(new byte[Session.Size], _node.OpenReceipt(payload).Header.Session);
    }

    [Fact]
    public async Task After_unsubscribing_no_receipt_comes_any_more()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync(Packet.Unsubscribe(Topics.Of(_node.Id.ToString(), "down/#")), Packet.Publish(_node, Topics.Batch, _node.SignNext()));
        await client.ExpectAsync(Packet.UnsubAck, [0, 8]);
        await client.ExpectAsync(Packet.PubAck, [0, 1]);
        await client.SendAsync(Packet.PingReq);
        await client.ExpectAsync(Packet.PingResp, []);
    }

    [Fact]
    public async Task What_serves_later_is_acknowledged_and_what_is_acknowledged_to_us_is_taken()
    {
        await using MqttSocket client = await SubscribedAsync();
        await client.SendAsync([0x40, 2, 0, 1], Packet.Publish(_node, "up/pair", [1]), Packet.Publish(_node, "up/update", [1], qos: 0), Packet.PingReq);
        await client.ExpectAsync(Packet.PubAck, [0, 1]);
        await client.ExpectAsync(Packet.PingResp, []);
    }

    [Fact]
    public async Task A_packet_that_comes_byte_by_byte_is_one_packet()
    {
        await using MqttSocket client = await MqttSocket.OpenAsync(_backend);
        foreach (byte one in Packet.Connect(_node))
        {
            await client.SendAsync([one]);
        }

        await client.ExpectAsync(Packet.ConnAck, [0, 0]);
    }

    [Fact]
    public async Task A_node_that_says_goodbye_right_behind_its_batch_has_delivered_it()
    {
        await using (MqttSocket client = await MqttSocket.OpenAsync(_backend))
        {
            await client.SendAsync(Packet.Connect(_node), Packet.Publish(_node, Topics.Batch, _node.SignNext(), qos: 0), Packet.Disconnect);
            client.FinishSending();
            await client.ExpectAsync(Packet.ConnAck, [0, 0]);
            await client.ExpectClosedAsync();
        }

        await _closed.ContainAsync(CloseReason.Disconnect);
        await using MqttSocket again = await MqttSocket.LogInAsync(_backend, _node);
        await again.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext()));
        await again.ExpectAsync(Packet.PubAck, [0, 1]);
        await again.SendAsync(Packet.Subscribe(Topics.Of(_node.Id.ToString(), Topics.Receipt)));
        await again.ExpectAsync(Packet.SubAck, [0, 7, 1]);
        Assert.Equal(25, (await ReceiptAsync(again)).Next);
    }

    [Fact]
    public async Task The_newer_connection_of_a_node_takes_over()
    {
        await using MqttSocket older = await SubscribedAsync();
        await using MqttSocket newer = await MqttSocket.LogInAsync(_backend, _node);
        await older.ExpectClosedAsync();
        await _closed.ContainAsync(CloseReason.TakenOver);
        await newer.SendAsync(Packet.PingReq);
        await newer.ExpectAsync(Packet.PingResp, []);
        Assert.True(Standing?.IsOnline);
    }

    [Fact]
    public async Task A_node_whose_link_breaks_is_offline()
    {
        await using MqttSocket client = await MqttSocket.OpenAsync(_backend);
        await client.SendAsync(Packet.Connect(_node, willTopic: Topics.Of(_node.Id.ToString(), Topics.Status)));
        await client.ExpectAsync(Packet.ConnAck, [0, 0]);
        await Eventually.HoldsAsync(() => Standing?.IsOnline == true, "the node is online");
        client.Break();
        await Eventually.HoldsAsync(() => Standing?.IsOnline == false, "the node is offline");
        await _closed.ContainAsync(CloseReason.Lost);
    }

    [Fact]
    public async Task A_node_that_is_silent_for_one_and_a_half_keep_alive_times_is_closed()
    {
        await using MqttSocket client = await MqttSocket.LogInAsync(_backend, _node, keepAliveSeconds: 1);
        long began = Stopwatch.GetTimestamp();
        await client.ExpectClosedAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 1.4, 10);
        await _closed.ContainAsync(CloseReason.KeepAlive);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_clients_that_say_nothing()
    {
        await using MqttSocket silent = await SubscribedAsync();
        await using MqttSocket anonymous = await MqttSocket.OpenAsync(_backend);
        long began = Stopwatch.GetTimestamp();
        await _backend.RestartAsync();

        // Who waits for such clients waits half a minute; a busy machine takes some seconds all the same.
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 15);
        await silent.ExpectClosedAsync();
    }

    private NodeStanding? Standing => _backend.Part<NodePresence>().Find(_node.Id.ToString());

    private byte[] Status()
    {
        var status = DePin.Contracts.Uplink.Status.Create(_node.Session, new byte[8]);
        status.Boot = 1;
        status.Sequence = 1;
        status.FreeHeapBytes = 42;
        return status.Encode();
    }

    private async Task<MqttSocket> SubscribedAsync()
    {
        MqttSocket client = await MqttSocket.SubscribedAsync(_backend, _node);
        await ReceiptAsync(client);
        return client;
    }

    // The acknowledgement, then the reject; no signature vouches for a sequence in it.
    private async Task<RejectReason> RejectedAsync(MqttSocket client, byte packetId)
    {
        await client.ExpectAsync(Packet.PubAck, [0, packetId]);
        (string topic, _, byte[] payload) = await client.ExpectPublishAsync();
        Assert.EndsWith(Topics.Reject, topic, StringComparison.Ordinal);
        Reject reject = _node.OpenReject(payload);
        Assert.Equal(0, reject.Sequence);
        return reject.Reason;
    }

    private async Task<Receipt> ReceiptAsync(MqttSocket client)
    {
        (string topic, _, byte[] payload) = await client.ExpectPublishAsync();
        Assert.EndsWith(Topics.Receipt, topic, StringComparison.Ordinal);
        return _node.OpenReceipt(payload);
    }
}
