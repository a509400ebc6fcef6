using System.Security.Cryptography;
using DePin.Contracts.Updates;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node.Metering;
using DePin.Node.Update;
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

    [Fact]
    public void A_release_is_checked_in_steps_that_leave_the_meter_its_second()
    {
        long[] signatures = DeviceInstructions.Run(StepsOfTwoSignatures);
        long[] hash = DeviceInstructions.Run(StepsOfAHash);
        long[] blocks = DeviceInstructions.Run(BlocksOfASegment);
        output.WriteLine($"two signatures over a release: {signatures.Sum()} IL instructions in {signatures.Length} steps, the longest {signatures.Max()}");
        output.WriteLine($"the hash of 128 KB on flash: {hash.Sum()} in {hash.Length} steps, the longest {hash.Max()}");
        output.WriteLine($"a block taken: {blocks[0]}; the one that completes a segment: {blocks[^1]}");
        Assert.InRange(signatures.Max(), 1_000, 70_000);
        Assert.InRange(signatures.Sum(), 4_000_000, 10_000_000);
        Assert.InRange(hash.Max(), 1_000, 70_000);
        Assert.InRange(blocks.Max(), 10, 20_000);
    }

    private static long[] StepsOfTwoSignatures()
    {
        var updates = new SimulatedUpdates();
        updates.Publish(new byte[4096], build: 5);
        var check = new Countersignatures(new DeviceDigest());
        check.Start(SignedRelease.Decode(updates.Signed, out _)!.Envelope, ReleaseManifest.Context, SimulatedUpdates.ReleaseKeys);
        long[] steps = Steps(check.Step);
        Assert.True(check.AreRight);
        return steps;
    }

    private static long[] StepsOfAHash()
    {
        const int Length = 128 * 1024;
        var slots = new MemoryFlash();
        for (int i = 0; i < SlotFiles.Count(Length); i++)
        {
            slots.Write(SlotFiles.Name(1, i), new byte[SlotFiles.SegmentBytes]);
        }

        var hash = new BundleHash(slots, 1, Length);
        long[] steps = Steps(hash.Step);
        Assert.Equal(SHA256.HashData(new byte[Length]), hash.Result);
        return steps;
    }

    private static long[] BlocksOfASegment()
    {
        var download = new Download(new MemoryFlash(), new SeededBytes(1), 1, 8 * 1024);
        download.Ask(0, out _);
        int block = 0;
        return Steps(() =>
        {
            download.Take(new UpdateBlock(new byte[8], block++, new byte[1024]));
            return block == 4;
        });
    }

    private static long[] Steps(Func<bool> step)
    {
        var steps = new List<long>();
        for (bool isDone = false; !isDone;)
        {
            long before = DeviceInstructions.Total();
            isDone = step();
            steps.Add(DeviceInstructions.Total() - before);
        }

        return [.. steps];
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
