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

    /// <summary>Lets all send for a time, one batch under way for each: what was acknowledged by then, and in how many seconds. What is under way is not waited for.</summary>
    public static async Task<(int Acknowledged, double Seconds)> LoadAsync(LampConnection[] connections, int seconds, CancellationToken cancellationToken)
    {
        int before = connections.Sum(connection => connection.Acknowledged);
        long began = Stopwatch.GetTimestamp();
        Array.ForEach(connections, connection => connection.Run(connection.History.Count));
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        int acknowledged = connections.Sum(connection => connection.Acknowledged) - before;
        double measured = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(connections, connection => connection.Stop());
        return (acknowledged, measured);
    }
}
