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
    /// <summary>What becomes of a hold of this name when nobody decided.</summary>
    public static AtDeadline AtDeadline(VerdictName name) => name switch
    {
        VerdictName.Suspended or VerdictName.CounterMismatch or VerdictName.Overlap or VerdictName.FirmwareRecalled => Verification.AtDeadline.Refused,
        VerdictName.Unaudited => Verification.AtDeadline.Stays,
        _ => Verification.AtDeadline.Released,
    };
}
