using DePin.Host.Simulation;
using DePin.Node.Metering;
using DePin.Tests.Node.Fakes;
using DePin.Tests.Support;

namespace DePin.Tests.Node;

/// <summary>
/// What a second of metering costs a board, in IL instructions, signatures apart: those take their time in steps between the
/// samples. A board interprets about a million a second.
/// </summary>
public sealed class InstructionTests(ITestOutputHelper output)
{
    [Fact]
    public void A_tick_a_reading_and_a_batch_leave_the_board_most_of_its_second()
    {
        long[] ticks = DeviceInstructions.Run(TicksOfADay);
        long[] sorted = [.. ticks.Order()];
        long usual = sorted[sorted.Length / 2];
        long reading = sorted[^(86_400 / 300)];
        output.WriteLine($"a tick: {usual} IL instructions; one that closes a reading: {reading}; the longest, which closes a batch: {sorted[^1]}; a day: {ticks.Sum()}");
        Assert.InRange(usual, 100, 5_000);
        Assert.InRange(reading, 1_000, 200_000);
        Assert.InRange(sorted[^1], 1_000, 400_000);
    }

    [Fact]
    public void A_sample_through_the_driver_of_two_chips_costs_little()
    {
        long sample = DeviceInstructions.Run(OneSample);
        output.WriteLine($"a sample of two INA219: {sample} IL instructions");
        Assert.InRange(sample, 50, 2_000);
    }

    private static long OneSample()
    {
        var chips = new SimulatedChips();
        chips.Add(0x40, 100_000);
        chips.Add(0x41, 100_000);
        chips.Set(0x40, 3000, 6000);
        chips.Set(0x41, 2000, 3200);
        var board = new FakeSensors(new FakeClock());
        var sensors = new PowerSensors(chips, new MeterChannel(0x40, 100_000, 1_000_000), new MeterChannel(0x41, 100_000, 1_000_000), null, board);
        var sample = new Sample();
        sensors.Sample(sample);
        long before = DeviceInstructions.Total();
        sensors.Sample(sample);
        return DeviceInstructions.Total() - before;
    }

    private static long[] TicksOfADay()
    {
        using var rig = new NodeRig();
        rig.Run(7_200);
        long[] ticks = new long[86_400];
        for (int i = 0; i < ticks.Length; i++)
        {
            long before = DeviceInstructions.Total();
            rig.Run(1);
            ticks[i] = DeviceInstructions.Total() - before;
        }

        return ticks;
    }
}
