namespace DePin.Fleet.Verification;

/// <summary>What judging the next batch of a node needs of all before; about 80 bytes a node, whatever its age.</summary>
public sealed record NodeVerdictState
{
    /// <summary>Whether any batch was judged.</summary>
    public bool HasHistory { get; init; }

    /// <summary>Lifetime counters after the last reading, mWh.</summary>
    public long Harvested { get; init; }

    /// <summary>Lifetime counters after the last reading, mWh.</summary>
    public long Delivered { get; init; }

    /// <summary>Lifetime counters after the last reading, mWh.</summary>
    public long Imported { get; init; }

    /// <summary>Unix seconds up to which readings are known.</summary>
    public long CoveredUntil { get; init; }

    /// <summary>The day, since 1970 UTC, whose creditable energy is counted.</summary>
    public long Day { get; init; }

    /// <summary>Energy that earned on that day, mWh.</summary>
    public long CreditableToday { get; init; }

    /// <summary>Grid energy that was imported and not drawn yet, mWh.</summary>
    public long GridPool { get; init; }
}
