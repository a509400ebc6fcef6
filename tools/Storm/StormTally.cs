namespace DePin.Tools.Storm;

/// <summary>What nodes did in each second of a storm. Times are milliseconds of the link's clock; one thread counts.</summary>
internal sealed class StormTally
{
    private const int MillisecondsPerSecond = 1000;

    private readonly List<int> _attempts = [];
    private readonly List<int> _failures = [];
    private readonly List<long> _back = [];

    /// <summary>A node tries to log in.</summary>
    public void Attempt(long now) => Count(_attempts, now);

    /// <summary>An attempt came to nothing.</summary>
    public void Failure(long now) => Count(_failures, now);

    /// <summary>A node has its first receipt.</summary>
    public void Back(long now) => _back.Add(now);

    /// <summary>What happened from a moment on, where the gateway was there again from another moment on.</summary>
    public StormCurve Curve(int nodes, long began, long returned)
    {
        long[] back = [.. _back.Where(at => at >= began).Order()];
        int first = (int)(began / MillisecondsPerSecond), there = (int)(returned / MillisecondsPerSecond);
        int[] attempts = [.. _attempts.Skip(first)];
        return new StormCurve(
            attempts.Sum(count => (long)count),
            _failures.Skip(first).Take(there - first).Sum(count => (long)count),
            _failures.Skip(there).Sum(count => (long)count),
            _attempts.Skip(there).DefaultIfEmpty().Max(),
            BestLogins(back),
            Seconds(0.50), Seconds(0.95), Seconds(0.99), Seconds(1),
            [.. _attempts.Skip(there).Chunk(StormCurve.StepSeconds).Select(step => (int)Math.Round(step.Average()))]);

        double? Seconds(double share)
        {
            int needed = (int)Math.Ceiling(share * nodes);
            return back.Length < needed ? null : Math.Round((back[needed - 1] - returned) / (double)MillisecondsPerSecond, 1);
        }
    }

    // The most that came back within a few seconds, a second.
    private static double BestLogins(long[] back)
    {
        const int WindowMilliseconds = 3000;
        int best = 0;
        for (int first = 0, last = 0; last < back.Length; last++)
        {
            while (back[last] - back[first] >= WindowMilliseconds)
            {
                first++;
            }

            best = Math.Max(best, last - first + 1);
        }

        return Math.Round(best * (double)MillisecondsPerSecond / WindowMilliseconds);
    }

    private static void Count(List<int> seconds, long now)
    {
        int second = (int)(now / MillisecondsPerSecond);
        while (seconds.Count <= second)
        {
            seconds.Add(0);
        }

        seconds[second]++;
    }
}

/// <summary>How a fleet came back.</summary>
/// <param name="Attempts">Logins that were tried, from the moment the links broke.</param>
/// <param name="FailedWhileAway">Of these, while no gateway was there.</param>
/// <param name="Refused">Of these, refused or given up when it was there again.</param>
/// <param name="PeakAttemptsPerSecond">The most in a second, from its return on.</param>
/// <param name="PeakLoginsPerSecond">The most nodes that had their first receipt, a second, over three.</param>
/// <param name="SecondsTo50">From its return until half of the nodes had a receipt; null where they never had.</param>
/// <param name="SecondsTo95">The same for 95 of 100.</param>
/// <param name="SecondsTo99">The same for 99 of 100.</param>
/// <param name="SecondsToAll">The same for all.</param>
/// <param name="AttemptsPerSecond">Attempts a second from its return on, a figure for every ten seconds.</param>
internal sealed record StormCurve(
    long Attempts, long FailedWhileAway, long Refused, int PeakAttemptsPerSecond, double PeakLoginsPerSecond,
    double? SecondsTo50, double? SecondsTo95, double? SecondsTo99, double? SecondsToAll, IReadOnlyList<int> AttemptsPerSecond)
{
    /// <summary>Seconds that one figure of <see cref="AttemptsPerSecond"/> stands for.</summary>
    public const int StepSeconds = 10;

    /// <summary>Whether all came back.</summary>
    public bool Converged => SecondsToAll is not null;
}
