namespace DePin.Host;

/// <summary>Real milliseconds from the first publishing of a batch to its receipt, for all nodes of a fleet. Thread-safe.</summary>
public sealed class AckLatency
{
    // One count for each millisecond; what is slower is counted in the last.
    private readonly long[] _counts = new long[60_001];
    private readonly Lock _gate = new();
    private long _total;

    /// <summary>Receipts measured.</summary>
    public long Count => Interlocked.Read(ref _total);

    /// <summary>One more.</summary>
    public void Add(long milliseconds)
    {
        lock (_gate)
        {
            _counts[Math.Clamp(milliseconds, 0, _counts.Length - 1)]++;
            _total++;
        }
    }

    /// <summary>The latency that this part (0 to 1) of the receipts did not exceed; 0 before the first.</summary>
    public long Percentile(double part)
    {
        lock (_gate)
        {
            long wanted = Math.Max(1, (long)Math.Ceiling(_total * part));
            long seen = 0;
            for (int milliseconds = 0; milliseconds < _counts.Length; milliseconds++)
            {
                seen += _counts[milliseconds];
                if (seen >= wanted)
                {
                    return milliseconds;
                }
            }

            return 0;
        }
    }
}
