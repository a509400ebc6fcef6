namespace DePin.Fleet.Verification;

/// <summary>What becomes of a reading.</summary>
public enum Outcome
{
    /// <summary>It earns.</summary>
    Credited,

    /// <summary>Its credit is computed and waits for a person or for more data.</summary>
    Held,

    /// <summary>It earns nothing.</summary>
    Refused,
}

/// <summary>Why; the order is the precedence. The names are stored and shown: never rename one.</summary>
public enum VerdictName
{
    /// <summary>Nothing speaks against it.</summary>
    Credited,

    /// <summary>No pairing was active at that time.</summary>
    NotPaired,

    /// <summary>The node is suspended, for a fork for example.</summary>
    Suspended,

    /// <summary>The reading closes after its arrival.</summary>
    FromFuture,

    /// <summary>The reading is older than a node can keep it.</summary>
    TooOld,

    /// <summary>The batch's opening counters do not continue the last batch's closing ones.</summary>
    CounterMismatch,

    /// <summary>The batch covers time that another one covers already.</summary>
    Overlap,

    /// <summary>More energy than the hardware's rating allows.</summary>
    OverRating,

    /// <summary>More energy in one day than the profile allows credit for.</summary>
    OverDailyCap,

    /// <summary>The node never knew the time in this boot.</summary>
    ClockUnknown,

    /// <summary>The recorded funds do not reach; released when more come in.</summary>
    Unfunded,
}

/// <summary>The verdict over one reading.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Name">Why.</param>
/// <param name="Figures">The figures that decided, for people; null when it is simply credited.</param>
/// <param name="CreditableMilliwattHours">Energy that earns, or would earn were it not held; after grid power and floor.</param>
/// <param name="ServedSeconds">Seconds of service that earn, or would earn were it not held.</param>
public readonly record struct Verdict(Outcome Outcome, VerdictName Name, string? Figures, long CreditableMilliwattHours, int ServedSeconds);

/// <summary>What a person is told beside a name.</summary>
public static class Cure
{
    /// <summary>What would cure it, in one sentence.</summary>
    public static string Of(VerdictName name) => name switch
    {
        VerdictName.Credited => "Nothing to cure.",
        VerdictName.NotPaired => "Pair the node with its operator; readings from then on earn.",
        VerdictName.Suspended => "The fleet's manager looks at the evidence and lifts or confirms the suspension.",
        VerdictName.FromFuture => "The node's clock runs ahead; it is set right at its next login.",
        VerdictName.TooOld => "Bring the node a link more often; its flash keeps about 140 days.",
        VerdictName.CounterMismatch => "A manager compares the node's counters with its batches; a lost state is declared by a gap.",
        VerdictName.Overlap => "Two batches claim the same time; the node's clock was wrong in one of them.",
        VerdictName.OverRating => "The sensor or its calibration is wrong, or the node has another profile than registered.",
        VerdictName.OverDailyCap => "The day's cap of the profile is reached; nothing is wrong with the node.",
        VerdictName.ClockUnknown => "The node needs one contact with the network's time or the gateway in each boot.",
        VerdictName.Unfunded => "Credit follows by itself when the fleet records new funds.",
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
