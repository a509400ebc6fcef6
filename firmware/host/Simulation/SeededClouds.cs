namespace DePin.Host.Simulation;

/// <summary>
/// A clear sky behind clouds that follow from a seed: days that are bright or dull, clouds of an hour, and small ones of some
/// minutes. Smooth in time and place, so that neighbours see the same weather and the far village another.
/// </summary>
public sealed class SeededClouds : ISky
{
    private const double DaySeconds = 86_400;
    private const double KilometresPerDegree = 111.2;

    private readonly long _dayScale;
    private readonly long _hourScale;
    private readonly long _minuteScale;

    /// <summary>The weather of a seed.</summary>
    /// <param name="seed">Chooses the weather.</param>
    public SeededClouds(long seed)
    {
        _dayScale = Noise.Child(seed, 1);
        _hourScale = Noise.Child(seed, 2);
        _minuteScale = Noise.Child(seed, 3);
    }

    /// <inheritdoc />
    public Weather At(double latitude, double longitude, long unixSeconds)
    {
        double clear = ClearSky.GlobalHorizontal(ClearSky.Sun(latitude, longitude, unixSeconds).ElevationDegrees);
        double air = AirCelsius(latitude, longitude, unixSeconds);
        return new Weather(clear <= 0 ? 0 : clear * Transmission(latitude, longitude, unixSeconds), air);
    }

    /// <summary>The part of the clear sky's irradiance that passes, 0.12 to 1.</summary>
    public double Transmission(double latitude, double longitude, long unixSeconds)
    {
        double x = longitude * Math.Cos(latitude * (Math.PI / 180)) * KilometresPerDegree;
        double y = latitude * KilometresPerDegree;
        double cover = 0.45 * Noise.Smooth(_dayScale, unixSeconds / 43_200.0, x / 120, y / 120)
            + 0.35 * Noise.Smooth(_hourScale, unixSeconds / 2_700.0, x / 15, y / 15)
            + 0.20 * Noise.Smooth(_minuteScale, unixSeconds / 420.0, x / 3, y / 3);
        double dark = Math.Clamp((cover - 0.45) / 0.35, 0, 1);
        return 1 - 0.88 * dark;
    }

    // A plain climate: warm at the equator, colder towards the poles and in their winter, warmest in mid-afternoon.
    private double AirCelsius(double latitude, double longitude, long unixSeconds)
    {
        double solarDay = (unixSeconds + longitude * 240) / DaySeconds;
        double year = Math.Cos(2 * Math.PI * (unixSeconds / DaySeconds / 365.2422 - 0.54));
        double season = Math.Sin(latitude * (Math.PI / 180)) * 16 * year;
        double mean = 27 - 0.4 * Math.Max(0, Math.Abs(latitude) - 10) + season;
        double ofDay = 5 * Math.Cos(2 * Math.PI * (solarDay - Math.Floor(solarDay) - 0.62));
        return mean + ofDay + 3 * (Noise.Smooth(_dayScale, solarDay) - 0.5);
    }
}
