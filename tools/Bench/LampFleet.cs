using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>Many lamps at once.</summary>
internal static class LampFleet
{
    /// <summary>Signed histories of fresh lamps, on all processors.</summary>
    public static SignedHistory[] Sign(int lamps, int batches, long fromUnixSeconds)
    {
        var histories = new SignedHistory[lamps];
        Parallel.For(0, lamps, index => histories[index] = SignedHistory.Sign(new Lamp(index), batches, fromUnixSeconds));
        return histories;
    }

    /// <summary>Opens all connections.</summary>
    /// <exception cref="CommandException">One was refused.</exception>
    public static Task OpenAsync(IEnumerable<LampConnection> connections, BackendAddresses addresses, CancellationToken cancellationToken) =>
        OpenAsync(connections, addresses.RequirePlain(), cancellationToken);

    /// <summary>Opens all connections to a gateway.</summary>
    /// <exception cref="CommandException">One was refused.</exception>
    public static async Task OpenAsync(IEnumerable<LampConnection> connections, IPEndPoint gateway, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(connections, options, async (connection, token) => await connection.OpenAsync(gateway, token));
        }
        catch (Exception problem) when (problem is SocketException or IOException or TimeoutException)
        {
            throw CommandException.Failed($"A lamp could not log in: {problem.Message}", problem);
        }
    }

    /// <summary>
    /// Lets all send for a time, one batch under way for each, as fast as they get receipts or so many a second together: what was acknowledged by then, and in how many
    /// seconds. What is under way is not waited for.
    /// </summary>
    public static async Task<(int Acknowledged, double Seconds)> LoadAsync(LampConnection[] connections, int seconds, int? rate, CancellationToken cancellationToken)
    {
        int before = connections.Sum(connection => connection.Acknowledged);
        long began = Stopwatch.GetTimestamp();
        if (rate is { } batchesPerSecond)
        {
            await PaceAsync(connections, TimeSpan.FromSeconds(seconds), batchesPerSecond, cancellationToken);
        }
        else
        {
            Array.ForEach(connections, connection => connection.Run(connection.History.Count));
            await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        }

        int acknowledged = connections.Sum(connection => connection.Acknowledged) - before;
        double measured = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(connections, connection => connection.Stop());
        return (acknowledged, measured);
    }

    // One after the other may send one more. Who waits for a receipt sends later, and the rate is not kept.
    private static async Task PaceAsync(LampConnection[] connections, TimeSpan time, int batchesPerSecond, CancellationToken cancellationToken)
    {
        int[] limits = [.. connections.Select(connection => connection.Acknowledged)];
        long began = Stopwatch.GetTimestamp();
        long given = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            long due = (long)(Stopwatch.GetElapsedTime(began).TotalSeconds * batchesPerSecond);
            for (; given < due; given++)
            {
                long lamp = given % connections.Length;
                connections[lamp].Run(Math.Min(connections[lamp].History.Count, ++limits[lamp]));
            }
        }
    }
}
