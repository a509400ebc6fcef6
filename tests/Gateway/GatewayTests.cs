using System.Diagnostics;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;
using DePin.Fleet.Gateway;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

public sealed class GatewayTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private RunningBackend _backend = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(change: settings => settings with { Gateway = new GatewaySettings { SecondsToConnect = 1 } });
        await _backend.RegisterAsync(_node);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_batch_is_acknowledged_and_answered_with_a_receipt()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(RawClient.Subscribe(Topic(Topics.Receipt)));
        Assert.Equal([0x90, 3, 0, 7, 1], await client.ReadAsync());
        Assert.Equal(1, _node.OpenReceipt(await client.ReadPublishedAsync()).Next);
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), _node.SignNext(), packetId: 513));
        Assert.Equal([0x40, 2, 2, 1], await client.ReadAsync());
        Assert.Equal(13, _node.OpenReceipt(await client.ReadPublishedAsync()).Next);
    }

    [Fact]
    public async Task A_resent_publish_is_acknowledged_again_and_stored_once()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        byte[] batch = _node.SignNext();
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), batch, 5));
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), batch, 5, isDuplicate: true));
        Assert.Equal([0x40, 2, 0, 5], await client.ReadAsync());
        Assert.Equal([0x40, 2, 0, 5], await client.ReadAsync());
        await client.SendAsync(RawClient.Subscribe(Topic(Topics.Receipt), qos: 0));
        Assert.Equal(13, _node.OpenReceipt(await client.ReadPublishedAsync()).Next);
    }

    [Fact]
    public async Task A_status_begins_a_session_and_brings_a_receipt_for_it()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(RawClient.Subscribe("depin/1/" + _node.Id + "/down/#"));
        Assert.Equal(new byte[8], _node.OpenReceipt(await client.ReadPublishedAsync()).Header.Session);
        Status status = Status.Create(_node.Session, new byte[8]);
        status.Sequence = 1;
        await client.SendAsync(RawClient.Publish(Topic(Topics.Status), status.Encode()));
        Assert.Equal(_node.Session, _node.OpenReceipt(await client.ReadPublishedAsync()).Header.Session);
        Assert.True(_backend.Part<NodePresence>().Find(_node.Id.ToString())!.IsOnline);
    }

    [Fact]
    public async Task A_batch_that_is_refused_never_blocks_those_behind_it()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(RawClient.Subscribe("depin/1/" + _node.Id + "/down/+"));
        await client.ReadPublishedAsync();
        byte[] good = _node.SignNext();
        byte[] bad = [.. good];
        bad[^1] ^= 1;
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), bad, 1));
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), good, 2));
        Assert.Equal(RejectReason.BadSignature, _node.OpenReject(await client.ReadPublishedAsync()).Reason);
        Assert.Equal(13, _node.OpenReceipt(await client.ReadPublishedAsync()).Next);
    }

    [Fact]
    public async Task A_ping_is_answered() => await WithClientAsync([0xC0, 0], [0xD0, 0]);

    [Fact]
    public async Task An_unsubscribe_is_answered() => await WithClientAsync(RawClient.Packet(0xA2, [0, 9, .. RawClient.Text(Topic(Topics.Receipt))]), [0xB0, 2, 0, 9]);

    [Fact]
    public async Task The_same_node_connecting_twice_takes_over()
    {
        using RawClient older = await RawClient.LogInAsync(_backend, _node);
        using RawClient newer = await RawClient.LogInAsync(_backend, _node);
        await older.ExpectClosedAsync();
        await newer.SendAsync([0xC0, 0]);
        Assert.Equal([0xD0, 0], await newer.ReadAsync());
        Assert.True(_backend.Part<NodePresence>().Find(_node.Id.ToString())!.IsOnline);
    }

    [Fact]
    public async Task A_node_that_vanishes_is_offline()
    {
        using (await RawClient.LogInAsync(_backend, _node, will: Status.EncodeWill(_node.Session)))
        {
            Assert.True(_backend.Part<NodePresence>().Find(_node.Id.ToString())!.IsOnline);
        }

        await Eventually.HoldsAsync(() => !_backend.Part<NodePresence>().Find(_node.Id.ToString())!.IsOnline, "the node is offline");
    }

    [Fact]
    public async Task Silence_for_longer_than_the_keep_alive_allows_ends_the_connection()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node, keepAliveSeconds: 1);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_connection_that_never_speaks_is_closed()
    {
        using RawClient client = await RawClient.OpenAsync(_backend);
        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(5, "20030084" + "00")]
    [InlineData(3, "20020001")]
    [InlineData(6, "20020001")]
    public async Task Another_version_is_told_so_in_its_own_form(byte level, string answer)
    {
        using RawClient client = await RawClient.OpenAsync(_backend);
        await client.SendAsync(RawClient.Packet(0x10, [.. RawClient.Text("MQTT"), level, 0xC2, 0, 60, 0, 0, 0]));
        Assert.Equal(answer, Convert.ToHexStringLower(await client.ReadAsync()));
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_node_get_the_same_answer()
    {
        using var unknown = new TestNode();
        foreach ((string id, string password) in new[] { (_node.Id.ToString(), unknown.Password), (unknown.Id.ToString(), unknown.Password), (_node.Id.ToString(), "") })
        {
            using RawClient client = await RawClient.OpenAsync(_backend);
            await client.SendAsync(RawClient.Connect(id, id, password));
            Assert.Equal([0x20, 2, 0, 4], await client.ReadAsync());
            await client.ExpectClosedAsync();
        }
    }

    [Fact]
    public async Task A_client_id_that_is_not_the_user_name_is_refused()
    {
        using RawClient client = await RawClient.OpenAsync(_backend);
        await client.SendAsync(RawClient.Connect("lamp", _node.Id.ToString(), _node.Password));
        Assert.Equal([0x20, 2, 0, 2], await client.ReadAsync());
        await client.ExpectClosedAsync();
    }

    public static TheoryData<string> Offences => new("foreign publish", "foreign subscribe", "down publish", "up subscribe", "second connect", "QoS 2", "QoS 3", "oversized", "long length", "reserved type", "packet id 0");

    [Theory]
    [MemberData(nameof(Offences))]
    public async Task Who_breaks_a_rule_is_closed_out(string offence)
    {
        const string Foreign = "depin/1/0000000000000000/";
        byte[] packet = offence switch
        {
            "foreign publish" => RawClient.Publish(Foreign + Topics.Batch, [1]),
            "foreign subscribe" => RawClient.Subscribe(Foreign + Topics.Receipt),
            "down publish" => RawClient.Publish(Topic(Topics.Receipt), [1]),
            "up subscribe" => RawClient.Subscribe("#"),
            "second connect" => RawClient.Connect(_node.Id.ToString(), _node.Id.ToString(), _node.Password),
            "QoS 2" => RawClient.Packet(0x34, [.. RawClient.Text(Topic(Topics.Batch)), 0, 1, 1]),
            "QoS 3" => RawClient.Packet(0x36, [.. RawClient.Text(Topic(Topics.Batch)), 0, 1, 1]),
            "oversized" => RawClient.Publish(Topic(Topics.Batch), new byte[18 * 1024]),
            "long length" => [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            "reserved type" => [0xF0, 0],
            "packet id 0" => RawClient.Packet(0x32, [.. RawClient.Text(Topic(Topics.Batch)), 0, 0, 1]),
            _ => throw new ArgumentOutOfRangeException(nameof(offence)),
        };
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(packet);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Stopping_with_a_silent_client_takes_under_two_seconds()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await backend.RegisterAsync(_node);
        using RawClient client = await RawClient.LogInAsync(backend, _node);
        long began = Stopwatch.GetTimestamp();
        await backend.RestartAsync();
        Assert.True(Stopwatch.GetElapsedTime(began).TotalSeconds < 10, "the restart, which holds the stop, took ten seconds");
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_batch_of_the_largest_size_passes_and_one_byte_more_is_rejected()
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(RawClient.Subscribe("depin/1/" + _node.Id + "/down/#"));
        await client.ReadPublishedAsync();
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), new byte[MeteringLimits.SignedBatchBytes + 1]));
        Assert.Equal(RejectReason.TooLarge, _node.OpenReject(await client.ReadPublishedAsync()).Reason);
        await client.SendAsync(RawClient.Publish(Topic(Topics.Batch), _node.SignNext(readings: 96)));
        Assert.Equal(97, _node.OpenReceipt(await client.ReadPublishedAsync()).Next);
    }

    private async Task WithClientAsync(byte[] packet, byte[] answer)
    {
        using RawClient client = await RawClient.LogInAsync(_backend, _node);
        await client.SendAsync(packet);
        Assert.Equal(answer, await client.ReadAsync());
    }

    private string Topic(string part) => Topics.Of(_node.Id.ToString(), part);
}
