using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>What the books keep in memory of a node beside its state.</summary>
/// <param name="NodeId">Its name.</param>
/// <param name="Profile">Its ratings.</param>
/// <param name="Terms">Who earns from it over time.</param>
/// <param name="Suspensions">When its readings are held.</param>
/// <param name="VisitedUnixMilliseconds">When somebody first stood before it, or null.</param>
internal sealed record NodeFile(string NodeId, Profile Profile, IReadOnlyList<Terms> Terms, IReadOnlyList<SuspendedTime> Suspensions, long? VisitedUnixMilliseconds)
{
    // A hundredth of a degree, one kilometre, is all that the sun and the neighbours need to know of a home.
    private const int PlaceDecimals = 2;

    private IReadOnlyList<PairedTime> Paired { get; } = [.. Terms.Select(terms =>
        new PairedTime(terms.FromUnixSeconds, terms.ToUnixSeconds, Math.Round(terms.Place.Latitude, PlaceDecimals), Math.Round(terms.Place.Longitude, PlaceDecimals)))];

    /// <summary>What judging a batch needs to know.</summary>
    public Circumstances About(StoredBatch stored, FirmwareBook firmware)
    {
        SuspendedTime? suspension = Suspensions.FirstOrDefault(time => stored.Id > time.AfterBatch && stored.Id <= time.UntilBatch);
        return new Circumstances(Profile, Paired, suspension?.FromUnixMilliseconds, stored.FollowsGap, stored.ArrivedUnixMilliseconds)
        {
            Firmware = firmware,
            VisitedUnixMilliseconds = VisitedUnixMilliseconds,
        };
    }
}

/// <summary>A time in which arrivals are held: the batches after one up to another; long.MaxValue for still.</summary>
internal sealed record SuspendedTime(long FromUnixMilliseconds, long AfterBatch, long UntilBatch);
