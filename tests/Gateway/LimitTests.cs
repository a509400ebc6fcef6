using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using DePin.Contracts;
using DePin.Fleet.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>The bounds of <see cref="GatewaySettings"/>, each set low enough to be met.</summary>
public sealed class LimitTests : IDisposable
{
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_connection_that_never_says_connect_is_closed()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { SecondsToConnect = 1 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket silent = await MqttSocket.OpenAsync(backend);
        await using MqttSocket slow = await MqttSocket.OpenAsync(backend);
        await slow.SendAsync(Packet.Connect(_node)[..20]);
        await silent.ExpectClosedAsync();
        await slow.ExpectClosedAsync();
        await closed.ContainAsync(CloseReason.ConnectTimeout);
    }

    [Fact]
    public async Task Over_the_limit_of_connections_a_new_one_is_closed_and_the_others_stay()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxConnections = 2 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket first = await MqttSocket.LogInAsync(backend, _node);
        await using (MqttSocket second = await MqttSocket.OpenAsync(backend))
        {
            await second.SendAsync(Packet.Connect(_node, password: "wrong")[..4]);
            await using MqttSocket third = await MqttSocket.OpenAsync(backend);
            await third.ExpectClosedAsync();
            await closed.ContainAsync(CloseReason.TooManyConnections);
        }

        await closed.ContainAsync(CloseReason.Lost);
        await first.SendAsync(Packet.PingReq);
        await first.ExpectAsync(Packet.PingResp, []);
        await using MqttSocket fourth = await MqttSocket.LogInAsync(backend, _node);
    }

    [Fact]
    public async Task One_address_may_have_only_so_many_connections_that_are_not_logged_in()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxAnonymousPerAddress = 1 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket loggedIn = await MqttSocket.LogInAsync(backend, _node);
        await using MqttSocket anonymous = await MqttSocket.OpenAsync(backend);
        await using MqttSocket oneMore = await MqttSocket.OpenAsync(backend);
        await oneMore.ExpectClosedAsync();
        await closed.ContainAsync(CloseReason.TooManyConnections);
    }

    [Fact]
    public async Task All_addresses_together_may_have_only_so_many_connections_that_are_not_logged_in()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxAnonymous = 1 });
        using var closed = new ClosedReasons(backend);
        await using (await MqttSocket.OpenAsync(backend))
        {
            await using MqttSocket elsewhere = await MqttSocket.OpenAsync(backend, IPAddress.Parse("127.0.0.2"));
            await elsewhere.ExpectClosedAsync();
            await closed.ContainAsync(CloseReason.TooManyConnections);
        }

        await closed.ContainAsync(CloseReason.Lost);
        await using MqttSocket loggedIn = await MqttSocket.LogInAsync(backend, _node);
        await using MqttSocket beside = await MqttSocket.OpenAsync(backend, IPAddress.Parse("127.0.0.2"));
        await beside.SendAsync(Packet.PingReq);
        await beside.ExpectClosedAsync();
        await closed.ContainAsync(CloseReason.NotConnected);
    }

    [Fact]
    public async Task A_connect_that_comes_byte_by_byte_has_no_more_time_than_one_that_does_not_come()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { SecondsToConnect = 1 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket client = await MqttSocket.OpenAsync(backend);
        Task<(byte Head, byte[] Body)?> answer = client.ReadAsync();
        byte[] connect = Packet.Connect(_node);

        // Never the last byte.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int i = 0; !answer.IsCompleted && i < connect.Length - 1; i++)
        {
            await client.TrySendAsync([connect[i]]);
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(await answer);
        await closed.ContainAsync(CloseReason.ConnectTimeout);
    }

    [Fact]
    public async Task A_tls_handshake_that_stops_in_the_middle_is_closed_and_its_place_is_free()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxAnonymous = 1, SecondsToConnect = 1 });
        await using MqttSocket half = await MqttSocket.OpenHalfTlsAsync(backend);

        // The head of a ClientHello that promises 256 bytes, and a few of them.
        await half.SendAsync([0x16, 3, 1, 1, 0, 1, 0, 0, 0xFC, 3, 3]);
        await half.ExpectClosedAsync();
        await Eventually.HoldsAsync(() => CanLogInOverTlsAsync(backend), "a node logs in over TLS");
    }

    [Fact]
    public async Task A_client_that_logs_in_and_stops_within_a_packet_is_closed_by_its_own_keep_alive()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings());
        using var closed = new ClosedReasons(backend);
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, _node, keepAliveSeconds: 1);
        await client.SendAsync(Packet.Publish(_node, Topics.Batch, _node.SignNext(readings: 1))[..40]);
        await client.ExpectClosedAsync();
        await closed.ContainAsync(CloseReason.KeepAlive);
    }

    [Fact]
    public async Task A_tls_handshake_that_is_never_finished_counts_as_not_logged_in()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxAnonymousPerAddress = 2 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket second = await MqttSocket.OpenHalfTlsAsync(backend);
        await using (MqttSocket first = await MqttSocket.OpenHalfTlsAsync(backend))
        {
            await using MqttSocket oneMore = await MqttSocket.OpenHalfTlsAsync(backend);
            await oneMore.ExpectClosedAsync();
            await closed.ContainAsync(CloseReason.TooManyConnections);
        }

        // The place of one that gave up in its handshake is free again.
        await Eventually.HoldsAsync(() => CanLogInOverTlsAsync(backend), "a node logs in over TLS");
    }

    [Fact]
    public async Task Tls_handshakes_count_among_all_connections()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MaxConnections = 1 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket half = await MqttSocket.OpenHalfTlsAsync(backend);
        await using MqttSocket oneMore = await MqttSocket.OpenAsync(backend);
        await oneMore.ExpectClosedAsync();
        await closed.ContainAsync(CloseReason.TooManyConnections);
    }

    [Fact]
    public async Task A_connection_that_sends_too_fast_is_read_more_slowly_and_loses_nothing()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { PacketsPerSecond = 20, PacketBurst = 5 });
        long began = Stopwatch.GetTimestamp();
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, _node);
        await client.SendAsync([.. Enumerable.Repeat(Packet.PingReq, 24)]);
        for (int i = 0; i < 24; i++)
        {
            await client.ExpectAsync(Packet.PingResp, []);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.9, 10);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_closed_and_costs_no_memory()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { PacketsPerSecond = 1_000_000, PacketBurst = 1_000_000, MaxOutboundBytes = 4096 });
        using var closed = new ClosedReasons(backend);
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, _node);
        byte[] questions = [.. Enumerable.Repeat(Packet.PingReq, 50_000).SelectMany(packet => packet)];
        Task<bool> asking = AskUntilClosedAsync(client, questions);
        await closed.ContainAsync(CloseReason.SlowReader);
        Assert.True(await asking);
    }

    [Fact]
    public async Task A_node_may_send_more_messages_than_may_be_under_way_at_once()
    {
        await using RunningBackend backend = await StartAsync(new GatewaySettings { MessagesInFlight = 2 });
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, _node);
        await client.SendAsync([.. Enumerable.Range(1, 50).Select(id => Packet.Publish(_node, Topics.Batch, _node.SignNext(readings: 1), packetId: id))]);
        for (int id = 1; id <= 50; id++)
        {
            await client.ExpectAsync(Packet.PubAck, [0, (byte)id]);
        }
    }

    private async Task<RunningBackend> StartAsync(GatewaySettings settings)
    {
        RunningBackend backend = await RunningBackend.StartAsync(change: all => all with { Gateway = settings });
        await backend.RegisterAsync(_node);
        return backend;
    }

    private async Task<bool> CanLogInOverTlsAsync(RunningBackend backend)
    {
        try
        {
            await using MqttSocket client = await MqttSocket.OpenTlsAsync(backend, SslProtocols.Tls13);
            await client.SendAsync(Packet.Connect(_node));
            await client.ExpectAsync(Packet.ConnAck, [0, 0]);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // True once the other end is gone; the socket's own buffers take some megabytes first.
    private static async Task<bool> AskUntilClosedAsync(MqttSocket client, byte[] questions)
    {
        try
        {
            for (int i = 0; i < 10_000; i++)
            {
                await client.SendAsync(questions);
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
