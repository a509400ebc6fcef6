using System.Net;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet;

/// <summary>For pages whose body is composed as text; what stands around it is PageLayout.razor, as around every page.</summary>
internal static class PageShell
{
    /// <summary>A page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="title">Its title, also as heading.</param>
    /// <param name="body">HTML below the heading; what came from outside is encoded.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="script">Name of a module among the assets, or null.</param>
    public static IResult Of(HttpContext context, string title, string body, int status = StatusCodes.Status200OK, string? script = null) => Pages.Of<TextPage>(context, new TextView(title, body, script), status);

    /// <summary>Of every page, beside <see cref="SafeHeaders"/>: it is kept nowhere.</summary>
    public static void Guard(HttpContext context) => context.Response.Headers.CacheControl = "no-store";

    /// <summary>The hidden field that proves a form to be of this page and session.</summary>
    public static string FormToken(HttpContext context)
    {
        AntiforgeryTokenSet tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        return $"<input type=\"hidden\" name=\"{tokens.FormFieldName}\" value=\"{Encode(tokens.RequestToken!)}\">";
    }

    /// <summary>Text as HTML.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A page whose body is text.</summary>
/// <param name="Title">Title and heading.</param>
/// <param name="Body">HTML.</param>
/// <param name="Script">Name of its script among the assets, or null.</param>
public sealed record TextView(string Title, string Body, string? Script);
