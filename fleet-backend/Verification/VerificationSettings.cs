namespace DePin.Fleet.Verification;

/// <summary>What a reading must fulfil.</summary>
public sealed record VerificationSettings
{
    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem() => null;
}
