using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Open pages beside lamps that send: each page is a stream of server-sent events of its own, as a browser holds one, and shows all lamps. Measured
/// is the time from a batch's receipt, so from when it is stored, to its arrival at each page.
/// </summary>
internal sealed class LiveBench(int pages, int nodes, int batchesPerSecond, int seconds, string dataFolder, TextWriter notices)
{
    // The backend's bound on the nodes of which one page hears.
    internal const int MostNodes = 200;

    private const string Data = "data: ";

    private static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Node, long LastReading), long> _stored = new();
    private readonly ConcurrentBag<(string Node, long LastReading, long At)> _arrivals = [];
    private int _listening;

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<LiveResult> RunAsync(CancellationToken cancellationToken)
    {
        int each = ((batchesPerSecond * seconds) + nodes - 1) / nodes;
        long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), each);
        SignedHistory[] histories = LampFleet.Sign(nodes, each, from);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = dataFolder }, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, dataFolder);
        await api.RegisterAsync(histories.Select(history => history.Lamp.Registration(from)), cancellationToken);
        await api.FundAsync("load-test", cancellationToken);
        using PageSession manager = await PageSession.ManagerAsync(dataFolder, cancellationToken);
        LampConnection[] lamps = [.. histories.Select(history => new LampConnection(history, acknowledged: Stored))];
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await LampFleet.OpenAsync(lamps, backend.Addresses, cancellationToken);
            string path = $"/fleet/live?nodes={string.Join(',', lamps.Select(lamp => lamp.History.Lamp.Id))}";
            Task[] readers = [.. Enumerable.Range(0, pages).Select(_ => ListenAsync(manager, path, ending.Token))];
            await UntilAsync(() => Volatile.Read(ref _listening) == pages, "not all pages are open", readers, cancellationToken);
            await notices.WriteLineAsync($"{pages} pages are open. {batchesPerSecond} batches a second for {seconds} s ...");
            int sent = await SendAsync(lamps, each, cancellationToken);
            await UntilAsync(() => _stored.Count == sent && _arrivals.Count >= sent * pages, null, readers, cancellationToken);
            await ending.CancelAsync();
            await Task.WhenAll(readers);
            return Result(sent);
        }
        finally
        {
            Array.ForEach(lamps, lamp => lamp.Dispose());
            Array.ForEach(histories, history => history.Lamp.Dispose());
        }
    }

    private void Stored(LampConnection lamp, int index) => _stored[(lamp.History.Lamp.Id.ToString(), SignedHistory.Sequence(index + 1) - 1)] = Stopwatch.GetTimestamp();

    // One lamp after the other, so that none sends before its last batch has long been on the pages.
    private async Task<int> SendAsync(LampConnection[] lamps, int each, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / batchesPerSecond));
        int sent = 0;
        for (int round = 1; round <= each; round++)
        {
            foreach (LampConnection lamp in lamps)
            {
                lamp.Run(round);
                sent++;
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        return sent;
    }

    private async Task ListenAsync(PageSession manager, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(await manager.StreamAsync(path, cancellationToken));
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("retry", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _listening);
                }

                if (line.StartsWith(Data, StringComparison.Ordinal))
                {
                    long at = Stopwatch.GetTimestamp();
                    foreach (JsonNode? node in JsonNode.Parse(line[Data.Length..])!["nodes"]!.AsArray())
                    {
                        _arrivals.Add(((string)node!["node"]!, (long)node["lastReading"]!, at));
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The measurement is over.
        }
    }

    private static async Task UntilAsync(Func<bool> isThere, string? otherwise, Task[] readers, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!isThere() && await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (Array.Find(readers, reader => reader.IsCompleted) is { } ended)
            {
                await ended;
                throw CommandException.Failed("The backend ended a page's stream.");
            }

            if (Stopwatch.GetElapsedTime(began) > After)
            {
                if (otherwise is not null)
                {
                    throw CommandException.Failed($"After {After.TotalSeconds:0} s {otherwise}.");
                }

                return;
            }
        }
    }

    private LiveResult Result(int sent)
    {
        double[] delays = [.. _arrivals.Where(arrival => _stored.ContainsKey((arrival.Node, arrival.LastReading)))
            .Select(arrival => Math.Max(0, Stopwatch.GetElapsedTime(_stored[(arrival.Node, arrival.LastReading)], arrival.At).TotalMilliseconds)).Order()];
        double At(double part) => delays.Length == 0 ? 0 : Math.Round(delays[Math.Min(delays.Length - 1, (int)(delays.Length * part))], 1);
        return new LiveResult(pages, nodes, sent, _stored.Count, ((long)sent * pages) - delays.Length, At(0.5), At(0.95), At(1));
    }
}

/// <summary>How soon open pages show what was stored.</summary>
/// <param name="Pages">Pages open.</param>
/// <param name="Nodes">Nodes that each of them shows.</param>
/// <param name="Sent">Batches sent.</param>
/// <param name="Stored">Batches whose receipt came.</param>
/// <param name="Missing">Batches times pages that never arrived.</param>
/// <param name="P50Ms">Milliseconds from the receipt to the page, half of them.</param>
/// <param name="P95Ms">95 of 100.</param>
/// <param name="MostMs">All.</param>
internal sealed record LiveResult(int Pages, int Nodes, int Sent, int Stored, long Missing, double P50Ms, double P95Ms, double MostMs)
{
    /// <summary>Until when a reading has to be there.</summary>
    public const double LimitMs = 2000;

    /// <summary>Whether all came in time.</summary>
    public bool IsGood => Stored == Sent && Missing == 0 && MostMs <= LimitMs;

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
