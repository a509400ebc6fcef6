using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using DePin.Host.Mqtt;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Holds as many idle lamps as one backend has to, first plain, then over TLS: how fast they come in, what memory each takes after the backend
/// collected its garbage, and how batches of others are accepted meanwhile. At the end all go at once and come again, as after a mass outage.
/// </summary>
internal sealed class ConnectionsBench(int plain, int tls, int seconds, string dataFolder, TextWriter notices)
{
    // Alone, beside plain ones, beside those over TLS.
    private const int Runs = 3;
    private const int Senders = 100;
    private const int AtOnce = 64;
    private const int BatchesPerSecondSigned = 6_000;
    private const double MebibyteBytes = 1024 * 1024;

    private static readonly TimeSpan BetweenPings = TimeSpan.FromSeconds(20);

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<ConnectionsResult> RunAsync(CancellationToken cancellationToken)
    {
        int most = Math.Max(plain, tls);
        Directory.CreateDirectory(dataFolder);
        string settings = Path.Combine(dataFolder, "bench-settings.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new { gateway = new { maxAnonymousPerAddress = 19_000 } }), cancellationToken);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = dataFolder, SettingsFile = settings }, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, dataFolder);
        await notices.WriteLineAsync($"Making {most} lamps, and {Senders} that send ...");
        int batches = Math.Max(10, BatchesPerSecondSigned * seconds / Senders);
        long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), Runs * batches);
        SignedHistory[] histories = LampFleet.Sign(Senders, Runs * batches, from);
        var lamps = new Lamp[most];
        Parallel.For(0, most, index => lamps[index] = new Lamp(Senders + index));
        LampConnection[] senders = [.. histories.Select(history => new LampConnection(history))];
        try
        {
            await api.RegisterAsync(histories.Select(history => history.Lamp).Concat(lamps).Select(lamp => lamp.Registration(from)), cancellationToken);
            await api.FundAsync("load-test", cancellationToken);
            await LampFleet.OpenAsync(senders, backend.Addresses, cancellationToken);
            double alone = await SendAsync(senders, batches, cancellationToken);
            Backend.SocketAddress ofTls = backend.Addresses.MqttTls;
            SslClientAuthenticationOptions options = GatewayAddress.Tls(ofTls.Host, ofTls.Port, Path.Combine(dataFolder, "ca.pem")).TlsOptions();
            KindOfConnection first = await HoldAsync(backend, lamps[..plain], backend.Addresses.RequirePlain(), null, senders, 2 * batches, cancellationToken);
            KindOfConnection second = await HoldAsync(backend, lamps[..tls], new IPEndPoint(IPAddress.Parse(ofTls.Host), ofTls.Port), options, senders, 3 * batches, cancellationToken);
            return new ConnectionsResult(Math.Round(alone), first, second);
        }
        finally
        {
            Array.ForEach(senders, sender => sender.Dispose());
            Array.ForEach(histories, history => history.Lamp.Dispose());
            Array.ForEach(lamps, lamp => lamp?.Dispose());
        }
    }

    private async Task<KindOfConnection> HoldAsync(
        BackendChild backend, Lamp[] lamps, IPEndPoint gateway, SslClientAuthenticationOptions? tls, LampConnection[] senders, int upTo, CancellationToken cancellationToken)
    {
        await FullCollection.RunAsync(backend.ProcessId, cancellationToken);
        double before = Processes.MemoryMb(backend.ProcessId);
        (IdleLamp[] idle, double perSecond, double cpu) = await OpenAsync(backend, lamps, gateway, tls, cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task pinging = PingAsync(idle, ending.Token);
        try
        {
            await FullCollection.RunAsync(backend.ProcessId, cancellationToken);
            double after = Processes.MemoryMb(backend.ProcessId);
            await notices.WriteLineAsync($"{lamps.Length} are connected{(tls is null ? "" : " over TLS")}, {perSecond:0} a second; the backend went from {before:0} to {after:0} MB. Batches of others ...");
            double accepted = await SendAsync(senders, upTo, cancellationToken);
            IdleLamp? lost = Array.Find(idle, lamp => lamp.Closed is not null);
            Array.ForEach(idle, lamp => lamp.Dispose());
            (IdleLamp[] again, double againPerSecond, _) = await OpenAsync(backend, lamps, gateway, tls, cancellationToken);
            Array.ForEach(again, lamp => lamp.Dispose());
            return new KindOfConnection(
                lamps.Length, Math.Round(perSecond), Math.Round(cpu * 1000 / Math.Max(1, lamps.Length), 3), Math.Round((after - before) * MebibyteBytes / Math.Max(1, lamps.Length)), Math.Round(accepted), Math.Round(againPerSecond), lost?.Closed);
        }
        finally
        {
            await ending.CancelAsync();
            await pinging;
            Array.ForEach(idle, lamp => lamp.Dispose());
        }
    }

    private static async Task<(IdleLamp[] Lamps, double PerSecond, double CpuSeconds)> OpenAsync(BackendChild backend, Lamp[] lamps, EndPoint gateway, SslClientAuthenticationOptions? tls, CancellationToken cancellationToken)
    {
        IdleLamp[] idle = [.. lamps.Select(lamp => new IdleLamp(lamp, tls))];
        double cpu = Processes.CpuSeconds(backend.ProcessId);
        long began = Stopwatch.GetTimestamp();
        try
        {
            await Parallel.ForEachAsync(idle, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (lamp, token) => await lamp.OpenAsync(gateway, token));
        }
        catch (Exception problem) when (problem is SocketException or IOException or AuthenticationException)
        {
            Array.ForEach(idle, lamp => lamp.Dispose());
            throw CommandException.Failed($"A lamp could not log in: {problem.Message}", problem);
        }

        return (idle, idle.Length / Stopwatch.GetElapsedTime(began).TotalSeconds, Processes.CpuSeconds(backend.ProcessId) - cpu);
    }

    // Batches whose receipt came, a second.
    private async Task<double> SendAsync(LampConnection[] senders, int upTo, CancellationToken cancellationToken)
    {
        int before = senders.Sum(sender => sender.Acknowledged);
        long began = Stopwatch.GetTimestamp();
        Array.ForEach(senders, sender => sender.Run(upTo));
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        double rate = (senders.Sum(sender => sender.Acknowledged) - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(senders, sender => sender.Stop());
        return Array.Find(senders, sender => sender.Closed is not null) is { } closed ? throw CommandException.Failed($"A connection was lost: {closed.History.Lamp.Id}: {closed.Closed}.") : rate;
    }

    private static async Task PingAsync(IdleLamp[] idle, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(BetweenPings);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (IdleLamp lamp in idle)
                {
                    await lamp.PingAsync(cancellationToken);
                }
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The measurement is over, or a lamp was closed: that one says why.
        }
    }
}

/// <summary>What idle connections cost.</summary>
/// <param name="AloneBatchesPerSecond">Batches accepted with nobody else connected.</param>
/// <param name="Plain">Plain ones.</param>
/// <param name="Tls">Over TLS.</param>
internal sealed record ConnectionsResult(double AloneBatchesPerSecond, KindOfConnection Plain, KindOfConnection Tls)
{
    /// <summary>Whether no connection was lost.</summary>
    public bool IsGood => Plain.Lost is null && Tls.Lost is null;

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}

/// <summary>One kind of connection.</summary>
/// <param name="Connections">How many at once.</param>
/// <param name="ConnectsPerSecond">Logins a second.</param>
/// <param name="CpuMillisecondsPerConnect">The backend's processor time for one.</param>
/// <param name="BytesPerConnection">Memory that each takes.</param>
/// <param name="BatchesPerSecond">Batches of others accepted meanwhile.</param>
/// <param name="ReconnectsPerSecond">Logins a second when all had gone at once.</param>
/// <param name="Lost">Why one ended by itself; null where none did.</param>
internal sealed record KindOfConnection(int Connections, double ConnectsPerSecond, double CpuMillisecondsPerConnect, double BytesPerConnection, double BatchesPerSecond, double ReconnectsPerSecond, string? Lost);
