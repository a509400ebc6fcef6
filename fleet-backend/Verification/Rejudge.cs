using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// Judges a held reading again when it is to be released: whoever releases may overrule a doubt, not physics, and not who was paired. Pure.
/// </summary>
internal static class Rejudge
{
    private const long SecondsPerDay = 86_400;

    /// <summary>
    /// What speaks against releasing a reading that opened at this time, or null. Readings that were known up to a second when it came cover
    /// that time: who dates a reading afterwards must not tell an hour twice.
    /// </summary>
    public static Finding? Dated(Reading reading, long opened, long coveredUntilUnixSeconds, Circumstances circumstances, VerificationSettings settings) =>
        Place(opened, circumstances, out PairedTime place)
        ?? (circumstances.ArrivedUnixSeconds - opened > settings.OldestDays * SecondsPerDay
            ? new Finding(VerdictName.TooOld, $"opened {Judge.Time(opened)}, {(circumstances.ArrivedUnixSeconds - opened) / SecondsPerDay} days before it arrived; {settings.OldestDays} are allowed")
            : null)
        ?? Judge.Overlap(opened, reading.Seconds, coveredUntilUnixSeconds, settings)
        ?? Judge.OverRating(reading, circumstances.Profile, settings)
        ?? Sky.Against(reading, new Sun(opened + (reading.Seconds / 2)), place, opened, circumstances.Profile.PanelMilliwatts, settings);

    /// <summary>The same for one without a date, of which is known only that it lies between the arrival of what came before and its own.</summary>
    public static Finding? Undated(Reading reading, long previousArrivalUnixSeconds, Circumstances circumstances, VerificationSettings settings) =>
        Place(circumstances.ArrivedUnixSeconds, circumstances, out PairedTime place)
        ?? Judge.OverRating(reading, circumstances.Profile, settings)
        ?? Sky.AgainstUndated(reading, place, Math.Min(previousArrivalUnixSeconds, circumstances.ArrivedUnixSeconds), circumstances.ArrivedUnixSeconds, circumstances.Profile.PanelMilliwatts, settings);

    private static Finding? Place(long at, Circumstances circumstances, out PairedTime place)
    {
        PairedTime? paired = circumstances.PairedAt(at);
        place = paired.GetValueOrDefault();
        return paired is null ? new Finding(VerdictName.NotPaired, $"nobody was paired with the node at {Judge.Time(at)}") : null;
    }
}
