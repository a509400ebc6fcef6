using DePin.Node;

namespace DePin.Host.Lives;

/// <summary>Whose life.</summary>
public sealed record LifeOptions
{
    /// <summary>Everything by which this life differs from another.</summary>
    public required long Seed { get; init; }

    /// <summary>How long, 1 to 3660 days.</summary>
    public required int Days { get; init; }

    /// <summary>Name of the hardware profile.</summary>
    public string Profile { get; init; } = "lamp-small";

    /// <summary>Degrees north.</summary>
    public double Latitude { get; init; } = -0.0917;

    /// <summary>Degrees east.</summary>
    public double Longitude { get; init; } = 34.7680;

    /// <summary>When it begins: 2025-01-01 unless said.</summary>
    public long StartUnixSeconds { get; init; } = 1_735_689_600;
}

/// <summary>A batch or gap as it went out.</summary>
/// <param name="Part">Last part of its topic.</param>
/// <param name="Session">Session of the login, 8 bytes.</param>
/// <param name="Message">The signed bytes.</param>
public sealed record HeardMessage(string Part, byte[] Session, byte[] Message);

/// <summary>What happened in a life, over all its boots.</summary>
public sealed class LifeCounts
{
    /// <summary>Batches sent; one that was sent again counts again.</summary>
    public long Batches { get; internal set; }

    /// <summary>Gaps declared.</summary>
    public long Gaps { get; internal set; }

    /// <summary>Times the power was cut without a word.</summary>
    public long PowerCuts { get; internal set; }

    /// <summary>Times the node was restarted in order.</summary>
    public long Restarts { get; internal set; }

    /// <summary>Times the gateway went out of reach.</summary>
    public long Outages { get; internal set; }

    /// <summary>Links lost or refused.</summary>
    public long LinksLost { get; private set; }

    /// <summary>Receipts taken.</summary>
    public long Receipts { get; private set; }

    /// <summary>Batches dropped by a full outbox.</summary>
    public long BatchesDropped { get; private set; }

    /// <summary>Batches that the backend refused.</summary>
    public long BatchesSetAside { get; private set; }

    /// <summary>Pauses between samples too long to bridge.</summary>
    public long Pauses { get; private set; }

    /// <summary>Files that could not be read back.</summary>
    public long FilesDamaged { get; private set; }

    internal void Add(NodeCounts boot)
    {
        LinksLost += boot.LinksLost;
        Receipts += boot.Receipts;
        BatchesDropped += boot.BatchesDropped;
        BatchesSetAside += boot.BatchesSetAside;
        Pauses += boot.Pauses;
        FilesDamaged += boot.FilesDamaged;
    }
}

/// <summary>A life that was lived.</summary>
/// <param name="Result">Its figures.</param>
/// <param name="Registration">What a backend must be told of the node.</param>
/// <param name="Messages">All that was signed, as it went out.</param>
/// <param name="EndUnixSeconds">When it ended.</param>
public sealed record LivedLife(LifeResult Result, Registration Registration, IReadOnlyList<HeardMessage> Messages, long EndUnixSeconds);

/// <summary>A life in figures.</summary>
public sealed record LifeResult
{
    /// <summary>Everything by which it differs from another.</summary>
    public required long Seed { get; init; }

    /// <summary>How long it was.</summary>
    public required int Days { get; init; }

    /// <summary>Name of the hardware profile.</summary>
    public required string Profile { get; init; }

    /// <summary>What happened, over all boots.</summary>
    public required LifeCounts Counts { get; init; }

    /// <summary>Starts, the first included.</summary>
    public required long Boots { get; init; }

    /// <summary>Readings closed.</summary>
    public required long Readings { get; init; }

    /// <summary>Batches without a receipt at the end.</summary>
    public required int BatchesWaiting { get; init; }

    /// <summary>Lifetime counter.</summary>
    public required long HarvestedMilliwattHours { get; init; }

    /// <summary>Lifetime counter.</summary>
    public required long DeliveredMilliwattHours { get; init; }

    /// <summary>Lifetime counter.</summary>
    public required long ImportedMilliwattHours { get; init; }

    /// <summary>Counted against integrated in double precision.</summary>
    public required double HarvestedErrorPartsPerMillion { get; init; }

    /// <summary>Counted against integrated in double precision.</summary>
    public required double DeliveredErrorPartsPerMillion { get; init; }

    /// <summary>Delivered in the readings that power cuts interrupted.</summary>
    public required double LostAtCutsMilliwattHours { get; init; }

    /// <summary>Delivered while the chips did not answer.</summary>
    public required double UnmeasuredMilliwattHours { get; init; }

    /// <summary>Files written.</summary>
    public required long FlashWrites { get; init; }

    /// <summary>Bytes in them.</summary>
    public required long FlashBytes { get; init; }

    /// <summary>Files removed.</summary>
    public required long FlashDeletions { get; init; }

    /// <summary>What the core's objects take at the end of the first day: see <see cref="LiveBytes"/>.</summary>
    public required long LiveBytesFirst { get; init; }

    /// <summary>The largest at the end of any day.</summary>
    public required long LiveBytesLargest { get; init; }

    /// <summary>Rules of the chain that were broken: none.</summary>
    public required IReadOnlyList<string> Breaches { get; init; }

    /// <summary>Over all signed messages in their order: one seed, one value.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Real time that it took.</summary>
    public required double Seconds { get; init; }
}
