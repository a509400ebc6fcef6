using DePin.Fleet.Nodes;

namespace DePin.Fleet.Verification;

/// <summary>What judging a batch needs to know beside it and its node's past.</summary>
/// <param name="Profile">The ratings the node is registered with.</param>
/// <param name="Paired">When the node was paired; in order, without overlap.</param>
/// <param name="SuspendedFromUnixMilliseconds">Arrivals from here on are held, or null.</param>
/// <param name="FollowsGap">Whether a declared gap lies before the batch: its counters are the new base.</param>
/// <param name="ArrivedUnixMilliseconds">When the batch came, by the backend's clock.</param>
public sealed record Circumstances(
    Profile Profile, IReadOnlyList<PairedTime> Paired, long? SuspendedFromUnixMilliseconds, bool FollowsGap, long ArrivedUnixMilliseconds)
{
    /// <summary>When the batch came, Unix seconds.</summary>
    public long ArrivedUnixSeconds => ArrivedUnixMilliseconds / 1000;

    /// <summary>Whether a pairing was active at this time.</summary>
    public bool IsPairedAt(long unixSeconds)
    {
        for (int i = 0; i < Paired.Count; i++)
        {
            if (unixSeconds >= Paired[i].FromUnixSeconds && unixSeconds < Paired[i].ToUnixSeconds)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A time in which a node belongs to somebody: from the first second up to the last, exclusive; long.MaxValue for still.</summary>
public readonly record struct PairedTime(long FromUnixSeconds, long ToUnixSeconds);
