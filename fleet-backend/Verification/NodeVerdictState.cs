namespace DePin.Fleet.Verification;

/// <summary>What judging the next batch of a node needs of all before: about 400 bytes stored, whatever the node's age.</summary>
public sealed record NodeVerdictState
{
    /// <summary>Boots count from 0 up, so this names none.</summary>
    public const long NoBoot = -1;

    /// <summary>Whether any batch was judged.</summary>
    public bool HasHistory { get; internal set; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long HarvestedMilliwattHours { get; internal set; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long DeliveredMilliwattHours { get; internal set; }

    /// <summary>Lifetime counter after the last reading, mWh.</summary>
    public long ImportedMilliwattHours { get; internal set; }

    /// <summary>Battery charge after the last reading.</summary>
    public int BatteryPermille { get; internal set; }

    /// <summary>Unix seconds up to which readings are known; those that claim the future do not move it.</summary>
    public long CoveredUntilUnixSeconds { get; internal set; }

    /// <summary>The last day, since 1970 UTC, on which energy earned or was held.</summary>
    public long Day { get; internal set; }

    /// <summary>Energy that earned on that day, or waits and may still earn, mWh.</summary>
    public long ClaimedThatDayMilliwattHours { get; internal set; }

    /// <summary>Energy that ever earned, or was held and might have, mWh.</summary>
    public long ClaimedMilliwattHours { get; internal set; }

    /// <summary>Grid energy that was imported and not delivered yet, mWh.</summary>
    public long GridPoolMilliwattHours { get; internal set; }

    /// <summary>The boot whose readings wait for their date, or <see cref="NoBoot"/>.</summary>
    public long UndatedBoot { get; internal set; } = NoBoot;

    /// <summary>Where the counters stood when each of the last days began; never written to once it is here.</summary>
    public IReadOnlyList<EnergyMark> Marks { get; internal set; } = [];

    /// <summary>How many readings in a row had the same energies.</summary>
    public int SameReadings { get; internal set; }

    /// <summary>Harvest of the last reading, mWh.</summary>
    public long LastHarvestedMilliwattHours { get; internal set; }

    /// <summary>Delivery of the last reading, mWh.</summary>
    public long LastDeliveredMilliwattHours { get; internal set; }

    /// <summary>The day, by the sun over the paired place, of which light was seen.</summary>
    public long LightDay { get; internal set; }

    /// <summary>When the first reading with light of that day closed, Unix seconds; 0 for none.</summary>
    public long FirstLightUnixSeconds { get; internal set; }

    /// <summary>When the last reading with light of that day opened.</summary>
    public long LastLightUnixSeconds { get; internal set; }

    /// <summary>The most power harvested in a reading of that day.</summary>
    public long PeakMilliwatts { get; internal set; }

    /// <summary>Clear days in a row whose light came too early (below 0) or too late (above 0) for the paired place.</summary>
    public int DaysOff { get; internal set; }

    /// <summary>By how many minutes the middle of the last such day was off.</summary>
    public int NoonOffMinutes { get; internal set; }
}

/// <summary>Where a node's counters stood when a day's first reading opened.</summary>
/// <param name="Day">Days since 1970 UTC.</param>
/// <param name="HarvestedMilliwattHours">Lifetime counter.</param>
/// <param name="DeliveredMilliwattHours">Lifetime counter.</param>
/// <param name="ImportedMilliwattHours">Lifetime counter.</param>
/// <param name="BatteryPermille">Battery charge.</param>
public readonly record struct EnergyMark(long Day, long HarvestedMilliwattHours, long DeliveredMilliwattHours, long ImportedMilliwattHours, int BatteryPermille);
