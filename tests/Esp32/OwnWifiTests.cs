using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using DePin.Node.Esp32;
using DePin.Node.Moving;
using DePin.Tests.Node.Fakes;
using DePin.Tests.Node.Moving;
using DePin.Tests.Support;
using AccessOptions = System.Net.NetworkInformation.WirelessAPConfiguration.ConfigurationOptions;
using StationOptions = System.Net.NetworkInformation.Wireless80211Configuration.ConfigurationOptions;

namespace DePin.Tests.Esp32;

/// <summary>The board's own Wi-Fi: its settings on stand-ins, its sockets on this machine's loopback. There is one radio, so these run after each other.</summary>
public sealed class OwnWifiTests
{
    [Fact]
    public void Opening_and_closing_are_settings_that_count_from_the_next_start()
    {
        Assert.False(AccessPoint.IsOpen);
        Assert.True(AccessPoint.Open("DePin-ABCD", "ABCDEFGHJKMNPQRS"));
        WirelessAPConfiguration saved = WirelessAPConfiguration.Saved;
        Assert.Equal((AccessOptions.AutoStart, "DePin-ABCD", "ABCDEFGHJKMNPQRS", 1), (saved.Options, saved.Ssid, saved.Password, (int)saved.MaxConnections));
        Assert.Equal((System.Net.NetworkInformation.AuthenticationType.WPA2, StationOptions.Disable, "192.168.4.1"), (saved.Authentication, Wireless80211Configuration.Saved, WirelessAPConfiguration.Address));
        Assert.True(AccessPoint.IsOpen);
        AccessPoint.Close();
        Assert.Equal((AccessOptions.Disable, StationOptions.Enable), (WirelessAPConfiguration.Saved.Options, Wireless80211Configuration.Saved));
        Assert.False(AccessPoint.IsOpen);
        WirelessAPConfiguration.IsThere = false;
        Assert.False(AccessPoint.Open("a", "b"));
        Assert.False(AccessPoint.IsOpen);
        AccessPoint.Close();
        WirelessAPConfiguration.IsThere = true;
    }

    [Fact]
    public async Task The_page_is_served_over_a_real_socket_to_one_after_the_other()
    {
        int port = FreePort(SocketType.Stream);
        var setup = new LocalSetup(new PageSocket(port), Whereabouts.Load(Ways.Flash(new MemoryFlash())), "ABCD", new SeededBytes(1), 0);
        // The port opens with the first round.
        setup.Step(0);
        for (int i = 0; i < 2; i++)
        {
            Task<string> page = new HttpClient().GetStringAsync($"http://127.0.0.1:{port}/", TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(
                () =>
                {
                    setup.Step(1);
                    return page.IsCompleted;
                },
                "the page comes");
            Assert.Contains("<form", await page, StringComparison.Ordinal);
        }

        // Who goes without a word leaves the page to the next.
        using (var rude = new TcpClient("127.0.0.1", port))
        {
            rude.GetStream().Write("GET / HT"u8);
            setup.Step(2);
        }

        var next = new HttpClient();
        Task<HttpResponseMessage> answered = next.PostAsync($"http://127.0.0.1:{port}/", new StringContent("n1=x", Encoding.ASCII), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(
            () =>
            {
                setup.Step(3);
                return answered.IsCompleted;
            },
            "the form is answered");
        Assert.Equal(HttpStatusCode.Forbidden, (await answered).StatusCode);
    }

    [Fact]
    public async Task A_phone_gets_its_address_over_a_real_socket()
    {
        int port = FreePort(SocketType.Dgram);
        using var phone = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var lease = new LeaseSocket(port, (IPEndPoint)phone.Client.LocalEndPoint!);
        lease.Step();
        byte[] discover = new byte[250];
        (discover[0], discover[1], discover[2]) = (1, 1, 6);
        ((byte[])[99, 130, 83, 99, 53, 1, 1, 255]).CopyTo(discover, 236);
        phone.Send([1, 2, 3], 3, new IPEndPoint(IPAddress.Loopback, port));
        phone.Send(discover, discover.Length, new IPEndPoint(IPAddress.Loopback, port));
        await Eventually.HoldsAsync(
            () =>
            {
                lease.Step();
                return phone.Available > 0;
            },
            "an offer comes");
        IPEndPoint? from = null;
        byte[] offer = phone.Receive(ref from);
        Assert.Equal([192, 168, 4, 2], offer[16..20]);
    }

    private static int FreePort(SocketType type)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
