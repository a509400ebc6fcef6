namespace DePin.Fleet.Verification;

/// <summary>What judging the next batch of a node needs of all before; about 80 bytes a node, whatever its age.</summary>
public sealed record NodeVerdictState
{
    /// <summary>Whether any batch was judged.</summary>
    public bool HasHistory { get; init; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long HarvestedMilliwattHours { get; init; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long DeliveredMilliwattHours { get; init; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long ImportedMilliwattHours { get; init; }

    /// <summary>Unix seconds up to which readings are known; those that claim the future do not move it.</summary>
    public long CoveredUntilUnixSeconds { get; init; }

    /// <summary>The last day, since 1970 UTC, on which energy earned.</summary>
    public long Day { get; init; }

    /// <summary>Energy that earned on that day, mWh.</summary>
    public long CreditedThatDayMilliwattHours { get; init; }

    /// <summary>Grid energy that was imported and not delivered yet, mWh.</summary>
    public long GridPoolMilliwattHours { get; init; }
}
