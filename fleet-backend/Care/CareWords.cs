namespace DePin.Fleet.Care;

/// <summary>The words of tickets and disputes: CareWords.resx.</summary>
internal static class CareWords
{
    private static readonly Words Words = new("DePin.Fleet.Care.CareWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);

    /// <summary>The words under an English sentence, or null.</summary>
    public static string? Find(string sentence, Language language) => Words.Find(sentence, language);
}
