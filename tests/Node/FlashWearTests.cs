using DePin.Node;

namespace DePin.Tests.Node;

/// <summary>How often the flash is written, and how long it lasts; the figures stand in firmware/README.md.</summary>
public sealed class FlashWearTests
{
    private const int Day = 86_400;
    private const int EraseCycles = 100_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_day_takes_a_write_for_each_reading_and_one_for_each_batch(bool isOnline)
    {
        using var rig = new NodeRig(Limits.SmallOutboxBytes);
        rig.Run(10 * Day, 5);
        rig.Link.IsCut = !isOnline;
        NodeCounts counts = rig.Core.Counts;
        (long writes, long bytes, long deletes) = (counts.FlashWrites, counts.FlashBytes, counts.FlashDeletes);
        rig.Run(5 * Day, 5);
        (writes, bytes, deletes) = ((counts.FlashWrites - writes) / 5, (counts.FlashBytes - bytes) / 5, (counts.FlashDeletes - deletes) / 5);
        Assert.InRange(writes, 288 + 24, 288 + 24 + 2);
        Assert.InRange(bytes, 100_000, 250_000);

        // littlefs writes a file anew into a free block each time; 16 entries of the directory share a block of it.
        double erases = writes + ((writes + deletes) / 16.0);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{writes} writes, {bytes} bytes, {deletes} deletions, {erases:0} erased blocks a day;"
            + $" years with 8 free blocks {Years(8, erases):0.0}, 28: {Years(28, erases):0.0}, 48: {Years(48, erases):0.0}, 300: {Years(300, erases):0.0}");
        Assert.True(Years(8, erases) > 5, "five years in the worst case");
    }

    private static double Years(int freeBlocks, double erasesPerDay) => (double)freeBlocks * EraseCycles / erasesPerDay / 365;
}
