using DePin.Tests.Support;
using DePin.Tools;
using DePin.Tools.Demo;

namespace DePin.Tests.Tools;

/// <summary>Where and when a demonstration plays.</summary>
public sealed class DemonstrationPlanTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 20, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public void It_begins_at_17_00_by_the_sun_of_its_longitude()
    {
        using var folder = new TemporaryFolder();
        var options = new DemonstrationOptions { DataFolder = folder.Path, Latitude = 0, Longitude = 30 };
        DemonstrationPlan plan = DemonstrationPlan.Of(options, Today);
        Assert.Equal(new DateTimeOffset(2026, 3, 20, 15, 0, 0, TimeSpan.Zero), DateTimeOffset.FromUnixTimeSeconds(plan.StartUnixSeconds));
        Assert.Equal(12, plan.Nodes);
    }

    [Fact]
    public async Task Under_a_measured_sky_it_begins_an_hour_before_the_highest_sun_of_the_measured_day()
    {
        using var folder = new TemporaryFolder();
        var midnight = new DateTime(2016, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        IEnumerable<string> minutes = Enumerable.Range(0, 1440).Select(minute => $"{midnight.AddMinutes(minute):yyyy-MM-dd'T'HH:mm:ss'Z'},0.0,1.0");
        await File.WriteAllLinesAsync(folder.File("sky.csv"), minutes.Prepend("utc,ghi_w_m2,air_c"), TestContext.Current.CancellationToken);
        var options = new DemonstrationOptions { DataFolder = folder.Path, Latitude = 37.70, Longitude = -105.92, IrradianceFile = folder.File("sky.csv") };
        DemonstrationPlan plan = DemonstrationPlan.Of(options, Today);

        // The sun stands highest over Alamosa on 1 January at 19:07 UTC.
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(plan.StartUnixSeconds), Utc(18, 5), Utc(18, 9));
    }

    [Fact]
    public void A_fleet_that_stands_somewhere_is_not_moved()
    {
        using var folder = new TemporaryFolder();
        DemonstrationPlan.Of(new DemonstrationOptions { DataFolder = folder.Path, Nodes = 4 }, Today).Write(folder.Path);
        DemonstrationPlan kept = DemonstrationPlan.Of(new DemonstrationOptions { DataFolder = folder.Path }, Today.AddDays(3));
        Assert.Equal(4, kept.Nodes);
        CommandException refusal = Assert.Throws<CommandException>(object? () => DemonstrationPlan.Of(new DemonstrationOptions { DataFolder = folder.Path, Latitude = 50 }, Today));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains("cannot move", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<CommandException>(object? () => DemonstrationPlan.Of(new DemonstrationOptions { DataFolder = folder.Path, Start = Today }, Today));
    }

    private static DateTimeOffset Utc(int hour, int minute) => new(2016, 1, 1, hour, minute, 0, TimeSpan.Zero);
}
