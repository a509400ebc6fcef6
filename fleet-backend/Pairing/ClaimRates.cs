using System.Threading.RateLimiting;

namespace DePin.Fleet.Pairing;

/// <summary>Bounds wrong claims by address and never by node: that would let anybody lock an owner out.</summary>
internal sealed class ClaimRates : IDisposable
{
    private const int WrongPerAddress = 20;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = WrongPerAddress, Window = Window }));

    /// <summary>Whether an address may still try.</summary>
    public bool MayTry(string network) => _wrong.GetStatistics(network) is not { CurrentAvailablePermits: 0 };

    /// <summary>Counts a wrong claim; whether it was the last that is taken for now.</summary>
    public bool CountWrong(string network)
    {
        using RateLimitLease lease = _wrong.AttemptAcquire(network);
        return !MayTry(network);
    }

    public void Dispose() => _wrong.Dispose();
}
