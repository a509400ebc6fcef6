namespace DePin.Fleet.Updates;

/// <summary>
/// How many offers may be made, so that no minute has more than the rate: three seconds' worth can be saved up, or one offer, and the rest of a minute
/// is earned by time. A steady pace is therefore a twentieth slower than the rate, and at a few offers a minute a tenth.
/// </summary>
/// <param name="Units">What is earned; an offer costs <see cref="UnitsOfOffer"/>, so that nothing is lost by rounding.</param>
/// <param name="AtUnixMilliseconds">Up to when.</param>
public readonly record struct OfferRate(long Units, long AtUnixMilliseconds)
{
    /// <summary>An offer a minute would earn 20 units a millisecond, were all of it earned by time.</summary>
    public const long UnitsOfOffer = 20 * 60_000;

    private const long EarnedTwentieths = 19;
    private const long SavedMilliseconds = 3000;

    /// <summary>A rate that begins now, with all that can be saved.</summary>
    public static OfferRate Begin(long nowUnixMilliseconds, int offersPerMinute) => new(Most(offersPerMinute), nowUnixMilliseconds);

    /// <summary>Offers that may be made.</summary>
    public long Whole => Units / UnitsOfOffer;

    /// <summary>What is earned by now. A clock that was set back earns nothing.</summary>
    public OfferRate At(long nowUnixMilliseconds, int offersPerMinute)
    {
        long passed = Math.Clamp(nowUnixMilliseconds - AtUnixMilliseconds, 0, UnitsOfOffer);
        return new OfferRate(Math.Min(Most(offersPerMinute), Units + (passed * offersPerMinute * EarnedTwentieths)), Math.Max(nowUnixMilliseconds, AtUnixMilliseconds));
    }

    /// <summary>After so many offers.</summary>
    public OfferRate Less(long offers) => this with { Units = Units - (offers * UnitsOfOffer) };

    private static long Most(int offersPerMinute) => Math.Max(UnitsOfOffer, offersPerMinute * SavedMilliseconds * 20);
}
