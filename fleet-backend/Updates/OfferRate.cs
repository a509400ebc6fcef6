namespace DePin.Fleet.Updates;

/// <summary>How many offers may be made: earned by time, ten seconds' worth saved up at most.</summary>
/// <param name="Units">What is earned; an offer costs <see cref="UnitsOfOffer"/>, so that nothing is lost by rounding.</param>
/// <param name="AtUnixMilliseconds">Up to when.</param>
public readonly record struct OfferRate(long Units, long AtUnixMilliseconds)
{
    /// <summary>An offer a minute earns one unit a millisecond.</summary>
    public const long UnitsOfOffer = 60_000;

    private const long LongestMilliseconds = 10_000;

    /// <summary>A rate that begins now, with a second's offers, or one.</summary>
    public static OfferRate Begin(long nowUnixMilliseconds, int offersPerMinute) => new(Math.Max(UnitsOfOffer, offersPerMinute * 1000L), nowUnixMilliseconds);

    /// <summary>Offers that may be made.</summary>
    public long Whole => Units / UnitsOfOffer;

    /// <summary>What is earned by now. A clock that was set back earns nothing.</summary>
    public OfferRate At(long nowUnixMilliseconds, int offersPerMinute)
    {
        long passed = Math.Clamp(nowUnixMilliseconds - AtUnixMilliseconds, 0, LongestMilliseconds);
        long most = Math.Max(UnitsOfOffer, offersPerMinute * LongestMilliseconds);
        return new OfferRate(Math.Min(most, Units + (passed * offersPerMinute)), Math.Max(nowUnixMilliseconds, AtUnixMilliseconds));
    }

    /// <summary>After so many offers.</summary>
    public OfferRate Less(long offers) => this with { Units = Units - (offers * UnitsOfOffer) };
}
