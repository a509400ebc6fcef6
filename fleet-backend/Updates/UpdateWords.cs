namespace DePin.Fleet.Updates;

/// <summary>The words of the pages of rollouts: UpdateWords.resx.</summary>
internal static class UpdateWords
{
    private static readonly Words Words = new("DePin.Fleet.Updates.UpdateWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);
}
