namespace DePin.Fleet.Verification;

/// <summary>What becomes of a reading.</summary>
public enum Outcome
{
    /// <summary>It earns.</summary>
    Credited,

    /// <summary>Its credit is computed and waits for a person, for more data or for funds.</summary>
    Held,

    /// <summary>It earns nothing.</summary>
    Refused,
}

/// <summary>Why; the order is the precedence. The names are stored and shown: never rename one.</summary>
public enum VerdictName
{
    /// <summary>Nothing speaks against it.</summary>
    Credited,

    /// <summary>Refused: no pairing was active at that time.</summary>
    NotPaired,

    /// <summary>Held: the node runs firmware that is no recorded release.</summary>
    FirmwareUnknown,

    /// <summary>Held, refused some time after a replacement was offered: the node runs a release that was recalled.</summary>
    FirmwareRecalled,

    /// <summary>Held: the node is suspended, for a fork for example.</summary>
    Suspended,

    /// <summary>Refused: the reading closes after its arrival.</summary>
    FromFuture,

    /// <summary>Refused: the reading is older than a node can keep it.</summary>
    TooOld,

    /// <summary>Held: the batch's opening counters do not continue the last batch's closing ones.</summary>
    CounterMismatch,

    /// <summary>Held: the reading covers time that another one covers already.</summary>
    Overlap,

    /// <summary>Refused: more energy than the hardware's rating allows.</summary>
    OverRating,

    /// <summary>Refused: harvest while the sun was far below the horizon at the paired place.</summary>
    NightHarvest,

    /// <summary>Refused: more harvest than any sky gives with the sun as high as it was.</summary>
    AboveSky,

    /// <summary>Held: over seven days more was delivered than was taken in and the battery gave.</summary>
    Unbalanced,

    /// <summary>Held: the same energies for hours of daylight.</summary>
    StuckSensor,

    /// <summary>Held: the days' light tells of another longitude than the paired one.</summary>
    WrongPlace,

    /// <summary>Refused: more energy in one day than the profile allows credit for.</summary>
    OverDailyCap,

    /// <summary>Held: the node has earned much and nobody has ever visited it.</summary>
    Unaudited,

    /// <summary>Held: the node never knew the time in this boot. Its energy waits, no service is paid.</summary>
    ClockUnknown,

    /// <summary>Credited without the part of its energy that came from a grid input.</summary>
    GridPower,

    /// <summary>Credited without its energy, which is too little to serve anybody.</summary>
    BelowFloor,

    /// <summary>Held: the recorded funds do not reach; released when more come in.</summary>
    Unfunded,
}

/// <summary>The verdict over one reading.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Name">Why.</param>
/// <param name="Because">The figures that decided; null when it is simply credited.</param>
/// <param name="AtUnixSeconds">The time whose pairing, agreement and tariff count: when it opened, or arrived where its clock was never set.</param>
/// <param name="CreditableMilliwattHours">Energy that earns, or would earn were it not held; after grid power and floor.</param>
/// <param name="ServedSeconds">Seconds of service that earn, or would earn were it not held.</param>
public readonly record struct Verdict(
    Outcome Outcome, VerdictName Name, Sentence? Because, long AtUnixSeconds, long CreditableMilliwattHours, int ServedSeconds)
{
    /// <summary>
    /// Of a held reading: the next rule that speaks against it and is not overruled by releasing it from the first, or null. Whoever names
    /// firmware that nobody knows is held for that, and must not get around the cap of the day by it.
    /// </summary>
    public Objection? Beneath { get; init; }

    /// <summary>The figures that decided, as an English sentence.</summary>
    public string? Figures => Because?.ToString();

    /// <summary>
    /// Whether the reading tells what the fleet did: it earns, or only its date or the funds are missing. What is refused or disputed
    /// does not, and must not bend a plot.
    /// </summary>
    public bool IsBelieved => Outcome == Outcome.Credited || Name is VerdictName.ClockUnknown or VerdictName.Unfunded;
}

/// <summary>A rule that speaks against a reading, with its figures.</summary>
public sealed record Objection(VerdictName Name, Sentence Figures);
