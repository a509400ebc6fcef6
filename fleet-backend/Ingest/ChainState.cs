using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Fleet.Ingest;

/// <summary>Where a node's chain stands in the store.</summary>
/// <param name="Next">Sequence number that comes next, 1 before the first batch.</param>
/// <param name="Head">SHA-256 of the last stored payload, zeros before the first.</param>
/// <param name="Closing">Lifetime counters after the last stored reading.</param>
/// <param name="Pending">The gap that was declared and whose following batch has not come, or null.</param>
internal sealed record ChainState(long Next, byte[] Head, Counters Closing, PendingGap? Pending)
{
    /// <summary>The state before the first batch.</summary>
    public static ChainState Empty { get; } = new(1, new byte[Batch.HashSize], new Counters(0, 0, 0), null);

    /// <summary>Whether the other state is this one; their closing counters follow from the head.</summary>
    public bool IsSame(ChainState other) => Next == other.Next && Head.AsSpan().SequenceEqual(other.Head) && (Pending?.Message ?? []).AsSpan().SequenceEqual(other.Pending?.Message ?? []);

    /// <summary>The state that is stored.</summary>
    public static ChainState Of(BatchStore.ChainRow row) => new(row.Next, row.Head, new Counters(row.Harvested, row.Delivered, row.Imported), row.PendingGap is { } gap ? PendingGap.Read(gap) : null);
}

/// <summary>A declared gap: readings <paramref name="From"/> to <paramref name="To"/> are lost, and the batch of <paramref name="NextHash"/> follows.</summary>
internal sealed record PendingGap(long From, long To, byte[] NextHash, int Reason, byte[] Message)
{
    /// <summary>The gap of a stored message.</summary>
    public static PendingGap Read(byte[] stored)
    {
        SignedMessage message = SignedMessage.Decode(stored, MeteringLimits.SignedGapBytes, out _) ?? throw new InvalidDataException("a stored gap is not a signed message");
        Gap gap = Gap.Decode(stored, message.PayloadOffset, message.PayloadLength, out _) ?? throw new InvalidDataException("a stored gap cannot be read");
        return Of(gap, stored);
    }

    public static PendingGap Of(Gap gap, byte[] message) => new(gap.From, gap.To, gap.NextHash, gap.Reason, message);
}

/// <summary>What a batch says about its place in the chain.</summary>
internal sealed record Link(long Sequence, long NextSequence, byte[] Previous, byte[] PayloadHash, Counters Closing)
{
    public static Link Of(Batch batch, byte[] payloadHash) => new(batch.Sequence, batch.NextSequence, batch.Previous, payloadHash, batch.Closing());
}

/// <summary>Where a batch with a valid signature lies, seen from where its chain stands.</summary>
internal enum Placement
{
    /// <summary>It is the next one.</summary>
    Follows,

    /// <summary>It is the one that a declared gap announced.</summary>
    FollowsGap,

    /// <summary>Something before it is missing.</summary>
    Ahead,

    /// <summary>Something is stored at its place; the store tells whether it is the same.</summary>
    Behind,

    /// <summary>It lies inside the gap that was just declared.</summary>
    InsideGap,

    /// <summary>It claims the next place and another past.</summary>
    OtherPast,
}

/// <summary>The rules of the chain.</summary>
internal static class ChainRules
{
    /// <summary>Where the batch lies.</summary>
    public static Placement Place(ChainState chain, Link batch)
    {
        if (chain.Pending is { } gap && batch.Sequence >= gap.From)
        {
            return batch.Sequence <= gap.To ? Placement.InsideGap
                : batch.Sequence == gap.To + 1 && batch.PayloadHash.AsSpan().SequenceEqual(gap.NextHash) ? Placement.FollowsGap
                : Placement.Ahead;
        }

        if (batch.Sequence != chain.Next)
        {
            return batch.Sequence > chain.Next ? Placement.Ahead : Placement.Behind;
        }

        return batch.Previous.AsSpan().SequenceEqual(chain.Head) ? Placement.Follows : Placement.OtherPast;
    }

    /// <summary>The chain after a batch that follows it, or follows its gap: what the batch closes with is the new base.</summary>
    public static ChainState After(Link batch) => new(batch.NextSequence, batch.PayloadHash, batch.Closing, null);

    /// <summary>Whether a gap is a declaration of this login about the readings that come next; an old one played again is not.</summary>
    public static bool Declares(ChainState chain, Gap gap, byte[] session) =>
        gap.From == chain.Next
        && DePin.Contracts.Uplink.Session.AreEqual(gap.Session, session)
        && session.AsSpan().ContainsAnyExcept((byte)0);
}
