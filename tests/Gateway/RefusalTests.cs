using DePin.Fleet.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>What ends a connection: what the client is told, and the reason that is counted.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private readonly TestNode _other = new();
    private RunningBackend _backend = null!;
    private ClosedReasons _closed = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        await _backend.RegisterAsync(_node);
        await _backend.RegisterAsync(_other);
        _closed = new ClosedReasons(_backend);
    }

    public async ValueTask DisposeAsync()
    {
        _closed.Dispose();
        _node.Dispose();
        _other.Dispose();
        await _backend.DisposeAsync();
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("")]
    public async Task A_wrong_password_is_told_and_closed(string password)
    {
        await ExpectRefusalAsync(Packet.Connect(_node, password: password), [0, 4], CloseReason.BadLogin);
    }

    [Fact]
    public async Task An_unknown_node_is_told_the_same_as_a_wrong_password()
    {
        using var stranger = new TestNode();
        await ExpectRefusalAsync(Packet.Connect(stranger), [0, 4], CloseReason.BadLogin);
    }

    [Fact]
    public async Task A_client_id_other_than_the_user_name_is_refused()
    {
        await ExpectRefusalAsync(Packet.Connect(_node, clientId: _other.Id.ToString()), [0, 2], CloseReason.WrongClientId);
    }

    [Fact]
    public async Task A_will_on_another_topic_than_the_own_status_is_refused()
    {
        await ExpectRefusalAsync(Packet.Connect(_node, willTopic: $"depin/1/{_other.Id}/up/status"), [0, 2], CloseReason.ForeignTopic);
    }

    [Fact]
    public async Task Mqtt_5_is_answered_in_its_own_form()
    {
        byte[] connect = Packet.Whole(0x10, [.. Packet.Text("MQTT"), 5, 2, 0, 0, 0, .. Packet.Text("x")]);
        await ExpectRefusalAsync(connect, [0, 0x84, 0], CloseReason.UnknownVersion);
    }

    [Theory]
    [InlineData("MQIsdp", 3)]
    [InlineData("MQTT", 3)]
    [InlineData("MQTT", 6)]
    public async Task Another_version_is_told_that_it_is_not_spoken(string protocol, byte level)
    {
        byte[] connect = Packet.Whole(0x10, [.. Packet.Text(protocol), level, 2, 0, 0, .. Packet.Text("x")]);
        await ExpectRefusalAsync(connect, [0, 1], CloseReason.UnknownVersion);
    }

    [Fact]
    public async Task Another_packet_before_connect_is_closed_without_a_word()
    {
        await using MqttSocket client = await MqttSocket.OpenAsync(_backend);
        await client.SendAsync(Packet.PingReq);
        await client.ExpectClosedAsync();
        await _closed.ContainAsync(CloseReason.NotConnected);
    }

    [Fact]
    public async Task A_web_request_on_the_mqtt_port_is_closed_without_a_word()
    {
        await using MqttSocket client = await MqttSocket.OpenAsync(_backend);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        client.FinishSending();
        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData("up/batch")]
    [InlineData("up/status")]
    public Task Publishing_on_another_nodes_topic_is_closed(string part) => ExpectClosedAsync(Packet.Publish(_other, part, [1]), CloseReason.ForeignTopic);

    [Theory]
    [InlineData("down/receipt")]
    [InlineData("up/batchx")]
    [InlineData("up/")]
    public Task Publishing_on_a_topic_that_is_not_a_nodes_to_publish_on_is_closed(string part) =>
        ExpectClosedAsync(Packet.Publish(_node, part, [1]), CloseReason.ForeignTopic);

    [Theory]
    [InlineData("#")]
    [InlineData("depin/1/+/down/receipt")]
    [InlineData("depin/1/OTHER/down/receipt")]
    [InlineData("depin/1/OWN/#")]
    [InlineData("depin/1/OWN/up/batch")]
    [InlineData("$SYS/#")]
    public Task Subscribing_to_what_is_not_the_own_down_topics_is_closed(string filter) =>
        ExpectClosedAsync(
            Packet.Subscribe(filter.Replace("OTHER", _other.Id.ToString(), StringComparison.Ordinal).Replace("OWN", _node.Id.ToString(), StringComparison.Ordinal)),
            CloseReason.ForeignTopic);

    [Fact]
    public Task A_second_connect_is_closed() => ExpectClosedAsync(Packet.Connect(_node), CloseReason.SecondConnect);

    [Fact]
    public Task Quality_of_service_2_is_closed() => ExpectClosedAsync(Packet.Publish(_node, "up/batch", [1], qos: 2), CloseReason.UnsupportedQos);

    [Fact]
    public Task An_oversized_packet_is_closed_at_its_head() => ExpectClosedAsync([0x32, 0x80, 0x80, 0x80, 0x7F], CloseReason.TooLarge);

    [Fact]
    public Task An_oversized_batch_is_closed() => ExpectClosedAsync(Packet.Publish(_node, "up/batch", new byte[18 * 1024]), CloseReason.TooLarge);

    [Theory]
    [InlineData("3280808080")]
    [InlineData("3600")]
    [InlineData("3200")]
    [InlineData("32050003612F620000")]
    [InlineData("8000")]
    [InlineData("8200")]
    [InlineData("8207000000026161FF")]
    [InlineData("A0020001")]
    [InlineData("C100")]
    [InlineData("0000")]
    [InlineData("F000")]
    [InlineData("500200FF")]
    [InlineData("E10100")]
    public Task A_malformed_packet_is_closed(string hex) => ExpectClosedAsync(Convert.FromHexString(hex), CloseReason.Malformed);

    private async Task ExpectRefusalAsync(byte[] connect, byte[] answer, CloseReason reason)
    {
        await using MqttSocket client = await MqttSocket.OpenAsync(_backend);
        await client.SendAsync(connect);
        await client.ExpectAsync(Packet.ConnAck, answer);
        await client.ExpectClosedAsync();
        await _closed.ContainAsync(reason);
    }

    private async Task ExpectClosedAsync(byte[] packet, CloseReason reason)
    {
        await using MqttSocket client = await MqttSocket.LogInAsync(_backend, _node);
        await client.SendAsync(packet);
        await client.ExpectClosedAsync();
        await _closed.ContainAsync(reason);
    }
}
