using DePin.Contracts.Metering;

namespace DePin.Tests.Node;

/// <summary>A TLS handshake holds up all managed code: one to two seconds as a rule, without a bound where the server is silent.</summary>
public sealed class HandshakeTests
{
    private const int MicrowattsOfTheRig = 1_000_000;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_handshake_that_is_over_in_time_costs_no_energy_and_no_flag(int seconds)
    {
        using var rig = new NodeRig();
        rig.Run(101);
        rig.Run(seconds, secondsPerTick: seconds);
        rig.Run(3600 - 100 - seconds);
        rig.Finish();
        Assert.Equal(0, rig.Core.Counts.Pauses);
        Assert.All(rig.Backend.Readings, reading => Assert.Equal(0, reading.Flags & ReadingFlags.SensorFault));
        Assert.Equal(MicrowattsOfTheRig / 1000, rig.Backend.Readings.Sum(reading => reading.DeliveredMilliwattHours));
    }

    [Fact]
    public void A_handshake_that_hangs_for_half_a_minute_is_a_flag_on_one_reading_and_metering_goes_on()
    {
        using var rig = new NodeRig();
        rig.Run(100);
        rig.Run(30, secondsPerTick: 30);
        rig.Run(3600 - 130);
        rig.Finish();
        Assert.Equal(1, rig.Core.Counts.Pauses);
        Assert.Equal(1, rig.Backend.Readings.Count(reading => (reading.Flags & ReadingFlags.SensorFault) != 0));
        Assert.Equal((3600 - 30) * 1000 / 3600, rig.Backend.Readings.Sum(reading => reading.DeliveredMilliwattHours));
    }

    [Fact]
    public void Nodes_that_lost_the_gateway_together_come_back_apart()
    {
        var attempts = new List<long>();
        for (int node = 0; node < 40; node++)
        {
            using var rig = new NodeRig(entropySeed: 1000 + node);
            rig.Run(60);
            rig.Link.IsCut = true;
            rig.Run(1200);
            int before = rig.Link.Connects;
            long waited = 0;
            while (rig.Link.Connects == before)
            {
                rig.Run(1);
                waited++;
            }

            attempts.Add(waited);
        }

        // Full jitter over five minutes: nowhere a crowd, and neither end empty.
        Assert.True(attempts.GroupBy(waited => waited / 15).Max(crowd => crowd.Count()) <= 16, string.Join(' ', attempts.Order()));
        Assert.True(attempts.Distinct().Count() > 25, string.Join(' ', attempts.Order()));
        Assert.InRange(attempts.Max(), 60, 301);
    }
}
