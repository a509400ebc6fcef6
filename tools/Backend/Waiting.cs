using System.Diagnostics;

namespace DePin.Tools.Backend;

/// <summary>Waiting for a fact, with an end.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

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

    /// <summary>Returns when a fact holds that may have to be asked for.</summary>
    /// <exception cref="CommandException">It did not within the limit; the message says what was so instead.</exception>
    public static async Task UntilAsync(Func<Task<bool>> fact, TimeSpan limit, string otherwise, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await fact())
        {
            if (Stopwatch.GetElapsedTime(began) > limit)
            {
                throw CommandException.Failed($"After {limit.TotalSeconds:0} s: {otherwise}.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
