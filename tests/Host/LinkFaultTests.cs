using DePin.Host;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>Real TLS connections that fail while the real core meters: each is survived, and nothing measured meanwhile is lost.</summary>
public sealed class LinkFaultTests
{
    private const long Start = 1_767_276_000;
    private const int Hours = 3;

    [Fact]
    public Task A_link_that_breaks_in_the_middle_of_a_message_costs_nothing() => SurvivesAsync(gateway => BreakMidMessageAsync(gateway));

    [Fact]
    public Task A_gateway_of_another_authority_costs_nothing() => SurvivesAsync(RefusedHandshakeAsync, isTrusted: false);

    [Fact]
    public Task A_server_that_accepts_and_never_shakes_hands_costs_nothing() => SurvivesAsync(SilentAsync, answersTls: false);

    [Fact]
    public Task A_server_that_shakes_hands_and_never_answers_the_login_costs_nothing() => SurvivesAsync(SilentAsync);

    private static async Task SurvivesAsync(Func<HandSpokenGateway, Task> misbehave, bool isTrusted = true, bool answersTls = true)
    {
        using var folder = new TemporaryFolder();
        using var server = HandSpokenGateway.Tls(folder.File("ca.pem"), "localhost");
        using HandSpokenGateway silent = HandSpokenGateway.Plain();
        using var stranger = HandSpokenGateway.Tls(folder.File("stranger.pem"), "localhost");
        HandSpokenGateway gateway = answersTls ? server : silent;
        Task misbehaving = misbehave(gateway);
        var address = GatewayAddress.Tls("localhost", gateway.Port, folder.File(isTrusted ? "ca.pem" : "stranger.pem"));
        long sequence;
        await using (VirtualNode node = Make(folder, new MqttLink(address, new MqttLinkOptions { ConnectTimeout = TimeSpan.FromSeconds(1) })))
        {
            Advance(node, Start);
            await Eventually.HoldsAsync(
                () =>
                {
                    node.Advance(node.Clock.TrueUnixSeconds * 1000);
                    return node.Look().LastLinkError.Length > 0 && node.Counts?.LinksLost > 0;
                },
                "the link fails and the failure is counted");
            sequence = node.Sequence;
            Assert.Equal(1 + (Hours * 12), sequence);
            Assert.Equal(Hours, node.OutboxBatches);
        }

        gateway.Dispose();
        await Record.ExceptionAsync(() => misbehaving);
        var backend = new ReceiptGiver();
        await using VirtualNode again = Make(folder, backend);
        backend.DownKey = Convert.FromHexString(again.Registration.DownKey);
        again.Advance((Start + (Hours * 3600) + 60) * 1000);
        again.Stop();
        await Eventually.HoldsAsync(
            () =>
            {
                again.Advance(again.Clock.TrueUnixSeconds * 1000);
                return again.OutboxBatches == 0;
            },
            "everything arrives");
        Assert.Equal(sequence - 1, backend.Batches.Where(batch => batch.Boot == 1).Sum(batch => (long)batch.Readings.Length));
    }

    private static async Task BreakMidMessageAsync(HandSpokenGateway gateway)
    {
        Stream stream = await gateway.LogInAsync();
        await stream.ReadExactlyAsync(new byte[20], TestContext.Current.CancellationToken);
        await stream.DisposeAsync();
    }

    private static async Task RefusedHandshakeAsync(HandSpokenGateway gateway) => await gateway.AcceptAsync();

    private static async Task SilentAsync(HandSpokenGateway gateway)
    {
        Stream stream = await gateway.AcceptAsync();
        await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
    }

    private static void Advance(VirtualNode node, long from)
    {
        for (long at = from; at <= from + (Hours * 3600); at += 60)
        {
            node.Advance(at * 1000);
        }
    }

    private static VirtualNode Make(TemporaryFolder folder, IUplink link) => new(new VirtualNodeOptions
    {
        Profile = Profile.Named("lamp-small"),
        Folder = folder.File("node"),
        Seed = 42,
        Sky = new SeededClouds(42),
        Link = link,
        Latitude = -0.0917,
        Longitude = 34.768,
        SynchronisesFlash = false,
        Entropy = new SeededEntropy(1),
    });
}
