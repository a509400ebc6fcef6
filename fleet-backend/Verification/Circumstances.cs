using DePin.Fleet.Nodes;

namespace DePin.Fleet.Verification;

/// <summary>What judging a batch needs to know beside it and its node's past.</summary>
/// <param name="Profile">The ratings the node is registered with.</param>
/// <param name="Paired">When the node was paired; in order, without overlap.</param>
/// <param name="SuspendedFromUnixMilliseconds">Since when the node is suspended, where this batch is held for it, or null.</param>
/// <param name="FollowsGap">Whether a declared gap lies before the batch: its counters are the new base.</param>
/// <param name="ArrivedUnixMilliseconds">When the batch came, by the backend's clock.</param>
public sealed record Circumstances(
    Profile Profile, IReadOnlyList<PairedTime> Paired, long? SuspendedFromUnixMilliseconds, bool FollowsGap, long ArrivedUnixMilliseconds)
{
    /// <summary>The releases that firmware is held against.</summary>
    public FirmwareBook Firmware { get; init; } = FirmwareBook.Empty;

    /// <summary>When somebody first went to see the node, Unix milliseconds, or null.</summary>
    public long? VisitedUnixMilliseconds { get; init; }

    /// <summary>When the batch came, Unix seconds.</summary>
    public long ArrivedUnixSeconds => ArrivedUnixMilliseconds / 1000;

    /// <summary>The pairing that was active at this time, or null.</summary>
    public PairedTime? PairedAt(long unixSeconds)
    {
        for (int i = 0; i < Paired.Count; i++)
        {
            if (unixSeconds >= Paired[i].FromUnixSeconds && unixSeconds < Paired[i].ToUnixSeconds)
            {
                return Paired[i];
            }
        }

        return null;
    }
}

/// <summary>A time in which a node belongs to somebody and stands somewhere: from the first second up to the last, exclusive; long.MaxValue for still.</summary>
/// <param name="FromUnixSeconds">First second.</param>
/// <param name="ToUnixSeconds">The second after the last.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
public readonly record struct PairedTime(long FromUnixSeconds, long ToUnixSeconds, double Latitude, double Longitude);
