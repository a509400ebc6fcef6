using DePin.Fleet.Verification;
using DePin.Host.Simulation;

namespace DePin.Tests.Verification;

/// <summary>The sun of the backend against the almanac, and against the one of the simulation, which was written apart.</summary>
public sealed class SunTests
{
    [Theory]
    [InlineData("2026-03-20T14:46:00Z", 0)]
    [InlineData("2026-06-21T08:25:00Z", 23.44)]
    [InlineData("2026-09-23T00:05:00Z", 0)]
    [InlineData("2026-12-21T20:50:00Z", -23.44)]
    public void Equinoxes_and_solstices_of_the_almanac_have_their_declinations(string moment, double degrees) =>
        Assert.InRange(new Sun(Unix(moment)).DeclinationDegrees, degrees - 0.01, degrees + 0.01);

    [Theory]
    [InlineData("2026-02-11T12:00:00Z", -14.25)]
    [InlineData("2026-05-14T12:00:00Z", 3.65)]
    [InlineData("2026-07-26T12:00:00Z", -6.55)]
    [InlineData("2026-11-03T12:00:00Z", 16.45)]
    public void Sundials_are_ahead_and_behind_by_the_almanacs_extremes(string moment, double minutes) =>
        Assert.InRange(new Sun(Unix(moment)).EquationOfTimeMinutes, minutes - 0.1, minutes + 0.1);

    [Theory]
    [InlineData("2026-01-03T17:00:00Z", 1407)]
    [InlineData("2026-07-06T17:00:00Z", 1317)]
    public void The_sun_is_strongest_in_January_and_weakest_in_July(string moment, double watts) =>
        Assert.InRange(new Sun(Unix(moment)).IrradianceWattsPerSquareMetre, watts - 1, watts + 1);

    [Fact]
    public void Elevations_agree_with_the_simulations_sun_everywhere_and_at_all_times()
    {
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            long at = random.NextInt64(Unix("2001-01-01T00:00:00Z"), Unix("2099-12-31T00:00:00Z"));
            double latitude = (random.NextDouble() * 180) - 90;
            double longitude = (random.NextDouble() * 360) - 180;
            double expected = ClearSky.Sun(latitude, longitude, at).ElevationDegrees;
            Assert.InRange(new Sun(at).ElevationDegrees(latitude, longitude, at) - expected, -0.03, 0.03);
        }
    }

    [Fact]
    public void The_highest_sun_of_a_slot_is_that_of_its_highest_second()
    {
        var random = new Random(6);
        for (int i = 0; i < 500; i++)
        {
            long from = random.NextInt64(Unix("2020-01-01T00:00:00Z"), Unix("2040-01-01T00:00:00Z"));
            int seconds = random.Next(1, 14_400);
            double latitude = (random.NextDouble() * 180) - 90;
            double longitude = (random.NextDouble() * 360) - 180;
            var sun = new Sun(from + (seconds / 2));
            double highest = double.MinValue;
            for (long at = from; at <= from + seconds; at += 10)
            {
                highest = Math.Max(highest, sun.ElevationDegrees(latitude, longitude, at));
            }

            Assert.InRange(sun.HighestDegrees(latitude, longitude, from, from + seconds) - highest, -0.0001, 0.05);
        }
    }

    private static long Unix(string moment) => DateTimeOffset.Parse(moment).ToUnixTimeSeconds();
}
