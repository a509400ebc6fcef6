namespace DePin.Fleet.Homes;

/// <summary>The words of the first pages after signing in: HomeWords.resx.</summary>
internal static class HomeWords
{
    private static readonly Words Words = new("DePin.Fleet.Homes.HomeWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);
}
