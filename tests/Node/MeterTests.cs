using DePin.Contracts.Metering;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node;

/// <summary>Energy from samples, in integers.</summary>
public sealed class MeterTests
{
    private readonly FakeClock _clock = new();
    private readonly NodeCounts _counts = new();

    [Fact]
    public void A_day_of_curves_agrees_with_floating_point_to_the_milliwatt_hour()
    {
        Func<double, double> harvested = t => 2900 + (2500 * Math.Sin(t / 7000)) + (300 * Math.Sin(t / 11));
        Func<double, double> delivered = t => 900 + (400 * Math.Sin(t / 1700)) + (50 * Math.Cos(t / 3));
        Meter meter = Make((at, sample) =>
        {
            sample.HarvestedMicrowatts = (int)Math.Round(1000 * harvested(at / 1000.0));
            sample.DeliveredMicrowatts = (int)Math.Round(1000 * delivered(at / 1000.0));
        });
        var jitter = new Random(1);
        double trueHarvested = 0;
        double trueDelivered = 0;
        long readingsHarvested = 0;
        long readingsDelivered = 0;
        meter.Sample(0);
        while (_clock.UptimeMilliseconds < 86_400_000)
        {
            long from = _clock.UptimeMilliseconds;
            _clock.UptimeMilliseconds += jitter.Next(1000, 1400);
            meter.Sample(_clock.UptimeMilliseconds);
            trueHarvested += Area(harvested, from, _clock.UptimeMilliseconds);
            trueDelivered += Area(delivered, from, _clock.UptimeMilliseconds);
            if (meter.IsSlotOver(300))
            {
                Reading reading = meter.Close()!;
                readingsHarvested += reading.HarvestedMilliwattHours;
                readingsDelivered += reading.DeliveredMilliwattHours;
            }
        }

        Counters counters = meter.Totals.ToCounters();
        Assert.InRange(counters.HarvestedMilliwattHours - trueHarvested, -2, 1);
        Assert.InRange(counters.DeliveredMilliwattHours - trueDelivered, -2, 1);
        Counters open = meter.OpeningCounters;
        Assert.Equal((open.HarvestedMilliwattHours, open.DeliveredMilliwattHours), (readingsHarvested, readingsDelivered));
    }

    [Fact]
    public void What_is_below_a_milliwatt_hour_is_carried_into_the_next_reading()
    {
        Meter meter = Make((_, sample) => sample.DeliveredMicrowatts = 7_000);
        long total = 0;
        for (int second = 0; second <= 36_000; second++)
        {
            At(meter, second);
            total += meter.IsSlotOver(300) ? meter.Close()!.DeliveredMilliwattHours : 0;
        }

        // 7 mW for ten hours; a single reading is 0.58 mWh.
        Assert.Equal(70, total);
    }

    [Theory]
    [InlineData(5, 5, 0)]
    [InlineData(6, 0, ReadingFlags.SensorFault)]
    public void A_late_sample_is_bridged_up_to_five_seconds_and_then_flagged(int lateSeconds, int bridgedSeconds, int flags)
    {
        Meter meter = Make((_, sample) => sample.DeliveredMicrowatts = 1_800_000_000);
        At(meter, 0);
        At(meter, 1);
        At(meter, 1 + lateSeconds);
        Reading reading = meter.Close()!;
        Assert.Equal(500 * (1 + bridgedSeconds), reading.DeliveredMilliwattHours);
        Assert.Equal(1 + lateSeconds, reading.Seconds);
        Assert.Equal(flags, reading.Flags);
        Assert.Equal(flags == 0 ? 0 : 1, _counts.Pauses);
    }

    [Fact]
    public void A_pause_longer_than_a_reading_is_told_in_several_and_all_of_them_carry_the_fault()
    {
        Meter meter = Make((_, sample) => sample.DeliveredMicrowatts = 1_000_000);
        At(meter, 0);
        At(meter, 8000);
        Reading[] readings = [meter.Close()!, meter.Close()!, meter.Close()!];
        Assert.Equal([3600, 3600, 800], readings.Select(reading => reading.Seconds));
        Assert.All(readings, reading => Assert.Equal(ReadingFlags.SensorFault, reading.Flags));
        Assert.All(readings, reading => Assert.Equal(0, reading.DeliveredMilliwattHours));
        At(meter, 8001);
        Assert.Equal(0, meter.Close()!.Flags);
    }

    [Fact]
    public void Flags_of_any_second_stand_in_the_reading_and_the_last_ones_open_the_next()
    {
        Meter meter = Make((at, sample) => sample.Flags = at == 3000 ? ReadingFlags.CaseOpened : at >= 9000 ? ReadingFlags.BrownOut : 0);
        for (int second = 0; second <= 10; second++)
        {
            At(meter, second);
        }

        Assert.Equal(ReadingFlags.CaseOpened | ReadingFlags.BrownOut, meter.Close()!.Flags);
        _clock.UptimeMilliseconds = 11_000;
        meter.Sample(11_000);
        Assert.Equal(ReadingFlags.BrownOut, meter.Close()!.Flags);
    }

    [Fact]
    public void Negative_and_absurd_samples_never_lower_a_counter_nor_leave_the_bounds()
    {
        Meter meter = Make((at, sample) =>
        {
            sample.HarvestedMicrowatts = at % 2000 == 0 ? int.MinValue : -5;
            sample.DeliveredMicrowatts = int.MaxValue;
            sample.BatteryPermille = -3;
            sample.BatteryMillivolts = int.MaxValue;
            sample.Celsius = -500;
            sample.Flags = -1;
        });
        At(meter, 0);
        At(meter, 1);
        Reading reading = meter.Close()!;
        Assert.Equal(0, reading.HarvestedMilliwattHours);
        Assert.Equal(int.MaxValue / 3_600_000, reading.DeliveredMilliwattHours);
        Assert.Equal((0, 100_000, -100, ReadingFlags.All), (reading.BatteryPermille, reading.BatteryMillivolts, reading.Celsius, reading.Flags));
    }

    [Fact]
    public void Service_counters_are_differences_that_survive_a_counter_starting_anew()
    {
        long sessions = 5;
        Meter meter = Make((_, sample) => (sample.HasService, sample.Sessions, sample.KibDown, sample.KibUp) = (true, sessions, 100 * sessions, 10 * sessions));
        At(meter, 0);
        sessions = 8;
        At(meter, 1);
        ServiceCounts counts = meter.Close()!.Service!;
        Assert.Equal((3L, 300L, 30L), (counts.Sessions, counts.KibDown, counts.KibUp));
        sessions = 2;
        At(meter, 2);
        Assert.Equal(0, meter.Close()!.Service!.Sessions);
        sessions = 4;
        At(meter, 3);
        Assert.Equal(2, meter.Close()!.Service!.Sessions);
    }

    private static double Area(Func<double, double> milliwatts, long fromMilliseconds, long toMilliseconds)
    {
        const int Parts = 8;
        double width = (toMilliseconds - fromMilliseconds) / 1000.0 / Parts;
        double sum = 0;
        for (int i = 0; i < Parts; i++)
        {
            sum += milliwatts((fromMilliseconds / 1000.0) + ((i + 0.5) * width)) * width;
        }

        return sum / 3600;
    }

    private Meter Make(Action<long, Sample> measure) => new(new FakeSensors(_clock) { Measure = measure }, new EnergyTotals(0, 0, 0), _counts);

    private void At(Meter meter, int second)
    {
        _clock.UptimeMilliseconds = second * 1000L;
        meter.Sample(_clock.UptimeMilliseconds);
    }
}
