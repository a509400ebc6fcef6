namespace DePin.Fleet.Verification;

/// <summary>What a reading must fulfil. Every default has its reason beside it.</summary>
public sealed record VerificationSettings
{
    /// <summary>Seconds a reading may close after its arrival when the clock was set within 24 h: a minute of drift and the way.</summary>
    public int FutureSecondsFreshClock { get; init; } = 78;

    /// <summary>The same when the clock was set longer ago: a day's drift of a cheap crystal with a wide margin.</summary>
    public int FutureSecondsAgedClock { get; init; } = 300;

    /// <summary>Days a reading may wait for a link: a node with 2 MB of flash keeps about 140.</summary>
    public int OldestDays { get; init; } = 200;

    /// <summary>
    /// Seconds a reading of a slot or more may have in common with those before it, shorter ones their part of it: a node sets its clock
    /// right when it is off by more than 30 s, and a fifth of a slot is little to gain.
    /// </summary>
    public int OverlapSeconds { get; init; } = 60;

    /// <summary>Delivered power over the rating that is still measuring error, in permille of the rating.</summary>
    public int DeliveredPermilleOfRating { get; init; } = 1100;

    /// <summary>Harvested power over the rating that clear cold air at height can give, in permille of the rating.</summary>
    public int HarvestedPermilleOfRating { get; init; } = 1350;

    /// <summary>Harvested power that a moon, a street light or an offset of the meter may show at night, milliwatts.</summary>
    public int NightHarvestMilliwatts { get; init; } = 300;

    /// <summary>The same in permille of the panel's rating; the larger of both counts.</summary>
    public int NightHarvestPermilleOfRating { get; init; } = 20;

    /// <summary>What may be delivered of energy taken in: more than any converter gives, permille.</summary>
    public int BalanceEfficiencyPermille { get; init; } = 980;

    /// <summary>By how much of its capacity a battery's gauge may be wrong over seven days, permille.</summary>
    public int BalanceBatteryPermille { get; init; } = 150;

    /// <summary>Readings in a row with the same energies from which the sensor is taken for stuck: two hours of slots.</summary>
    public int StuckReadings { get; init; } = 24;

    /// <summary>Clear days in a row that must tell of another longitude before anybody is asked to look.</summary>
    public int WrongPlaceDays { get; init; } = 3;

    /// <summary>Minutes by which a day's middle may be off: 7.5 degrees of longitude.</summary>
    public int WrongPlaceMinutes { get; init; } = 30;

    /// <summary>Days' worth of the profile's daily cap that a node may earn before somebody has visited it.</summary>
    public int UnauditedDays { get; init; } = 365;

    /// <summary>Days from the offer of a replacement to when readings of a recalled release are refused.</summary>
    public int RecallGraceDays { get; init; } = 14;

    /// <summary>Days within which somebody decides over what is held; then it is released, or refused where that is the rule.</summary>
    public int HoldDays { get; init; } = 14;

    /// <summary>Hours over which two nodes are held against each other.</summary>
    public int CloneHours { get; init; } = 48;

    /// <summary>Part of the compared readings that two nodes must have in common to be taken for copies, permille.</summary>
    public int ClonePermille { get; init; } = 300;

    /// <summary>Compared readings below which nothing is said about two nodes: a day of a lamp whose battery is full by noon, of which half is compared.</summary>
    public int CloneReadings { get; init; } = 24;

    /// <summary>Kilometres within which nodes see the same sky.</summary>
    public int NeighbourKilometres { get; init; } = 5;

    /// <summary>Neighbours that must disagree with a node.</summary>
    public int NeighbourNodes { get; init; } = 3;

    /// <summary>Slots in a row for which they must.</summary>
    public int NeighbourSlots { get; init; } = 6;

    /// <summary>How many times a neighbour's power, for its rating, is too much: clouds, dust and angles stay below.</summary>
    public int NeighbourFactor { get; init; } = 3;

    /// <summary>Delivered power below which an output serves nobody, milliwatts.</summary>
    public int FloorMilliwatts { get; init; } = 20;

    /// <summary>The same in permille of the output's rating; the larger of both counts.</summary>
    public int FloorPermilleOfRating { get; init; } = 5;

    /// <summary>Seconds of a slot.</summary>
    public int SlotSeconds { get; init; } = 300;

    /// <summary>Part of a slot that a reading must cover for the slot to count as served, permille.</summary>
    public int ServedPermilleOfSlot { get; init; } = 900;

    /// <summary>Battery charge below which an output does not count as available, permille.</summary>
    public int ServedBatteryPermille { get; init; } = 100;

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem() =>
        Bounded(nameof(FutureSecondsFreshClock), FutureSecondsFreshClock, 0, 86_400)
        ?? Bounded(nameof(FutureSecondsAgedClock), FutureSecondsAgedClock, 0, 86_400)
        ?? Bounded(nameof(OldestDays), OldestDays, 1, 3650)
        ?? Bounded(nameof(OverlapSeconds), OverlapSeconds, 0, 3600)
        ?? Bounded(nameof(DeliveredPermilleOfRating), DeliveredPermilleOfRating, 1000, 10_000)
        ?? Bounded(nameof(HarvestedPermilleOfRating), HarvestedPermilleOfRating, 1000, 10_000)
        ?? Bounded(nameof(NightHarvestMilliwatts), NightHarvestMilliwatts, 0, 1_000_000)
        ?? Bounded(nameof(NightHarvestPermilleOfRating), NightHarvestPermilleOfRating, 0, 1000)
        ?? Bounded(nameof(BalanceEfficiencyPermille), BalanceEfficiencyPermille, 500, 1000)
        ?? Bounded(nameof(BalanceBatteryPermille), BalanceBatteryPermille, 0, 1_000_000)
        ?? Bounded(nameof(StuckReadings), StuckReadings, 2, 10_000)
        ?? Bounded(nameof(WrongPlaceDays), WrongPlaceDays, 1, 365)
        ?? Bounded(nameof(WrongPlaceMinutes), WrongPlaceMinutes, 10, 720)
        ?? Bounded(nameof(UnauditedDays), UnauditedDays, 1, 36_500)
        ?? Bounded(nameof(RecallGraceDays), RecallGraceDays, 0, 365)
        ?? Bounded(nameof(HoldDays), HoldDays, 1, 365)
        ?? Bounded(nameof(CloneHours), CloneHours, 1, 336)
        ?? Bounded(nameof(ClonePermille), ClonePermille, 1, 1000)
        ?? Bounded(nameof(CloneReadings), CloneReadings, 1, 10_000)
        ?? Bounded(nameof(NeighbourKilometres), NeighbourKilometres, 1, 100)
        ?? Bounded(nameof(NeighbourNodes), NeighbourNodes, 1, 16)
        ?? Bounded(nameof(NeighbourSlots), NeighbourSlots, 1, 1000)
        ?? Bounded(nameof(NeighbourFactor), NeighbourFactor, 2, 100)
        ?? Bounded(nameof(FloorMilliwatts), FloorMilliwatts, 0, 1_000_000)
        ?? Bounded(nameof(FloorPermilleOfRating), FloorPermilleOfRating, 0, 1000)
        ?? Bounded(nameof(SlotSeconds), SlotSeconds, 60, 3600)
        ?? Bounded(nameof(ServedPermilleOfSlot), ServedPermilleOfSlot, 0, 1000)
        ?? Bounded(nameof(ServedBatteryPermille), ServedBatteryPermille, 0, 1000);

    private static string? Bounded(string name, int value, int min, int max) =>
        value >= min && value <= max
            ? null
            : $"verification.{char.ToLowerInvariant(name[0])}{name[1..]} is {value}; it must be a number from {min} to {max}.";
}
