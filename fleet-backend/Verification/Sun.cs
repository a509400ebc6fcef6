namespace DePin.Fleet.Verification;

/// <summary>
/// The sun of one moment, as seen from the Earth: by the formulas of NOAA's solar calculator (after Meeus, Astronomical Algorithms,
/// chapter 25), good to 0.01 degrees from 1900 to 2100. Within a few hours it moves so little against the stars that one serves a
/// whole batch. Elevations are geometric, without refraction.
/// </summary>
public sealed class Sun
{
    private const double SecondsPerDay = 86_400;
    private const double DegreesPerSecond = 360 / SecondsPerDay;

    // 2000-01-01 12:00, from where the formulas count.
    private const double J2000UnixSeconds = 946_728_000;
    private const double SecondsPerCentury = 36_525 * SecondsPerDay;

    // Total irradiance at the mean distance, W/m2 (Kopp and Lean 2011).
    private const double SolarConstant = 1361;

    private readonly double _sine;
    private readonly double _cosine;

    /// <summary>The sun at a time, Unix seconds.</summary>
    public Sun(double unixSeconds)
    {
        double t = (unixSeconds - J2000UnixSeconds) / SecondsPerCentury;
        double meanLongitude = 280.46646 + (t * (36_000.76983 + (0.0003032 * t)));
        double anomaly = 357.52911 + (t * (35_999.05029 - (0.0001537 * t)));
        double centre = ((1.914602 - (t * (0.004817 + (0.000014 * t)))) * Sin(anomaly)) + ((0.019993 - (0.000101 * t)) * Sin(2 * anomaly)) + (0.000289 * Sin(3 * anomaly));
        double ascendingNode = 125.04 - (1934.136 * t);
        double longitude = meanLongitude + centre - 0.00569 - (0.00478 * Sin(ascendingNode));
        double obliquity = 23.439291 - (t * (0.0130042 + (1.64e-7 * t))) + (0.00256 * Cos(ascendingNode));
        double eccentricity = 0.016708634 - (t * (0.000042037 + (1.267e-7 * t)));
        _sine = Sin(obliquity) * Sin(longitude);
        _cosine = Math.Sqrt(1 - (_sine * _sine));
        DeclinationDegrees = Math.Asin(_sine) * 180 / Math.PI;

        // The difference between the mean sun and the true one, both along the equator.
        double rightAscension = Math.Atan2(Cos(obliquity) * Sin(longitude), Cos(longitude)) * 180 / Math.PI;
        EquationOfTimeMinutes = 4 * Math.IEEERemainder(meanLongitude - 0.00569 - rightAscension, 360);
        double distance = 1.000001018 * (1 - (eccentricity * eccentricity)) / (1 + (eccentricity * Cos(anomaly + centre)));
        IrradianceWattsPerSquareMetre = SolarConstant / (distance * distance);
    }

    /// <summary>Angle north of the equator.</summary>
    public double DeclinationDegrees { get; }

    /// <summary>How far a sundial is ahead of the mean time.</summary>
    public double EquationOfTimeMinutes { get; }

    /// <summary>Above the atmosphere, towards the sun.</summary>
    public double IrradianceWattsPerSquareMetre { get; }

    /// <summary>The highest elevation between two times, degrees; the two lie less than a day apart.</summary>
    public double HighestDegrees(double latitude, double longitude, long fromUnixSeconds, long toUnixSeconds)
    {
        double from = HourAngle(longitude, fromUnixSeconds);
        double to = from + ((toUnixSeconds - fromUnixSeconds) * DegreesPerSecond);

        // Between two midnights it rises up to noon and falls from there.
        bool hasNoon = (from <= 0 && to >= 0) || to >= 360;
        return hasNoon ? 90 - Math.Abs(latitude - DeclinationDegrees) : Math.Max(Elevation(latitude, from), Elevation(latitude, to));
    }

    /// <summary>The elevation at a time, degrees.</summary>
    public double ElevationDegrees(double latitude, double longitude, long unixSeconds) => Elevation(latitude, HourAngle(longitude, unixSeconds));

    /// <summary>Minutes by which a time lies after the noon of the sun (before it where negative), -720 to 720.</summary>
    public double MinutesAfterNoon(double longitude, long unixSeconds) => HourAngle(longitude, unixSeconds) * 4;

    /// <summary>The lowest elevation between two times, degrees; the two lie less than a day apart.</summary>
    public double LowestDegrees(double latitude, double longitude, long fromUnixSeconds, long toUnixSeconds)
    {
        double from = HourAngle(longitude, fromUnixSeconds);
        bool hasMidnight = from + ((toUnixSeconds - fromUnixSeconds) * DegreesPerSecond) >= 180;
        return hasMidnight ? Math.Abs(latitude + DeclinationDegrees) - 90 : Math.Min(ElevationDegrees(latitude, longitude, fromUnixSeconds), ElevationDegrees(latitude, longitude, toUnixSeconds));
    }

    // -180 to 180, 0 at noon.
    private double HourAngle(double longitude, long unixSeconds) =>
        Math.IEEERemainder(((unixSeconds % SecondsPerDay) * DegreesPerSecond) + (EquationOfTimeMinutes / 4) + longitude - 180, 360);

    private double Elevation(double latitude, double hourAngle) =>
        Math.Asin(Math.Clamp((Sin(latitude) * _sine) + (Cos(latitude) * _cosine * Cos(hourAngle)), -1, 1)) * 180 / Math.PI;

    private static double Sin(double degrees) => Math.Sin(degrees * Math.PI / 180);

    private static double Cos(double degrees) => Math.Cos(degrees * Math.PI / 180);
}
