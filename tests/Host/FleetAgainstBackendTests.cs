using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
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
        await backend.RegisterAsync(fleet.Registrations);
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

    [Fact]
    public async Task A_fleet_runs_fast_and_drains_and_what_truly_happened_is_credited_to_the_last_micro_credit()
    {
        using var folder = new TemporaryFolder();
        var clock = ScaledClock.Start(folder.File("clock"), scale: 2000, startUnixMilliseconds: 1_767_276_000_000);
        await using RunningBackend backend = await RunningBackend.StartAsync(clock);
        await using VirtualFleet fleet = Open(folder, backend, nodes: 5);
        await backend.RegisterAsync(fleet.Registrations);
        using HttpResponseMessage funded = await backend.Http.PostAsJsonAsync(
            "/api/funding", new { AmountMicro = "1000000000000000", Reference = "test" }, TestContext.Current.CancellationToken);
        Assert.True(funded.IsSuccessStatusCode, await funded.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var stop = new CancellationTokenSource();
        Task run = fleet.RunAsync(clock, stop.Token);
        await Eventually.HoldsAsync(() => fleet.Totals().AcknowledgedBatches >= 10, "batches have their receipts", deadlineSeconds: 30);
        await stop.CancelAsync();
        await run;
        Assert.True(await fleet.DrainAsync(TimeSpan.FromSeconds(20)), "everything got its receipt");

        FleetTotals totals = fleet.Totals();
        Assert.Equal((5, 0L, 0L), (totals.NodesOnline, totals.OutboxBatches, totals.RejectedMessages));
        string[] acknowledged = await File.ReadAllLinesAsync(folder.File("acknowledged"), TestContext.Current.CancellationToken);
        Assert.Equal(totals.AcknowledgedBatches, acknowledged.Distinct().Count());
        foreach (VirtualNode node in fleet.Nodes)
        {
            // The next reading's number is one more than the slots that truly passed: nothing lost, nothing split.
            Assert.Equal(node.Device.Meter.Slots.Count + 1, node.Sequence);
        }

        await AssertCreditedAsync(backend, fleet);
    }

    private static async Task AssertCreditedAsync(RunningBackend backend, VirtualFleet fleet)
    {
        int readings = fleet.Nodes.Sum(node => node.Device.Meter.Slots.Count);
        JsonElement summary = default;
        await Eventually.HoldsAsync(
            async () =>
            {
                summary = await backend.Http.GetFromJsonAsync<JsonElement>("/api/summary", TestContext.Current.CancellationToken);
                return summary.GetProperty("readingsWithoutVerdict").GetInt64() == 0 && summary.GetProperty("readings").GetInt64() == readings;
            },
            "every reading has its verdict");
        Assert.True(summary.GetProperty("readingsCredited").GetInt64() == readings, summary.ToString());
        Assert.Equal(fleet.Nodes.Sum(ExpectedCredit.Micro).ToString(CultureInfo.InvariantCulture), summary.GetProperty("creditedMicro").GetString());
        Assert.Equal("0", summary.GetProperty("ledgerSum").GetString());
    }

    private static VirtualFleet Open(TemporaryFolder folder, RunningBackend backend, int nodes) => VirtualFleet.Open(new FleetOptions
    {
        Folder = folder.File("fleet"),
        Nodes = nodes,
        GatewayPort = backend.MqttTlsPort,
        AuthorityFile = backend.CaPath,
        AcknowledgedFile = folder.File("acknowledged"),
    });
}
