using DePin.Contracts.Updates;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Update;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node.Update;

/// <summary>Blocks of a bundle, over a link that loses them.</summary>
public sealed class DownloadTests
{
    private const int Blocks = 170;
    private const int BundleBytes = Blocks * UpdateLimits.BlockBytes;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Where_three_of_ten_blocks_are_lost_what_came_is_not_asked_for_again(int seed)
    {
        var random = new Random(seed);
        var download = new Download(new MemoryFlash(), new SeededBytes(seed), 1, BundleBytes);
        var came = new HashSet<int>();
        int sent = 0;
        for (long now = 0; !download.IsComplete; now += 1000)
        {
            if (download.Rests)
            {
                download.LinkBegan();
            }

            int first = download.Ask(now, out int count);
            for (int block = first; first >= 0 && block < first + count; block++)
            {
                sent++;
                Assert.DoesNotContain(block, came);
                if (random.Next(10) >= 3)
                {
                    came.Add(block);
                    download.Take(new UpdateBlock(new byte[8], block, new byte[UpdateLimits.BlockBytes]));
                }
            }
        }

        Assert.Equal(Blocks, came.Count);
        Assert.InRange(sent, Blocks, Blocks * 1.6);
    }
}
