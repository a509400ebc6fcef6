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

    /// <summary>What speaks against a harvest in this light, or null.</summary>
    public static Finding? Against(Reading reading, Sun sun, PairedTime place, long opened, long panelMilliwatts, VerificationSettings settings)
    {
        // Counters are floored at both ends, so one mWh more proves nothing.
        double allowed = (Math.Max(settings.NightHarvestMilliwatts, panelMilliwatts * settings.NightHarvestPermilleOfRating / 1000.0) * reading.Seconds / SecondsPerHour) + 1;
        if (reading.HarvestedMilliwattHours <= allowed)
        {
            return null;
        }

        double highest = sun.HighestDegrees(place.Latitude, place.Longitude, opened, opened + reading.Seconds);
        if (highest < NightDegrees)
        {
            return new Finding(VerdictName.NightHarvest, $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s while the sun stood at {highest:0.0} degrees or lower; {(long)allowed} mWh are allowed");
        }

        double mu = Math.Max(0, Math.Sin(highest * Math.PI / 180));
        double light = sun.IrradianceWattsPerSquareMetre * ((DirectPart * Math.Pow(mu, DirectPower)) + (DiffusePart * Math.Pow(mu, DiffusePower))) + OffsetWattsPerSquareMetre;
        allowed = Math.Max(allowed, (panelMilliwatts * light / RatedWattsPerSquareMetre * reading.Seconds / SecondsPerHour) + 1);
        return reading.HarvestedMilliwattHours <= allowed
            ? null
            : new Finding(VerdictName.AboveSky, $"harvested {reading.HarvestedMilliwattHours} mWh in {reading.Seconds} s; under a sun of {highest:0.0} degrees a panel of {panelMilliwatts} mW gives at most {(long)allowed} mWh");
    }
}
