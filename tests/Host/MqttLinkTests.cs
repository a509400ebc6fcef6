using System.Diagnostics;
using System.Text;
using DePin.Host.Mqtt;
using DePin.Node.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>The node's MQTT client, against bytes spoken by hand.</summary>
public sealed class MqttLinkTests
{
    [Fact]
    public async Task Connect_returns_at_once_and_logs_in_with_name_password_will_and_keep_alive()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using var link = new MqttLink(GatewayAddress.Plain("127.0.0.1", gateway.Port));
        link.Connect("N", "pw", "w", [7, 8]);
        Assert.Equal(UplinkState.Connecting, link.State);
        await using Stream stream = await gateway.AcceptAsync();
        byte[] expected =
        [
            0x10, 28, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 0xCE, 0, 30,
            0, 1, (byte)'N', 0, 1, (byte)'w', 0, 2, 7, 8, 0, 1, (byte)'N', 0, 2, (byte)'p', (byte)'w',
        ];
        expected[1] = (byte)(expected.Length - 2);
        Assert.Equal(expected, await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Equal(UplinkState.Connecting, link.State);
        await WriteAsync(stream, 0x20, 2, 0, 0);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Up, "the link is up");
    }

    [Fact]
    public async Task Messages_go_out_at_both_qualities_and_an_acknowledgement_is_taken()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await UpAsync(gateway, link);
        link.Subscribe("a/b");
        Assert.Equal([0x82, 8, 0, 1, 0, 3, (byte)'a', (byte)'/', (byte)'b', 1], await HandSpokenGateway.ReadPacketAsync(stream));
        await WriteAsync(stream, 0x90, 3, 0, 1, 1);
        Assert.True(link.Publish("t", [5], 1));
        Assert.Equal([0x32, 6, 0, 1, (byte)'t', 0, 2, 5], await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Equal(1, link.Unacknowledged);
        await WriteAsync(stream, 0x40, 2, 0, 2);
        await Eventually.HoldsAsync(() => link.Unacknowledged == 0, "the acknowledgement is taken");
        Assert.True(link.Publish("t", [6], 0));
        Assert.Equal([0x30, 4, 0, 1, (byte)'t', 6], await HandSpokenGateway.ReadPacketAsync(stream));
    }

    [Fact]
    public async Task Messages_come_in_order_though_cut_anywhere_and_are_acknowledged_at_quality_one()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await UpAsync(gateway, link);
        byte[] large = new byte[5000];
        large[4999] = 9;
        byte[] bytes = [.. MqttPackets.Publish("x", [1], 1, 77), .. MqttPackets.Publish("y", large, 0, 0), .. MqttPackets.Publish("z", [], 1, 78)];
        foreach (byte[] piece in bytes.Chunk(3))
        {
            await WriteAsync(stream, piece);
        }

        Downlinked first = await NextAsync(link);
        Assert.Equal(("x", 1), (first.Topic, first.Payload[0]));
        Downlinked second = await NextAsync(link);
        Assert.Equal("y", second.Topic);
        Assert.Equal(large, second.Payload);
        Assert.Equal("z", (await NextAsync(link)).Topic);
        Assert.Equal([0x40, 2, 0, 77], await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Equal([0x40, 2, 0, 78], await HandSpokenGateway.ReadPacketAsync(stream));
    }

    [Theory]
    [InlineData(4, "user name or password")]
    [InlineData(5, "not registered")]
    [InlineData(1, "version")]
    public async Task A_refused_login_is_told_in_words(byte returnCode, string words)
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await gateway.LogInAsync(returnCode);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
        Assert.Contains(words, link.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0x7F }, "packet of")]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "four bytes")]
    [InlineData(new byte[] { 0x30, 3, 0, 9, 65 }, "malformed PUBLISH")]
    [InlineData(new byte[] { 0x36, 5, 0, 1, 65, 0, 1 }, "malformed PUBLISH")]
    [InlineData(new byte[] { 0x10, 0 }, "no node expects")]
    [InlineData(new byte[] { 0x90, 3, 0, 1, 0x80 }, "refused the subscription")]
    public async Task A_gateway_that_breaks_the_protocol_is_left_with_a_cause(byte[] bytes, string words)
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await UpAsync(gateway, link);
        await WriteAsync(stream, bytes);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
        Assert.Contains(words, link.LastError, StringComparison.Ordinal);
        Assert.False(link.Publish("t", [1], 1));
    }

    [Fact]
    public async Task A_lost_link_connects_again_and_forgets_the_messages_of_the_old_one()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using (Stream stream = await UpAsync(gateway, link))
        {
            await WriteAsync(stream, MqttPackets.Publish("old", [1], 0, 0));
        }

        await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
        Assert.NotEqual("", link.LastError);
        link.Connect("N", "pw", "w", [1]);
        await using Stream again = await UpAsync(gateway, link);
        await WriteAsync(again, MqttPackets.Publish("new", [1], 0, 0));
        Assert.Equal("new", (await NextAsync(link)).Topic);
    }

    [Fact]
    public async Task Close_says_goodbye_after_what_was_waiting()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await UpAsync(gateway, link);
        link.Publish("t", [1], 0);
        link.Close();
        Assert.Equal(UplinkState.Down, link.State);
        Assert.Equal(0x30, (await HandSpokenGateway.ReadPacketAsync(stream))[0]);
        Assert.Equal([0xE0, 0], await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Empty(await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Equal("", link.LastError);
    }

    [Fact]
    public async Task A_quiet_link_pings_and_a_gateway_that_stays_silent_is_left()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using var link = new MqttLink(GatewayAddress.Plain("127.0.0.1", gateway.Port), new MqttLinkOptions { KeepAlive = TimeSpan.FromSeconds(0.4) });
        link.Connect("N", "pw", "w", [1]);
        await using Stream stream = await UpAsync(gateway, link);
        Assert.Equal([0xC0, 0], await HandSpokenGateway.ReadPacketAsync(stream));
        await WriteAsync(stream, 0xD0, 0);
        Assert.Equal([0xC0, 0], await HandSpokenGateway.ReadPacketAsync(stream));
        Assert.Equal(UplinkState.Up, link.State);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
        Assert.Contains("silent", link.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_never_answers_the_login_is_left_in_time()
    {
        using var gateway = HandSpokenGateway.Plain();
        var options = new MqttLinkOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var link = new MqttLink(GatewayAddress.Plain("127.0.0.1", gateway.Port), options);
        link.Connect("N", "pw", "w", [1]);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
        Assert.Contains("within 0.2 s", link.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_does_not_read_makes_publishing_answer_false_and_never_wait()
    {
        using var gateway = HandSpokenGateway.Plain();
        await using MqttLink link = Begin(gateway);
        await using Stream stream = await UpAsync(gateway, link);
        byte[] payload = new byte[16_000];
        long began = Stopwatch.GetTimestamp();
        int sent = 0;
        while (sent < 100_000 && link.Publish("t", payload, 0))
        {
            sent++;
        }

        Assert.InRange(sent, 1, 99_999);
        Assert.Equal(UplinkState.Up, link.State);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Over_tls_exactly_the_given_authority_is_trusted_and_the_name_is_checked(string name)
    {
        using var folder = new TemporaryFolder();
        using var gateway = HandSpokenGateway.Tls(folder.File("ca.pem"), name);
        await using var link = new MqttLink(GatewayAddress.Tls(name, gateway.Port, folder.File("ca.pem")));
        link.Connect("N", "pw", "w", [1]);
        await using Stream stream = await UpAsync(gateway, link);
        await WriteAsync(stream, MqttPackets.Publish("x", Encoding.ASCII.GetBytes("hello"), 1, 1));
        Assert.Equal("hello", Encoding.ASCII.GetString((await NextAsync(link)).Payload));
    }

    [Fact]
    public async Task Over_tls_another_authority_or_another_name_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var gateway = HandSpokenGateway.Tls(folder.File("ca.pem"), "localhost");
        using var other = HandSpokenGateway.Tls(folder.File("other.pem"), "localhost");
        foreach (GatewayAddress address in new[]
        {
            GatewayAddress.Tls("localhost", gateway.Port, folder.File("other.pem")),
            GatewayAddress.Tls("127.0.0.1", gateway.Port, folder.File("ca.pem")),
        })
        {
            await using var link = new MqttLink(address);
            link.Connect("N", "pw", "w", [1]);
            Task<Stream> accepted = gateway.AcceptAsync();
            await Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");
            Assert.Contains("certificate", link.LastError, StringComparison.Ordinal);

            // Whether the server's side of the handshake fails depends on the version of TLS; nothing is judged by it.
            await Record.ExceptionAsync(async () => await (await accepted).DisposeAsync());
        }
    }

    [Fact]
    public void An_authority_file_that_is_none_is_refused_with_its_name()
    {
        var problem = Assert.Throws<InvalidDataException>(() => GatewayAddress.Tls("localhost", 1, "no-such.pem"));
        Assert.Contains("no-such.pem", problem.Message, StringComparison.Ordinal);
    }

    private static MqttLink Begin(HandSpokenGateway gateway)
    {
        var link = new MqttLink(GatewayAddress.Plain("127.0.0.1", gateway.Port));
        link.Connect("N", "pw", "w", [1]);
        return link;
    }

    private static async Task<Stream> UpAsync(HandSpokenGateway gateway, MqttLink link)
    {
        Stream stream = await gateway.LogInAsync();
        await Eventually.HoldsAsync(() => link.State == UplinkState.Up, "the link is up");
        return stream;
    }

    private static async Task<Downlinked> NextAsync(MqttLink link)
    {
        Downlinked? message = null;
        await Eventually.HoldsAsync(() => (message = link.Receive()) is not null, "a message came");
        return message!;
    }

    private static async Task WriteAsync(Stream stream, params byte[] bytes) => await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
}
