namespace DePin.Fleet.Verification;

/// <summary>What becomes of a hold over which nobody decided in time.</summary>
public enum AtDeadline
{
    /// <summary>It is released.</summary>
    Released,

    /// <summary>It is refused: two versions of one past exist, or two people found the firmware at fault.</summary>
    Refused,

    /// <summary>It stays until somebody visits the node.</summary>
    Stays,
}

/// <summary>The rules of what waits.</summary>
public static class Holds
{
    /// <summary>
    /// What becomes of a hold when nobody decided, where this rule speaks beneath the first: a node that nobody ever visited does not get
    /// around the visit by naming firmware that nobody knows.
    /// </summary>
    public static AtDeadline AtDeadline(VerdictName name, VerdictName? beneath) =>
        AtDeadline(name) == Verification.AtDeadline.Released && beneath == VerdictName.Unaudited ? Verification.AtDeadline.Stays : AtDeadline(name);

    /// <summary>Whether a rule that speaks beneath another still refuses when that one is overruled: a refusal, or a doubt that time does not release.</summary>
    internal static bool Refuses(VerdictName beneath) => beneath != VerdictName.Unaudited;

    /// <summary>What becomes of a hold of this name when nobody decided.</summary>
    public static AtDeadline AtDeadline(VerdictName name) => name switch
    {
        VerdictName.Suspended or VerdictName.CounterMismatch or VerdictName.Overlap or VerdictName.FirmwareRecalled => Verification.AtDeadline.Refused,
        VerdictName.Unaudited => Verification.AtDeadline.Stays,
        _ => Verification.AtDeadline.Released,
    };
}
