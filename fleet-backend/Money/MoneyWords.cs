namespace DePin.Fleet.Money;

/// <summary>The words of statements and of the pages over money: MoneyWords.resx.</summary>
internal static class MoneyWords
{
    private static readonly Words Words = new("DePin.Fleet.Money.MoneyWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name, or null where there are none.</summary>
    public static string? Find(string name) => Words.Find(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);
}
