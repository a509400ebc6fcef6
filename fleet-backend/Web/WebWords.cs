namespace DePin.Fleet.Web;

/// <summary>The words of the first page, the review list and the readings: WebWords.resx.</summary>
internal static class WebWords
{
    private static readonly Words Words = new("DePin.Fleet.Web.WebWords");

    /// <summary>The words of this name.</summary>
    public static string Of(string name) => Words.Of(name);

    /// <summary>The words of this name with figures or names in their places.</summary>
    public static string Of(string name, params object?[] values) => Words.Of(name, values);

    /// <summary>The same as HTML: what stands in the places is encoded too.</summary>
    public static string Html(string name, params object?[] values) => PageShell.Encode(Words.Of(name, values));
}
