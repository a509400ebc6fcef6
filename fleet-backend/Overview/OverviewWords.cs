namespace DePin.Fleet.Overview;

/// <summary>The words of fleet page and node plots: OverviewWords.resx.</summary>
internal static class OverviewWords
{
    private static readonly Words Words = new("DePin.Fleet.Overview.OverviewWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);

    /// <summary>How long ago something was; a dash for never.</summary>
    public static string Ago(long unixMilliseconds, long nowUnixMilliseconds) => unixMilliseconds <= 0 ? "–" : (Math.Max(0, nowUnixMilliseconds - unixMilliseconds) / 60_000) switch
    {
        < 2 => Of("Ago.Now"),
        < 120 and var minutes => Of("Ago.Minutes", minutes),
        < 2880 and var minutes => Of("Ago.Hours", minutes / 60),
        var minutes => Of("Ago.Days", minutes / 1440),
    };
}
