using System.Net.Http.Json;
using DePin.Host;
using DePin.Host.Mqtt;
using DePin.Node.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>The host's client and fleet against the real gateway.</summary>
public sealed class FleetAgainstBackendTests
{
    [Fact]
    public async Task A_registered_node_logs_in_over_tls_and_one_with_another_password_is_told_why_not()
    {
        using var folder = new TemporaryFolder();
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await using VirtualFleet fleet = Open(folder, backend, nodes: 1);
        await RegisterAsync(backend, fleet);
        Registration node = fleet.Registrations[0];
        await using var link = new MqttLink(GatewayAddress.Tls("127.0.0.1", backend.MqttTlsPort, backend.CaPath));
        link.Connect(node.NodeId, node.LoginPassword, $"depin/1/{node.NodeId}/up/status", [1]);
        await Eventually.HoldsAsync(() => link.State == UplinkState.Up, "the login is accepted");
        link.Subscribe($"depin/1/{node.NodeId}/down/reject");

        await using var stranger = new MqttLink(GatewayAddress.Plain("127.0.0.1", backend.MqttPlainPort));
        stranger.Connect(node.NodeId, new string('0', 64), $"depin/1/{node.NodeId}/up/status", [1]);
        await Eventually.HoldsAsync(() => stranger.LastError.Length > 0, "the stranger is refused");
        Assert.Contains("refused the login", stranger.LastError, StringComparison.Ordinal);
        Assert.Equal(UplinkState.Up, link.State);
    }

    private static VirtualFleet Open(TemporaryFolder folder, RunningBackend backend, int nodes) => VirtualFleet.Open(new FleetOptions
    {
        Folder = folder.File("fleet"),
        Nodes = nodes,
        GatewayPort = backend.MqttTlsPort,
        AuthorityFile = backend.CaPath,
        AcknowledgedFile = folder.File("acknowledged"),
    });

    private static async Task RegisterAsync(RunningBackend backend, VirtualFleet fleet)
    {
        var nodes = fleet.Registrations.Select(node => new
        {
            node.PublicKey,
            node.LoginPassword,
            node.DownKey,
            node.Profile,
            Operator = "amina",
            CapitalBuilder = "ngo-1",
            node.Place,
            node.Latitude,
            node.Longitude,
            Agreement = new { Operator = 7000, CapitalBuilder = 3000 },
        });
        using HttpResponseMessage response = await backend.Http.PostAsJsonAsync("/api/nodes", nodes, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
