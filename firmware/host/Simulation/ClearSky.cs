using System.Runtime.InteropServices;

namespace DePin.Host.Simulation;

/// <summary>Where the sun stands, and what it gives on level ground under a sky without clouds.</summary>
public static class ClearSky
{
    private const double UnixEpochJulianDays = 2_440_587.5;
    private const double J2000JulianDays = 2_451_545.0;

    /// <summary>
    /// The sun over a place, by the formulas of NOAA's solar calculator (after Meeus, Astronomical Algorithms); good to
    /// 0.01 degrees between 1900 and 2100. The elevation is geometric: without refraction.
    /// </summary>
    public static SunPosition Sun(double latitude, double longitude, double unixSeconds)
    {
        double centuries = (unixSeconds / 86_400 + UnixEpochJulianDays - J2000JulianDays) / 36_525;
        double meanLongitude = (280.46646 + centuries * (36_000.76983 + centuries * 0.0003032)) % 360;
        double meanAnomaly = Radians(357.52911 + centuries * (35_999.05029 - 0.0001537 * centuries));
        double eccentricity = 0.016708634 - centuries * (0.000042037 + 0.0000001267 * centuries);
        double center = Math.Sin(meanAnomaly) * (1.914602 - centuries * (0.004817 + 0.000014 * centuries))
            + Math.Sin(2 * meanAnomaly) * (0.019993 - 0.000101 * centuries)
            + Math.Sin(3 * meanAnomaly) * 0.000289;
        double node = Radians(125.04 - 1934.136 * centuries);
        double apparentLongitude = Radians(meanLongitude + center - 0.00569 - 0.00478 * Math.Sin(node));
        double meanObliquity = 23 + (26 + (21.448 - centuries * (46.815 + centuries * (0.00059 - centuries * 0.001813))) / 60) / 60;
        double obliquity = Radians(meanObliquity + 0.00256 * Math.Cos(node));
        double declination = Math.Asin(Math.Sin(obliquity) * Math.Sin(apparentLongitude));
        double minutes = unixSeconds % 86_400 / 60 + EquationOfTimeMinutes(obliquity, Radians(meanLongitude), meanAnomaly, eccentricity) + 4 * longitude;
        double hourAngle = Radians(minutes / 4 - 180);
        return Seen(Radians(latitude), declination, hourAngle);
    }

    /// <summary>Global horizontal irradiance, W/m2, under a clear sky (Haurwitz, Journal of Meteorology 2, 1945); 0 below the horizon.</summary>
    public static double GlobalHorizontal(double elevationDegrees)
    {
        double cosZenith = Math.Sin(Radians(elevationDegrees));
        return cosZenith <= 0 ? 0 : 1098 * cosZenith * Math.Exp(-0.057 / cosZenith);
    }

    /// <summary>The minute, as Unix seconds, at which the sun stands highest over a place in the 24 hours from a moment.</summary>
    public static long HighestSun(double latitude, double longitude, long fromUnixSeconds)
    {
        long highest = fromUnixSeconds;
        double elevation = double.MinValue;
        for (long at = fromUnixSeconds; at < fromUnixSeconds + 86_400; at += 60)
        {
            double now = Sun(latitude, longitude, at).ElevationDegrees;
            if (now > elevation)
            {
                elevation = now;
                highest = at;
            }
        }

        return highest;
    }

    private static double EquationOfTimeMinutes(double obliquity, double meanLongitude, double meanAnomaly, double eccentricity)
    {
        double tangent = Math.Tan(obliquity / 2);
        double y = tangent * tangent;
        double angle = y * Math.Sin(2 * meanLongitude)
            - 2 * eccentricity * Math.Sin(meanAnomaly)
            + 4 * eccentricity * y * Math.Sin(meanAnomaly) * Math.Cos(2 * meanLongitude)
            - 0.5 * y * y * Math.Sin(4 * meanLongitude)
            - 1.25 * eccentricity * eccentricity * Math.Sin(2 * meanAnomaly);
        return 4 * Degrees(angle);
    }

    private static SunPosition Seen(double latitude, double declination, double hourAngle)
    {
        double east = -Math.Cos(declination) * Math.Sin(hourAngle);
        double north = Math.Sin(declination) * Math.Cos(latitude) - Math.Cos(declination) * Math.Sin(latitude) * Math.Cos(hourAngle);
        double up = Math.Sin(declination) * Math.Sin(latitude) + Math.Cos(declination) * Math.Cos(latitude) * Math.Cos(hourAngle);
        double azimuth = Degrees(Math.Atan2(east, north));
        return new SunPosition(Degrees(Math.Asin(Math.Clamp(up, -1, 1))), azimuth < 0 ? azimuth + 360 : azimuth);
    }

    private static double Radians(double degrees) => degrees * (Math.PI / 180);

    private static double Degrees(double radians) => radians * (180 / Math.PI);
}

/// <summary>Where the sun stands.</summary>
/// <param name="ElevationDegrees">Above the horizon, negative below.</param>
/// <param name="AzimuthDegrees">Clockwise from north.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SunPosition(double ElevationDegrees, double AzimuthDegrees);
