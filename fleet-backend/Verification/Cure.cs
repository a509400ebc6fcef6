namespace DePin.Fleet.Verification;

/// <summary>What a person is told beside a verdict's name, in the language of the request; the words stand in Explanations.resx.</summary>
public static class Cure
{
    private static readonly Words Words = new("DePin.Fleet.Verification.Explanations");

    /// <summary>What would cure it, in one sentence.</summary>
    public static string Of(VerdictName name) => Words.Of($"{name}.Cure");

    /// <summary>What the name means, in one sentence.</summary>
    public static string Meaning(VerdictName name) => Words.Of($"{name}.Means");
}
