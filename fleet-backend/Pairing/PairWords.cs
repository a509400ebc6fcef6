namespace DePin.Fleet.Pairing;

/// <summary>The words of the pairing pages; they stand in PairWords.resx, ready for other languages.</summary>
internal static class PairWords
{
    private static readonly Words Words = new("DePin.Fleet.Pairing.PairWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);

    /// <summary>Why a node is suspended: a rule's name in words, or a person's own.</summary>
    public static string Suspension(string reason) => Words.Find($"Suspension.{reason}") ?? reason;
}
