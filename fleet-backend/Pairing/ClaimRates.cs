using System.Threading.RateLimiting;

namespace DePin.Fleet.Pairing;

/// <summary>
/// Bounds wrong claims by who shows them and by address, never by node: that would let anybody lock an owner out. Many phones share one address
/// in mobile networks, so an address over its limit stops only those who showed wrong ones themselves.
/// </summary>
internal sealed class ClaimRates : IDisposable
{
    /// <summary>Wrong claims in ten minutes that a person may show, and that an address may.</summary>
    public const int WrongAllowed = 20;

    /// <summary>Wrong claims of their own that a person has behind an address that is over its limit.</summary>
    public const int WrongAllowedBehindBusyAddress = 3;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly PartitionedRateLimiter<string> _wrong = PartitionedRateLimiter.Create<string, string>(who =>
        RateLimitPartition.GetFixedWindowLimiter(who, _ => new FixedWindowRateLimiterOptions { PermitLimit = WrongAllowed, Window = Window }));

    /// <summary>Whether somebody may still try from this address.</summary>
    public bool MayTry(string name, string address) => Left(OfPerson(name)) > (Left(OfAddress(address)) > 0 ? 0 : WrongAllowed - WrongAllowedBehindBusyAddress);

    /// <summary>Counts a wrong claim; whether it was the last that is taken for now.</summary>
    public bool CountWrong(string name, string address)
    {
        using RateLimitLease person = _wrong.AttemptAcquire(OfPerson(name));
        using RateLimitLease place = _wrong.AttemptAcquire(OfAddress(address));
        return !MayTry(name, address);
    }

    public void Dispose() => _wrong.Dispose();

    private static string OfPerson(string name) => "person " + name;

    private static string OfAddress(string address) => "address " + address;

    private long Left(string who) => _wrong.GetStatistics(who)?.CurrentAvailablePermits ?? WrongAllowed;
}
