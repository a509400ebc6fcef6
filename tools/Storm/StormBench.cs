using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DePin.Host.Mqtt;
using DePin.Tools.Api;
using DePin.Tools.Backend;
using DePin.Tools.Bench;

namespace DePin.Tools.Storm;

/// <summary>
/// A mass outage, twice: on real connections to one backend, which is killed with all of them and started again; and in simulated time for a larger fleet, by
/// what was measured on the real ones.
/// </summary>
internal sealed class StormBench(StormOptions options, string dataFolder, TextWriter notices)
{
    private const int Senders = 10;
    private const int SecondsOfBatches = 300;
    private const int RefusedAtOnce = 64;

    private static readonly TimeSpan RefusingTime = TimeSpan.FromSeconds(4);

    // A process started anew, and an outage longer than any wait.
    private static readonly int[] Outages = [5, 900];

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<StormResult> RunAsync(CancellationToken cancellationToken)
    {
        RealStorm? real = options.Connections > 0 ? await SufferAsync(cancellationToken) : null;
        var rates = new GatewayRates(
            options.LoginsPerSecond ?? real?.Together.PeakLoginsPerSecond ?? throw CommandException.WrongInput("Without connections there is nothing to measure: name --logins-per-second."),
            real?.RefusalsPerSecond ?? StormOptions.UsualRefusalsPerSecond);
        var forecasts = new List<StormForecast>();
        foreach (int outage in Outages)
        {
            foreach (bool hasJitter in (bool[])[true, false])
            {
                await notices.WriteLineAsync($"{options.Nodes} nodes, an outage of {outage} s, {(hasJitter ? "the node's own waits" : "plain doubling")} ...");
                forecasts.Add(StormSimulation.Run(options.Nodes, outage, rates, hasJitter, options.Seed, cancellationToken));
            }
        }

        return new StormResult(real, rates, forecasts);
    }

    private async Task<RealStorm> SufferAsync(CancellationToken cancellationToken)
    {
        BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = dataFolder }, cancellationToken);
        Lamp[] lamps = [];
        SignedHistory[] histories = [];
        try
        {
            await notices.WriteLineAsync($"Making {options.Connections} lamps, and {Senders} that send ...");
            int batches = SecondsOfBatches * StormSenders.BatchesPerSecond;
            long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), batches);
            histories = LampFleet.Sign(Senders, batches, from);
            lamps = new Lamp[options.Connections];
            Parallel.For(0, lamps.Length, index => lamps[index] = new Lamp(Senders + index));
            using (FleetApi api = FleetApi.Open(backend.Addresses, dataFolder))
            {
                await api.RegisterAsync(histories.Select(history => history.Lamp).Concat(lamps).Select(lamp => lamp.Registration(from)), cancellationToken);
                await api.FundAsync("storm", cancellationToken);
            }

            (backend, RealStorm storm) = await StormAsync(backend, lamps, histories, cancellationToken);
            return storm;
        }
        finally
        {
            await backend.DisposeAsync();
            Array.ForEach(lamps, lamp => lamp?.Dispose());
            Array.ForEach(histories, history => history.Lamp.Dispose());
        }
    }

    private async Task<(BackendChild Backend, RealStorm Storm)> StormAsync(BackendChild backend, Lamp[] lamps, SignedHistory[] histories, CancellationToken cancellationToken)
    {
        IPEndPoint plain = backend.Addresses.RequirePlain();
        GatewayAddress gateway = options.Tls
            ? GatewayAddress.Tls(backend.Addresses.MqttTls.Host, backend.Addresses.MqttTls.Port, Path.Combine(dataFolder, "ca.pem"))
            : GatewayAddress.Plain(plain.Address.ToString(), plain.Port);
        double cpu = Processes.CpuSeconds(backend.ProcessId);
        await using var crowd = new StormCrowd(lamps, gateway, options.Seed);
        await crowd.AllBackAsync(backend, cancellationToken);
        double cpuOfLogins = Processes.CpuSeconds(backend.ProcessId) - cpu;
        double memory = Processes.MemoryMb(backend.ProcessId);
        StormCurve together = crowd.Tally.Curve(lamps.Length, 0, 0);
        await notices.WriteLineAsync($"{lamps.Length} logged in within {together.SecondsToAll} s, {together.PeakLoginsPerSecond} a second at best, {together.Refused} attempts refused. The backend dies ...");

        using var senders = new StormSenders(histories, plain);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = senders.RunAsync(enough.Token);
        long killed = crowd.Now;
        await backend.KillAsync();
        await crowd.MostAwayAsync(cancellationToken);
        backend = await backend.StartAgainAsync(cancellationToken);
        long returned = crowd.Now;
        int before = senders.Acknowledged;
        await crowd.AllBackAsync(backend, cancellationToken);
        double seconds = (crowd.Now - returned) / 1000.0;
        double accepted = (senders.Acknowledged - before) / seconds;
        await enough.CancelAsync();
        await sending;
        await crowd.StopAsync();
        StormCurve again = crowd.Tally.Curve(lamps.Length, killed, returned);
        double peak = Processes.PeakMemoryMb(backend.ProcessId);
        await notices.WriteLineAsync($"All are back {again.SecondsToAll} s after it was there again. Refusing sockets ...");
        (double refusals, double cpuOfRefusal) = await RefuseAsync(backend, plain, cancellationToken);
        return (backend, new RealStorm(
            lamps.Length, options.Tls, together, Math.Round(cpuOfLogins * 1000 / lamps.Length, 3), Math.Round((returned - killed) / 1000.0, 1), again,
            Senders * StormSenders.BatchesPerSecond, Math.Round(accepted, 1), senders.AckP99Ms, Math.Round(memory), Math.Round(peak), refusals, cpuOfRefusal));
    }

    // Silent sockets take every place of those that have not logged in; the next ones are refused, until the time of the silent ones is over.
    private static async Task<(double PerSecond, double CpuMilliseconds)> RefuseAsync(BackendChild backend, IPEndPoint gateway, CancellationToken cancellationToken)
    {
        const int Holders = 600;
        var holders = new Socket[Holders];
        try
        {
            await Parallel.ForAsync(0, Holders, cancellationToken, async (index, token) =>
            {
                holders[index] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await holders[index].ConnectAsync(gateway, token);
            });

            // Sockets are taken in the order in which they came: when this one is refused, the silent ones have their places.
            await AskAsync(gateway, cancellationToken);
            double cpu = Processes.CpuSeconds(backend.ProcessId);
            long began = Stopwatch.GetTimestamp();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            enough.CancelAfter(RefusingTime);
            int[] refused = await Task.WhenAll(Enumerable.Range(0, RefusedAtOnce).Select(_ => AskInVainAsync(gateway, enough.Token)));
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return (Math.Round(refused.Sum() / seconds), Math.Round((Processes.CpuSeconds(backend.ProcessId) - cpu) * 1000 / Math.Max(1, refused.Sum()), 3));
        }
        finally
        {
            Array.ForEach(holders, socket => socket?.Dispose());
        }
    }

    // How often one was refused until the time was over.
    private static async Task<int> AskInVainAsync(IPEndPoint gateway, CancellationToken cancellationToken)
    {
        int refused = 0;
        try
        {
            while (true)
            {
                await AskAsync(gateway, cancellationToken);
                refused++;
            }
        }
        catch (OperationCanceledException)
        {
            return refused;
        }
    }

    // Until the gateway closes.
    private static async Task AskAsync(IPEndPoint gateway, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(gateway, cancellationToken);
            await socket.ReceiveAsync(new byte[1].AsMemory(), cancellationToken);
        }
        catch (SocketException)
        {
            // Refused by a reset: as good.
        }
    }
}

/// <summary>How large, and from which seed.</summary>
internal sealed record StormOptions(int Nodes, int Connections, bool Tls, int Seed, double? LoginsPerSecond)
{
    /// <summary>Taken where nothing was measured.</summary>
    public const double UsualRefusalsPerSecond = 5000;
}

/// <summary>A storm on real connections.</summary>
/// <param name="Connections">Nodes, each on one.</param>
/// <param name="Tls">Whether over TLS.</param>
/// <param name="Together">All logged in at the same moment, the first time.</param>
/// <param name="CpuMillisecondsPerLogin">The backend's processor time for one, with what it refused meanwhile.</param>
/// <param name="AwaySeconds">From the kill until another backend listened and most nodes had noticed.</param>
/// <param name="Again">After the backend was killed and started again.</param>
/// <param name="BatchesWantedPerSecond">What other nodes wanted to send meanwhile.</param>
/// <param name="BatchesPerSecond">What was accepted of it, with receipts.</param>
/// <param name="AckP99Ms">Within this time 99 of 100 of those receipts came.</param>
/// <param name="MemoryMb">The backend's memory with all connected.</param>
/// <param name="PeakMemoryMb">The most that it had while they came back.</param>
/// <param name="RefusalsPerSecond">Sockets over the limit that were refused, a second.</param>
/// <param name="CpuMillisecondsPerRefusal">The backend's processor time for one.</param>
internal sealed record RealStorm(
    int Connections, bool Tls, StormCurve Together, double CpuMillisecondsPerLogin, double AwaySeconds, StormCurve Again, int BatchesWantedPerSecond, double BatchesPerSecond, double AckP99Ms,
    double MemoryMb, double PeakMemoryMb, double RefusalsPerSecond, double CpuMillisecondsPerRefusal);

/// <summary>What was measured and what follows from it.</summary>
/// <param name="Real">On real connections; null where none were wanted.</param>
/// <param name="Rates">What the model went by.</param>
/// <param name="Forecasts">In simulated time.</param>
internal sealed record StormResult(RealStorm? Real, GatewayRates Rates, IReadOnlyList<StormForecast> Forecasts)
{
    /// <summary>Whether every storm passed with the node's own waits.</summary>
    public bool IsGood => Forecasts.All(forecast => !forecast.HasJitter || forecast.Curve.Converged);

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
