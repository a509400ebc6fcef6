using DePin.Node;

namespace DePin.Host.Bundles;

/// <summary>The counts of a core that runs in a bundle: it hands them over as numbers, since its own types are others than this program's.</summary>
internal static class RunningCounts
{
    /// <summary>The numbers of <see cref="IRunningNode.Counts"/>, in the order in which BundleEntry.cs gives them.</summary>
    public static NodeCounts Read(long[] values) => new()
    {
        Receipts = values[0],
        Rejects = values[1],
        Forged = values[2],
        Replayed = values[3],
        LinksLost = values[4],
        BatchesDropped = values[5],
        BatchesSetAside = values[6],
        Gaps = values[7],
        Pauses = values[8],
        FlashWrites = values[9],
        FlashBytes = values[10],
        FlashDeletes = values[11],
        FilesDamaged = values[12],
    };
}
