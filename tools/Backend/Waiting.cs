using System.Diagnostics;
using DePin.Host;

namespace DePin.Tools.Backend;

/// <summary>Waiting for a fact, with an end.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when a fact holds.</summary>
    /// <exception cref="CommandException">It did not within five minutes; the message is the problem's.</exception>
    public static async Task UntilAsync(Func<bool> fact, Func<string> problem, CancellationToken cancellationToken)
    {
        long deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!fact())
        {
            if (Environment.TickCount64 > deadline)
            {
                throw CommandException.Failed(problem() + ".");
            }

            await Task.Delay(1, cancellationToken);
        }
    }

    /// <summary>Returns when each node has one receipt more than now.</summary>
    /// <exception cref="CommandException">One has none within the limit, or the backend ended by itself.</exception>
    public static Task UntilAllHaveReceiptsAsync(VirtualFleet fleet, Action requireAlive, TimeSpan limit, CancellationToken cancellationToken)
    {
        long[] before = [.. fleet.Nodes.Select(node => node.Uplink.Acknowledged)];
        return UntilAsync(
            () =>
            {
                requireAlive();
                return fleet.Nodes.Select((node, i) => node.Uplink.Acknowledged > before[i]).All(isBack => isBack);
            },
            limit, "a virtual node did not go on by itself", cancellationToken);
    }

    /// <summary>Returns when a fact holds.</summary>
    /// <exception cref="CommandException">It did not within the limit; the message says what was so instead.</exception>
    public static Task UntilAsync(Func<bool> fact, TimeSpan limit, string otherwise, CancellationToken cancellationToken) =>
        UntilAsync(() => Task.FromResult(fact()), limit, otherwise, cancellationToken);

    /// <summary>Returns when a fact holds that has to be asked for.</summary>
    /// <exception cref="CommandException">It did not within the limit; the message says what was so instead.</exception>
    public static Task UntilAsync(Func<Task<bool>> fact, TimeSpan limit, string otherwise, CancellationToken cancellationToken) => UntilAsync(fact, limit, () => otherwise, cancellationToken);

    /// <summary>The same where what is so instead is known only then.</summary>
    /// <exception cref="CommandException">It did not within the limit; the message says what was so instead.</exception>
    public static async Task UntilAsync(Func<Task<bool>> fact, TimeSpan limit, Func<string> otherwise, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            long asked = Stopwatch.GetTimestamp();
            if (await fact())
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > limit)
            {
                throw CommandException.Failed($"After {limit.TotalSeconds:0} s: {otherwise()}.");
            }

            // Asking takes a tenth of the time at most, else it would keep from happening what is waited for: the one that is asked has to look.
            TimeSpan pause = Stopwatch.GetElapsedTime(asked) * 9;
            await Task.Delay(pause > Moment ? pause : Moment, cancellationToken);
        }
    }
}
