namespace DePin.Fleet.Verification;

/// <summary>A release whose digest nodes may name in their batches.</summary>
/// <param name="Digest">First 8 bytes of the bundle's SHA-256, lower-case hex.</param>
/// <param name="RecordedUnixMilliseconds">From when on it is known.</param>
/// <param name="RecalledUnixMilliseconds">When two people recalled it, or null.</param>
/// <param name="IsFraud">Whether it was recalled because it meters what is not there.</param>
/// <param name="ReplacedUnixMilliseconds">When a replacement was offered, or null.</param>
public sealed record FirmwareRelease(string Digest, long RecordedUnixMilliseconds, long? RecalledUnixMilliseconds, bool IsFraud, long? ReplacedUnixMilliseconds);

/// <summary>All releases. While none is recorded, the fleet has no releases to go by and every firmware passes.</summary>
public sealed class FirmwareBook(IEnumerable<FirmwareRelease> releases)
{
    private const long MillisecondsPerDay = 86_400_000;

    private readonly Dictionary<string, FirmwareRelease> _byDigest = releases.ToDictionary(release => release.Digest, StringComparer.Ordinal);

    /// <summary>A book without releases.</summary>
    public static FirmwareBook Empty { get; } = new([]);

    /// <summary>What speaks against a batch of this firmware, by what was known when it arrived.</summary>
    internal (Finding Finding, Outcome Outcome)? Against(byte[] firmware, long arrivedUnixMilliseconds, VerificationSettings settings)
    {
        if (_byDigest.Count == 0 || !_byDigest.Values.Any(release => release.RecordedUnixMilliseconds < arrivedUnixMilliseconds))
        {
            return null;
        }

        string digest = Convert.ToHexStringLower(firmware);
        if (!_byDigest.TryGetValue(digest, out FirmwareRelease? named) || named.RecordedUnixMilliseconds >= arrivedUnixMilliseconds)
        {
            return (new Finding(VerdictName.FirmwareUnknown, $"the node runs {digest}, which is no recorded release"), Outcome.Held);
        }

        if (named.RecalledUnixMilliseconds is not { } recalled || recalled >= arrivedUnixMilliseconds)
        {
            return null;
        }

        bool isReplaced = named.ReplacedUnixMilliseconds is { } replaced && replaced < arrivedUnixMilliseconds;
        bool isLate = isReplaced && arrivedUnixMilliseconds - named.ReplacedUnixMilliseconds >= settings.RecallGraceDays * MillisecondsPerDay;

        // Nobody can leave a release before there is another; firmware that meters wrongly must not earn even so.
        return isReplaced ? (new Finding(VerdictName.FirmwareRecalled, $"the node runs {digest}, which was recalled; its replacement was offered"), isLate ? Outcome.Refused : Outcome.Held)
            : named.IsFraud ? (new Finding(VerdictName.FirmwareRecalled, $"the node runs {digest}, which was recalled for false metering"), Outcome.Held)
            : null;
    }
}
