namespace DePin.Fleet.Crediting;

/// <summary>What a credited reading is worth.</summary>
public sealed record CreditingSettings
{
    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem() => null;
}
