using DePin.Contracts.Metering;
using DePin.Host;
using DePin.Host.Simulation;
using DePin.Node.Metering;

namespace DePin.Tests.Host;

/// <summary>The laws a simulated node keeps, whatever its seed.</summary>
public sealed class SimulatedDeviceTests
{
    private const double Latitude = -0.0917;
    private const double Longitude = 34.768;
    private const long Start = 1_767_225_600;
    private const int Day = 86_400;

    [Theory]
    [InlineData("lamp-small")]
    [InlineData("ecandle-1")]
    [InlineData("airnode")]
    public void Energy_is_conserved_and_ratings_hold_and_the_night_is_dark(string name)
    {
        Profile profile = Profile.Named(name);
        for (int seed = 1; seed <= 4; seed++)
        {
            var device = new SimulatedDevice(profile, seed, new SeededClouds(seed), Latitude, Longitude);
            double chargeAtFirst = device.Battery.ChargeMilliwattHours;
            var sum = new Energy();
            var sample = new Sample();
            device.Boot(Start);
            for (long at = Start + 1; at <= Start + 3 * Day; at++)
            {
                device.Advance(at);
                device.Sample(sample);
                Judge(profile, sample, at);
                sum.Add(sample);
            }

            double drawdown = chargeAtFirst - device.Battery.ChargeMilliwattHours;
            double lost = sum.Harvested + sum.Imported + drawdown - sum.Delivered;
            Assert.InRange(lost, 0.02 * sum.Delivered, 0.2 * (sum.Harvested + sum.Imported + Math.Abs(drawdown)));
            Assert.True(sum.Delivered > 0 && sum.Harvested > 0, "a node gives and takes");
        }
    }

    [Fact]
    public void A_full_battery_leaves_the_sun_outside()
    {
        Profile profile = Profile.Named("airnode");
        var device = new SimulatedDevice(profile, 5, new SeededClouds(1), Latitude, Longitude, new KeptDevice(profile.BatteryMilliwattHours));
        device.Boot(Noon);
        for (int second = 1; second <= 600; second++)
        {
            device.Advance(Noon + second);
        }

        Assert.Equal(1000, device.Battery.Permille);
        Assert.InRange(device.HarvestedMilliwatts, device.DeliveredMilliwatts, device.DeliveredMilliwatts * 1.06);
    }

    [Fact]
    public void An_empty_battery_switches_the_output_off_and_says_brown_out_until_the_sun_has_charged_it()
    {
        var device = new SimulatedDevice(Profile.Named("airnode"), 5, new SeededClouds(1), Latitude, Longitude, new KeptDevice(6000));
        var sample = new Sample();
        long midnight = Noon - Day / 2;
        device.Boot(midnight);
        Assert.False(device.IsCut);
        long at = midnight;
        while (!device.IsCut && at < midnight + Day)
        {
            device.Advance(++at);
        }

        device.Sample(sample);
        Assert.Equal(ReadingFlags.BrownOut, sample.Flags);
        Assert.Equal(0, sample.DeliveredMicrowatts);
        Assert.InRange(sample.BatteryPermille, 0, 20);
        while (device.IsCut && at < midnight + 2 * Day)
        {
            device.Advance(++at);
        }

        device.Sample(sample);
        Assert.Equal(0, sample.Flags);
        Assert.True(sample.DeliveredMicrowatts > 0, "the output comes back");
        Assert.Contains(device.Meter.Slots, slot => (slot.Flags & ReadingFlags.BrownOut) != 0);
    }

    [Fact]
    public void A_lamp_gives_light_after_dusk_and_none_at_noon_of_a_day_without_telephones()
    {
        var device = new SimulatedDevice(Profile.Named("lamp-small"), 11, new SeededClouds(2), Latitude, Longitude);
        long eightInTheEvening = Noon + 8 * 3600;
        device.Boot(eightInTheEvening);
        device.Advance(eightInTheEvening + 1);
        Assert.InRange(device.DeliveredMilliwatts, 2900, 3000);
    }

    [Fact]
    public void The_same_seed_makes_the_same_day()
    {
        Assert.Equal(SlotsOfADay(21), SlotsOfADay(21));
        Assert.NotEqual(SlotsOfADay(21), SlotsOfADay(22));
    }

    [Fact]
    public void The_record_cuts_slots_at_whole_multiples_since_boot_and_the_last_one_at_a_stop()
    {
        var device = new SimulatedDevice(Profile.Named("airnode"), 1, new SeededClouds(2), Latitude, Longitude);
        device.Boot(Start);
        for (int second = 1; second <= 1000; second++)
        {
            device.Advance(Start + second);
        }

        device.Stop();
        Assert.Equal([300, 300, 300, 100], device.Meter.Slots.Select(slot => slot.Seconds));
        Assert.Equal([Start, Start + 300, Start + 600, Start + 900], device.Meter.Slots.Select(slot => slot.OpenedUnixSeconds));
    }

    [Fact]
    public void An_access_point_counts_guests_and_traffic_from_zero_in_every_boot()
    {
        var device = new SimulatedDevice(Profile.Named("airnode"), 1, new SeededClouds(2), Latitude, Longitude);
        var sample = new Sample();
        device.Boot(Noon);
        for (int second = 1; second <= 7200; second++)
        {
            device.Advance(Noon + second);
        }

        device.Sample(sample);
        Assert.True(sample is { HasService: true, Sessions: > 0, KibDown: > 0, KibUp: > 0 });
        device.Boot(Noon + 8000);
        device.Sample(sample);
        Assert.Equal(0, sample.Sessions);
    }

    // 12:00 by the sun at the place.
    private static long Noon => Start + Day / 2 - (long)(Longitude * 240);

    private static void Judge(Profile profile, Sample sample, long at)
    {
        // A chip shows whole counts: up to a thousandth more than what flows.
        Assert.InRange(sample.HarvestedMicrowatts, 0, 1_001L * profile.PanelMilliwatts);
        Assert.InRange(sample.DeliveredMicrowatts, 0, 1_001L * profile.OutputMilliwatts);
        Assert.InRange(sample.ImportedMicrowatts, 0, 1_001L * profile.GridInputMilliwatts);
        Assert.InRange(sample.BatteryPermille, 0, 1000);
        Assert.InRange(sample.BatteryMillivolts, profile.BatteryNominalMillivolts * 0.8, profile.BatteryNominalMillivolts * 1.1);
        if (sample.HarvestedMicrowatts > 0)
        {
            Assert.True(ClearSky.Sun(Latitude, Longitude, at).ElevationDegrees > -0.5, "no harvest without a sun");
        }
    }

    private static List<TrueSlot> SlotsOfADay(long seed)
    {
        var device = new SimulatedDevice(Profile.Named("lamp-small"), seed, new SeededClouds(1), Latitude, Longitude);
        device.Boot(Start);
        for (long at = Start + 1; at <= Start + Day; at++)
        {
            device.Advance(at);
        }

        return [.. device.Meter.Slots];
    }

    private sealed class Energy
    {
        public double Harvested { get; private set; }

        public double Delivered { get; private set; }

        public double Imported { get; private set; }

        public void Add(Sample sample)
        {
            Harvested += sample.HarvestedMicrowatts / 3.6e6;
            Delivered += sample.DeliveredMicrowatts / 3.6e6;
            Imported += sample.ImportedMicrowatts / 3.6e6;
        }
    }
}
