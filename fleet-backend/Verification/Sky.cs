using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>What a sky can give at most: nothing at night, and by day no more than the atmosphere ever let through.</summary>
internal static class Sky
{
    // The end of civil twilight.
    private const double NightDegrees = -6;

    // A panel may face the sun, so direct and diffuse light are bounded apart: the "extremely rare" limits for both of the Baseline
    // Surface Radiation Network (Long and Shi 2008), as W/m2, with mu the cosine of the zenith angle: direct 0.95 S mu^0.2 + 10,
    // diffuse 0.75 S mu^1.2 + 30.
    private const double DirectPart = 0.95;
    private const double DirectPower = 0.2;
    private const double DiffusePart = 0.75;
    private const double DiffusePower = 1.2;
    private const double OffsetWattsPerSquareMetre = 40;

    // Irradiance at which a panel is rated.
    private const double RatedWattsPerSquareMetre = 1000;
    private const double SecondsPerHour = 3600;
    private const double SecondsPerDay = 86_400;

    /// <summary>What a reading may harvest in the dark, mWh.</summary>
    public static double NightMilliwattHours(int seconds, long panelMilliwatts, VerificationSettings settings) =>

        // Counters are floored at both ends, so one mWh more proves nothing.
        (Math.Max(settings.NightHarvestMilliwatts, panelMilliwatts * settings.NightHarvestPermilleOfRating / 1000.0) * seconds / SecondsPerHour) + 1;

    /// <summary>What speaks against a harvest in this light, or null.</summary>
    public static Finding? Against(Reading reading, Sun sun, PairedTime place, long opened, long panelMilliwatts, VerificationSettings settings)
    {
        double dark = NightMilliwattHours(reading.Seconds, panelMilliwatts, settings);
        return reading.HarvestedMilliwattHours <= dark
            ? null
            : Against(reading, sun, sun.HighestDegrees(place.Latitude, place.Longitude, opened, opened + reading.Seconds), dark, panelMilliwatts);
    }

    /// <summary>
    /// The same for a reading of which is known only that it lies between two times: it is held against the lowest sun between them, so
    /// that nobody gains by having no clock.
    /// </summary>
    public static Finding? AgainstUndated(Reading reading, PairedTime place, long fromUnixSeconds, long toUnixSeconds, long panelMilliwatts, VerificationSettings settings)
    {
        double dark = NightMilliwattHours(reading.Seconds, panelMilliwatts, settings);
        if (reading.HarvestedMilliwattHours <= dark)
        {
            return null;
        }

        var sun = new Sun((fromUnixSeconds + toUnixSeconds) / 2.0);
        double lowest = toUnixSeconds - fromUnixSeconds >= SecondsPerDay
            ? Math.Abs(place.Latitude + sun.DeclinationDegrees) - 90
            : sun.LowestDegrees(place.Latitude, place.Longitude, fromUnixSeconds, toUnixSeconds);
        return Against(reading, sun, lowest, dark, panelMilliwatts);
    }

    /// <summary>The most that a panel harvests in one day of UTC under any sky, mWh.</summary>
    public static long DayMilliwattHours(long day, PairedTime place, long panelMilliwatts, VerificationSettings settings)
    {
        const int Hours = 24;
        var sun = new Sun((day + 0.5) * SecondsPerDay);
        double sum = 0;
        for (int hour = 0; hour < Hours; hour++)
        {
            long from = (day * (long)SecondsPerDay) + (hour * (long)SecondsPerHour);
            double highest = sun.HighestDegrees(place.Latitude, place.Longitude, from, from + (long)SecondsPerHour);
            double dark = NightMilliwattHours((int)SecondsPerHour, panelMilliwatts, settings);
            sum += highest < NightDegrees ? dark : Math.Max(dark, panelMilliwatts * Light(sun, highest) / RatedWattsPerSquareMetre);
        }

        return (long)sum;
    }

    private static Finding? Against(Reading reading, Sun sun, double highestDegrees, double dark, long panelMilliwatts)
    {
        if (highestDegrees < NightDegrees)
        {
            return new Finding(VerdictName.NightHarvest, $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s while the sun stood at {highestDegrees:0.0} degrees or lower; {(long)dark} mWh are allowed");
        }

        double allowed = Math.Max(dark, (panelMilliwatts * Light(sun, highestDegrees) / RatedWattsPerSquareMetre * reading.Seconds / SecondsPerHour) + 1);
        return reading.HarvestedMilliwattHours <= allowed
            ? null
            : new Finding(VerdictName.AboveSky, $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s; under a sun of {highestDegrees:0.0} degrees a panel of {panelMilliwatts} mW gives at most {(long)allowed} mWh");
    }

    private static double Light(Sun sun, double elevationDegrees)
    {
        double mu = Math.Max(0, Math.Sin(elevationDegrees * Math.PI / 180));
        return (sun.IrradianceWattsPerSquareMetre * ((DirectPart * Math.Pow(mu, DirectPower)) + (DiffusePart * Math.Pow(mu, DiffusePower)))) + OffsetWattsPerSquareMetre;
    }
}
