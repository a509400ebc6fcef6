using System.Diagnostics;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Drives a real backend in a process of its own as hard as it goes: N lamps on plain loopback connections, each with one signed
/// batch under way. Says what had its receipt, what that cost, and how it compares with verifying alone.
/// </summary>
internal sealed class IngestBench(int nodes, int seconds, bool onPostgres, bool besideUsual, string dataFolder, TextWriter notices)
{
    // More than the backend can take, so that no lamp runs out before the end.
    private const int BatchesPerSecondSigned = 18_000;

    private static readonly TimeSpan VerifyTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BacklogLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <exception cref="CommandException">A part did not do what it must.</exception>
    public async Task<IngestResult> RunAsync(CancellationToken cancellationToken)
    {
        if (besideUsual)
        {
            UsualWay.RequireInstalled(onPostgres);
        }

        int batches = Math.Max(10, BatchesPerSecondSigned * seconds / nodes);
        long from = LampHistory.MorningBefore(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), batches);
        await notices.WriteLineAsync($"Signing {batches} batches for each of {nodes} lamps ...");
        SignedHistory[] histories = LampFleet.Sign(nodes, batches, from);
        await using PostgresServer? postgres = await PostgresServer.StartIfAsync(onPostgres, cancellationToken);
        try
        {
            // First, so that nothing of the backend's is still on its way to the disk when the slower one is measured.
            UsualResult? usual = besideUsual ? await UsualAsync(histories, postgres, cancellationToken) : null;
            IngestResult result = await RunAsync(histories, from, postgres, cancellationToken);
            return result with { Usual = usual, TimesUsual = usual is null ? null : Math.Round(result.BatchesPerSecond / usual.BatchesPerSecond, 1) };
        }
        finally
        {
            Array.ForEach(histories, history => history.Lamp.Dispose());
        }
    }

    private async Task<UsualResult> UsualAsync(SignedHistory[] histories, PostgresServer? postgres, CancellationToken cancellationToken)
    {
        string? database = postgres is null ? null : await postgres.CreateDatabaseAsync(cancellationToken, "usual");
        await notices.WriteLineAsync($"{seconds} s of load the usual way ...");
        return await UsualBench.RunAsync(histories, seconds, Path.Combine(dataFolder, "usual"), database, cancellationToken);
    }

    private async Task<IngestResult> RunAsync(SignedHistory[] histories, long from, PostgresServer? postgres, CancellationToken cancellationToken)
    {
        string? database = postgres is null ? null : await postgres.CreateDatabaseAsync(cancellationToken);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = dataFolder, Postgres = database }, cancellationToken);
        using FleetApi api = FleetApi.Open(backend.Addresses, dataFolder);
        await api.RegisterAsync(histories.Select(history => history.Lamp.Registration(from)), cancellationToken);
        await api.FundAsync("load-test", cancellationToken);
        double verifyLimit = VerifyLimit.Measure(histories, VerifyTime);
        await notices.WriteLineAsync($"{verifyLimit:0} signatures a second verify here with nothing else to do. Now {seconds} s of load ...");

        LampConnection[] connections = [.. histories.Select(history => new LampConnection(history))];
        try
        {
            await LampFleet.OpenAsync(connections, backend.Addresses, cancellationToken);
            return await MeasureAsync(connections, backend, api, verifyLimit, cancellationToken);
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }

    private async Task<IngestResult> MeasureAsync(
        LampConnection[] connections, BackendChild backend, FleetApi api, double verifyLimit, CancellationToken cancellationToken)
    {
        double cpuBefore = Processes.CpuSeconds(backend.ProcessId);
        long began = Stopwatch.GetTimestamp();
        Array.ForEach(connections, connection => connection.Run(connection.History.Count));
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        int acknowledged = connections.Sum(connection => connection.Acknowledged);
        double measured = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(connections, connection => connection.Stop());

        backend.RequireAlive();
        long ended = Stopwatch.GetTimestamp();
        long backlog = (await api.SummaryAsync(cancellationToken)).VerdictBacklog;
        FleetSummary summary = await JudgedAsync(api, connections, cancellationToken);
        double backlogSeconds = Stopwatch.GetElapsedTime(ended).TotalSeconds;
        double cpu = Processes.CpuSeconds(backend.ProcessId) - cpuBefore;
        RequireSound(connections, summary);

        AckTimes times = AckTimes.Of(connections);
        return new IngestResult(
            nodes,
            Math.Round(measured, 3),
            Math.Round(acknowledged / measured, 1),
            Math.Round(acknowledged / measured * LampHistory.ReadingsPerBatch, 1),
            backlog,
            Math.Round(backlogSeconds, 2),
            times.P50Ms,
            times.P99Ms,
            Math.Round(verifyLimit, 1),
            Math.Round(acknowledged / measured / verifyLimit, 3),
            Math.Round(cpu / Math.Max(1, summary.BatchesStored), 7),
            Math.Round(Processes.PeakMemoryMb(backend.ProcessId), 1),
            connections.Sum(connection => (long)connection.Rejected));
    }

    // A figure counts only where the books behind it are right.
    private static void RequireSound(LampConnection[] connections, FleetSummary summary)
    {
        if (Array.Find(connections, connection => connection.Closed is not null) is { } closed)
        {
            throw CommandException.Failed($"A connection was lost under load: {closed.History.Lamp.Id}: {closed.Closed}.");
        }

        if (summary.LedgerSumAmount != 0 || summary.ReadingsCredited != summary.Readings)
        {
            throw CommandException.Failed($"The books are wrong: {summary.ReadingsCredited} of {summary.Readings} honest readings credited, the ledger adds up to {summary.LedgerSum}.");
        }
    }

    private static async Task<FleetSummary> JudgedAsync(FleetApi api, LampConnection[] connections, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Moment);
        while (true)
        {
            bool isQuiet = !Array.Exists(connections, connection => connection is { IsUnderWay: true, Closed: null });
            FleetSummary summary = await api.SummaryAsync(cancellationToken);
            if (isQuiet && summary is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 })
            {
                return summary;
            }

            if (Stopwatch.GetElapsedTime(began) > BacklogLimit)
            {
                throw CommandException.Failed($"{summary.VerdictBacklog} batches had no verdict {BacklogLimit.TotalSeconds:0} s after the load ended.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
