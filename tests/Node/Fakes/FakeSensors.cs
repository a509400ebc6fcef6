using DePin.Node.Metering;

namespace DePin.Tests.Node.Fakes;

/// <summary>Measures what a test tells it to.</summary>
internal sealed class FakeSensors(FakeClock clock) : ISensors
{
    /// <summary>Fills a sample for an uptime in milliseconds; by default 2000 mW in, 1000 mW out.</summary>
    public Action<long, Sample> Measure { get; set; } = (_, sample) =>
    {
        sample.HarvestedMicrowatts = 2_000_000;
        sample.DeliveredMicrowatts = 1_000_000;
    };

    public void Sample(Sample sample)
    {
        sample.BatteryPermille = 700;
        sample.BatteryMillivolts = 3300;
        sample.Celsius = 25;
        sample.Flags = 0;
        Measure(clock.UptimeMilliseconds, sample);
    }
}
