namespace DePin.Fleet;

/// <summary>What stands around every page: ShellWords.resx.</summary>
internal static class ShellWords
{
    private static readonly Words Words = new("DePin.Fleet.ShellWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);
}
