using System.Globalization;
using System.Text;
using DePin.Host.Simulation;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>Skies: seeded clouds and measured days.</summary>
public sealed class SkyTests
{
    private const long Morning = 1_767_225_600;
    private const int MinutesPerDay = 1440;

    [Fact]
    public void The_same_seed_has_the_same_weather_and_another_seed_another()
    {
        var sky = new SeededClouds(7);
        var same = new SeededClouds(7);
        var other = new SeededClouds(8);
        bool differs = false;
        for (long at = Morning; at < Morning + 86_400; at += 600)
        {
            Assert.Equal(sky.At(-0.09, 34.77, at), same.At(-0.09, 34.77, at));
            differs |= sky.At(-0.09, 34.77, at) != other.At(-0.09, 34.77, at);
        }

        Assert.True(differs);
    }

    [Fact]
    public void Clouds_are_smooth_in_time_and_place_and_differ_between_days_and_far_places()
    {
        var sky = new SeededClouds(3);
        double least = 1;
        double most = 0;
        double apart = 0;
        for (long at = Morning; at < Morning + 30 * 86_400L; at += 60)
        {
            double here = sky.Transmission(-0.09, 34.77, at);
            Assert.InRange(here, 0.12, 1);
            Assert.InRange(Math.Abs(here - sky.Transmission(-0.09, 34.77, at + 10)), 0, 0.05);
            Assert.InRange(Math.Abs(here - sky.Transmission(-0.0901, 34.77, at)), 0, 0.05);
            apart = Math.Max(apart, Math.Abs(here - sky.Transmission(2, 36, at)));
            least = Math.Min(least, here);
            most = Math.Max(most, here);
        }

        Assert.InRange(least, 0.12, 0.4);
        Assert.InRange(most, 0.95, 1);
        Assert.InRange(apart, 0.3, 1);
    }

    [Fact]
    public void A_measured_day_is_read_and_repeats_beyond_its_end_and_says_so()
    {
        using var folder = new TemporaryFolder();
        IrradianceFile sky = IrradianceFile.Read(Day(folder, minute => $"{minute % 1000},{minute % 20}"));
        Assert.Equal(Morning, sky.FirstUnixSeconds);
        Assert.Equal(new Weather(721, 1), sky.At(0, 0, Morning + 721 * 60 + 59));
        Assert.Equal(sky.At(0, 0, Morning + 60), sky.At(0, 0, Morning + 60 + 5 * 86_400));
        Assert.Equal(sky.At(0, 0, Morning + 86_340), sky.At(0, 0, Morning - 60));
        Assert.Equal(sky.At(0, 0, Morning + 86_340), sky.At(0, 0, Morning - 1));
        Assert.True(sky.Covers(Morning + 86_399));
        Assert.False(sky.Covers(Morning + 86_400));
        Assert.False(sky.Covers(Morning - 1));
    }

    [Theory]
    [InlineData("0,abc", "line 10", "air_c")]
    [InlineData("-1,20", "line 10", "ghi_w_m2")]
    [InlineData("1700,20", "line 10", "ghi_w_m2")]
    [InlineData("NaN,20", "line 10", "ghi_w_m2")]
    [InlineData("5", "line 10", "three fields")]
    public void A_malformed_line_is_named_with_its_number(string fields, string where, string what)
    {
        using var folder = new TemporaryFolder();
        var problem = Assert.Throws<InvalidDataException>(() => IrradianceFile.Read(Day(folder, minute => minute == 8 ? fields : "0,20")));
        Assert.Contains(where, problem.Message, StringComparison.Ordinal);
        Assert.Contains(what, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("time,ghi", "line 1")]
    [InlineData("utc,ghi_w_m2,air_c\nyesterday,1,2", "line 2")]
    [InlineData("utc,ghi_w_m2,air_c\n2026-01-01T00:00:00Z,1,2\n2026-01-01T00:02:00Z,1,2", "line 3")]
    [InlineData("utc,ghi_w_m2,air_c\n2026-01-01T00:00:00Z,1,2", "whole days")]
    [InlineData("", "whole days")]
    public void A_file_that_is_no_measured_day_is_refused_with_a_sentence(string content, string what)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("sky.csv"), content);
        var problem = Assert.Throws<InvalidDataException>(() => IrradianceFile.Read(folder.File("sky.csv")));
        Assert.Contains(what, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_refused_with_its_name()
    {
        var problem = Assert.Throws<InvalidDataException>(() => IrradianceFile.Read("no-such-sky.csv"));
        Assert.Contains("no-such-sky.csv", problem.Message, StringComparison.Ordinal);
    }

    internal static string Day(TemporaryFolder folder, Func<int, string> fields)
    {
        var text = new StringBuilder(IrradianceFile.Header + "\n");
        for (int minute = 0; minute < MinutesPerDay; minute++)
        {
            string utc = DateTimeOffset.FromUnixTimeSeconds(Morning + minute * 60).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            text.Append(utc).Append(',').Append(fields(minute)).Append('\n');
        }

        string path = folder.File("day.csv");
        File.WriteAllText(path, text.ToString());
        return path;
    }
}
