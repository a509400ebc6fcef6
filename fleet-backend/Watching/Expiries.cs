using System.Data.Common;
using DePin.Contracts.Updates;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;

namespace DePin.Fleet.Watching;

/// <summary>What runs out by itself: the certificate of the pages, and the last release of each firmware that may still be offered.</summary>
internal sealed class Expiries(Listening listening, Database database, FleetSettings settings, TimeProvider clock)
{
    /// <summary>All of them, the next first.</summary>
    public IReadOnlyList<Expiry> All()
    {
        DateTimeOffset now = clock.GetUtcNow();
        var found = new List<Expiry>();
        if (listening.Certificate is { } certificate)
        {
            // Browsers go by the true time, also where a demonstration's clock is ahead.
            found.Add(new Expiry("the certificate of the pages", certificate.Ends, certificate.Ends - DateTimeOffset.UtcNow, "renew it: the backend reads it again by itself"));
        }

        using DbConnection connection = database.OpenReader();
        foreach (ReleaseRow release in ReleaseStore.All(connection).Where(row => row.RecalledUnixMilliseconds is null).GroupBy(row => row.ProfilesText, StringComparer.Ordinal).Select(group => group.MaxBy(row => row.Build)!))
        {
            if (SignedRelease.Decode(release.Message, out _)?.Manifest.ExpiresUnixSeconds is { } ends)
            {
                DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds(Math.Min(ends, 253_402_300_799));
                found.Add(new Expiry($"release {release.Name}", end, end - now, "sign a release with a later end: after it nodes are offered none"));
            }
        }

        return [.. found.OrderBy(expiry => expiry.Left)];
    }

    /// <summary>Those that are near, each a sentence.</summary>
    public IReadOnlyList<string> Warnings() =>
    [
        .. All().Where(expiry => expiry.Left < TimeSpan.FromDays(settings.Telemetry.ExpiryWarningDays)).Select(expiry =>
            $"{expiry.What} {(expiry.Left < TimeSpan.Zero ? "ended" : "ends")} {expiry.Ends:yyyy-MM-dd HH:mm} UTC: {expiry.Cure}"),
    ];
}

/// <summary>Something that runs out.</summary>
/// <param name="What">Its name.</param>
/// <param name="Ends">When.</param>
/// <param name="Left">Until then; below zero afterwards.</param>
/// <param name="Cure">What to do.</param>
internal sealed record Expiry(string What, DateTimeOffset Ends, TimeSpan Left, string Cure);
