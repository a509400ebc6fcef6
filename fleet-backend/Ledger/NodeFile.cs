using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>What the books keep in memory of a node beside its state.</summary>
internal sealed record NodeFile(Profile Profile, IReadOnlyList<Terms> Terms)
{
    /// <summary>When it was paired.</summary>
    public IReadOnlyList<PairedTime> Paired { get; } = [.. Terms.Select(terms => new PairedTime(terms.FromUnixSeconds, terms.ToUnixSeconds, terms.Place.Latitude, terms.Place.Longitude))];
}
