using DePin.Host.Simulation;

namespace DePin.Tests.Host;

/// <summary>The sun's position against published values, within half a degree.</summary>
public sealed class SunTests
{
    private const double HalfADegree = 0.5;

    [Theory]
    // The worked example of the solar position algorithm of NREL (Reda and Andreas, 2004): zenith 50.11, azimuth 194.34.
    [InlineData("2003-10-17T19:30:30Z", 39.742476, -105.1786, 39.888, 194.340)]
    public void The_sun_stands_where_the_published_example_has_it(string utc, double latitude, double longitude, double elevation, double azimuth)
    {
        SunPosition sun = ClearSky.Sun(latitude, longitude, Unix(utc));
        Assert.InRange(sun.ElevationDegrees, elevation - HalfADegree, elevation + HalfADegree);
        Assert.InRange(sun.AzimuthDegrees, azimuth - HalfADegree, azimuth + HalfADegree);
    }

    [Theory]
    // Sunrise and sunset of almanacs: the upper limb on the horizon, refraction included, is -0.833 degrees.
    [InlineData("2024-06-20T03:43:00Z", 51.4779, 0)]
    [InlineData("2024-06-20T20:21:00Z", 51.4779, 0)]
    [InlineData("2024-03-20T06:03:00Z", 51.4779, 0)]
    [InlineData("2024-12-21T15:53:00Z", 51.4779, 0)]
    public void The_sun_rises_and_sets_when_almanacs_say(string utc, double latitude, double longitude) =>
        Assert.InRange(ClearSky.Sun(latitude, longitude, Unix(utc)).ElevationDegrees, -0.833 - HalfADegree, -0.833 + HalfADegree);

    [Theory]
    // On the day of a solstice the highest sun is 90 - |latitude - 23.44|.
    [InlineData("2024-06-20T00:00:00Z", 51.4779, 0, 61.96)]
    [InlineData("2024-12-21T00:00:00Z", 51.4779, 0, 15.08)]
    [InlineData("2024-06-20T00:00:00Z", -33.8688, 151.2093, 32.69)]
    public void The_highest_sun_of_a_solstice_follows_from_the_latitude(string utc, double latitude, double longitude, double elevation)
    {
        long highest = ClearSky.HighestSun(latitude, longitude, Unix(utc));
        Assert.InRange(ClearSky.Sun(latitude, longitude, highest).ElevationDegrees, elevation - 0.1, elevation + 0.1);
    }

    [Fact]
    public void A_clear_sky_gives_about_a_kilowatt_under_a_high_sun_and_nothing_below_the_horizon()
    {
        Assert.InRange(ClearSky.GlobalHorizontal(90), 1000, 1100);
        Assert.Equal(0, ClearSky.GlobalHorizontal(0));
        Assert.Equal(0, ClearSky.GlobalHorizontal(-20));
    }

    private static long Unix(string utc) => DateTimeOffset.Parse(utc).ToUnixTimeSeconds();
}
