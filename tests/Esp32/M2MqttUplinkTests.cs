using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DePin.Node.Esp32;
using DePin.Node.Uplink;
using DePin.Tests.Support;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;

namespace DePin.Tests.Esp32;

/// <summary>The uplink on M2Mqtt, whose events come late, from other threads, and sometimes not at all.</summary>
public sealed class M2MqttUplinkTests
{
    private static readonly byte[] Authority = Certificate();

    [Fact]
    public async Task A_login_with_the_nodes_name_is_up_and_messages_come_in_order()
    {
        FarEnd far = new();
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        Assert.Equal(("NODE", "password"), far.Login);
        link.Subscribe("down/receipt");
        Assert.Equal(["down/receipt"], far.Client!.Subscribed.Cast<string>());
        far.Client.Deliver("a", [1]);
        far.Client.Deliver("b", [2]);
        Assert.Equal("a", link.Receive()!.Topic);
        Assert.Equal([2], link.Receive()!.Payload);
        Assert.Null(link.Receive());
    }

    [Fact]
    public async Task Batches_go_out_at_quality_zero_since_the_receipt_is_the_acknowledgement()
    {
        FarEnd far = new();
        M2MqttUplink link = Link(far);
        Assert.False(link.Publish("up/batch", [1], 1));
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        Assert.True(link.Publish("up/batch", [1, 2], 1));
        Assert.Equal(("up/batch", 2, MqttQoSLevel.AtMostOnce), Assert.Single(far.Taken));
    }

    [Fact]
    public async Task A_refused_login_and_a_server_that_throws_end_down_and_can_be_tried_again()
    {
        FarEnd far = new() { LogsIn = () => MqttReasonCode.NotAuthorized };
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "wrong", "will", [1]);
        await DownAsync(link);
        far.LogsIn = () => throw new SocketException(10060);
        link.Connect("NODE", "password", "will", [1]);
        await DownAsync(link);
        far.LogsIn = () => MqttReasonCode.Success;
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
    }

    [Fact]
    public async Task A_broken_link_is_down_and_what_its_client_says_later_is_not_heard()
    {
        FarEnd far = new();
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        MqttClient old = far.Client!;
        Action<string, byte[]> late = old.LateDelivery();
        old.Break();
        Assert.Equal(UplinkState.Down, link.State);
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        late("old", [1]);
        Assert.Null(link.Receive());
        old.Break();
        Assert.Equal(UplinkState.Up, link.State);
    }

    [Fact]
    public async Task A_publish_that_throws_takes_the_link_down()
    {
        FarEnd far = new() { Takes = () => throw new IOException("reset") };
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        Assert.False(link.Publish("up/batch", [1], 1));
        Assert.Equal(UplinkState.Down, link.State);
        Assert.False(link.Publish("up/batch", [1], 1));
    }

    [Fact]
    public async Task A_login_that_was_given_up_meanwhile_is_closed_and_stays_down()
    {
        using var answer = new ManualResetEventSlim();
        FarEnd far = new()
        {
            LogsIn = () =>
            {
                answer.Wait(TestContext.Current.CancellationToken);
                return MqttReasonCode.Success;
            },
        };
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "password", "will", [1]);
        await Eventually.HoldsAsync(() => far.Client is not null, "the login is under way");
        link.Close();
        answer.Set();
        await Eventually.HoldsAsync(() => !far.Client!.IsConnected && far.IsAnswered, "the late login is closed again");
        Assert.Equal(UplinkState.Down, link.State);
    }

    [Fact]
    public void Without_a_network_an_attempt_ends_at_once()
    {
        FarEnd far = new();
        M2MqttUplink link = Link(far);
        link.HasNetwork = false;
        link.Connect("NODE", "password", "will", [1]);
        Assert.Equal(UplinkState.Down, link.State);
        Assert.Null(far.Client);
    }

    [Fact]
    public async Task A_flood_is_bounded_and_counted()
    {
        FarEnd far = new();
        M2MqttUplink link = Link(far);
        link.Connect("NODE", "password", "will", [1]);
        await UpAsync(link);
        for (int i = 0; i < 20; i++)
        {
            far.Client!.Deliver("t", [(byte)i]);
        }

        Assert.Equal(4, link.Dropped);
    }

    private static M2MqttUplink Link(FarEnd far)
    {
        string host = Guid.NewGuid().ToString("N");
        MqttClient.FarEnds[host] = far;
        return new M2MqttUplink(host, 8883, Authority);
    }

    private static Task UpAsync(M2MqttUplink link) => Eventually.HoldsAsync(() => link.State == UplinkState.Up, "the link is up");

    private static Task DownAsync(M2MqttUplink link) => Eventually.HoldsAsync(() => link.State == UplinkState.Down, "the link is down");

    private static byte[] Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddDays(1));
        return Encoding.ASCII.GetBytes(made.ExportCertificatePem());
    }

    private sealed class FarEnd : IFarEnd
    {
        public Func<MqttReasonCode> LogsIn { get; set; } = () => MqttReasonCode.Success;

        public Action Takes { get; set; } = () => { };

        public MqttClient? Client { get; private set; }

        public bool IsAnswered { get; private set; }

        public (string User, string Password) Login { get; private set; }

        public ConcurrentQueue<(string Topic, int Bytes, MqttQoSLevel Level)> Taken { get; } = new();

        public MqttReasonCode LogIn(MqttClient client, string user, string password)
        {
            Client = client;
            Login = (user, password);
            MqttReasonCode code = LogsIn();
            IsAnswered = true;
            return code;
        }

        public void Take(string topic, byte[] message, MqttQoSLevel level)
        {
            Takes();
            Taken.Enqueue((topic, message.Length, level));
        }
    }
}
