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
