using System.Text.Json;
using DePin.Contracts;
using DePin.Contracts.Uplink;
using DePin.Host;
using DePin.Host.Lives;
using DePin.Host.Mqtt;
using DePin.Node.Uplink;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Lives;

/// <summary>
/// Gives a lived life to a real backend, whose clock stands at its end, and reads the verdicts. Everything arrives at the end, so
/// the age of a reading is no reason to refuse it here.
/// </summary>
internal static class LifeVerdicts
{
    private const int InFlight = 64;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    /// <exception cref="CommandException">The backend did not take it all.</exception>
    public static async Task<FleetSummary> JudgeAsync(LivedLife life, LifeOptions options, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string settings = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(
            settings,
            JsonSerializer.Serialize(new { verification = new { oldestDays = Math.Min(3650, options.Days + 30) }, gateway = new { packetsPerSecond = 10_000, packetBurst = 10_000 } }),
            cancellationToken);
        string clock = Path.Combine(folder, "clock.json");
        ScaledClock.Start(clock, scale: 1, (life.EndUnixSeconds + 3600) * 1000);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = folder, ClockFile = clock, SettingsFile = settings }, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, folder);
        await api.RegisterAsync([NodeRegistration.OfVirtualNode(life.Registration, 0, options.StartUnixSeconds)], cancellationToken);
        await api.FundAsync("simulated-life", cancellationToken);
        await using var link = new MqttLink(GatewayAddress.Plain(backend.Addresses.MqttPlain!.Host, backend.Addresses.MqttPlain.Port));
        await PublishAsync(life, link, cancellationToken);
        return await JudgedAsync(api, cancellationToken);
    }

    private static async Task PublishAsync(LivedLife life, MqttLink link, CancellationToken cancellationToken)
    {
        string node = life.Registration.NodeId;
        link.Connect(node, life.Registration.LoginPassword, Topics.Of(node, Topics.Status), Status.EncodeWill(new byte[Session.Size]));
        await Waiting.UntilAsync(() => link.State == UplinkState.Up, () => $"The backend did not let the node in: {link.LastError}", cancellationToken);
        byte[] session = [];
        foreach (HeardMessage message in life.Messages)
        {
            if (!session.AsSpan().SequenceEqual(message.Session))
            {
                // A gap is bound to the session of its login.
                await Waiting.UntilAsync(() => link.Unacknowledged == 0, () => $"The backend stopped answering: {link.LastError}", cancellationToken);
                session = message.Session;
                Status status = Status.Create(session, new byte[8]);
                link.Publish(Topics.Of(node, Topics.Status), status.Encode(), 1);
                await Waiting.UntilAsync(() => link.Unacknowledged == 0, () => $"The backend stopped answering: {link.LastError}", cancellationToken);
            }

            await Waiting.UntilAsync(() => link.Unacknowledged < InFlight, () => $"The backend stopped answering: {link.LastError}", cancellationToken);
            while (link.Receive() is not null)
            {
                // Receipts are for the node that lives no more.
            }

            link.Publish(Topics.Of(node, message.Part), message.Message, 1);
        }

        await Waiting.UntilAsync(() => link.Unacknowledged == 0, () => $"The backend stopped answering: {link.LastError}", cancellationToken);
    }

    private static async Task<FleetSummary> JudgedAsync(FleetApi api, CancellationToken cancellationToken)
    {
        FleetSummary summary = await api.SummaryAsync(cancellationToken);
        using var limit = new CancellationTokenSource(Limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (summary.VerdictBacklog > 0 || summary.ReadingsWithoutVerdict > 0)
        {
            await Task.Delay(Moment, either.Token);
            summary = await api.SummaryAsync(cancellationToken);
        }

        return summary;
    }
}
