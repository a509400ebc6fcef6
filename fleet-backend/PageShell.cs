using System.Net;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet;

/// <summary>What pages that are composed as text have around them; those that are components have PageLayout.razor.</summary>
internal static class PageShell
{
    /// <summary>A page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="title">Its title, also as heading.</param>
    /// <param name="body">HTML below the heading; what came from outside is encoded.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="script">Name of a module among the assets, or null.</param>
    public static IResult Of(HttpContext context, string title, string body, int status = StatusCodes.Status200OK, string? script = null)
    {
        Guard(context);
        string module = script is null ? "" : $"<script type=\"module\" src=\"{PageAssets.Url(script)}\"></script>";
        return Results.Text(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Encode(title)} · DePin for Impact</title>"
            + $"<link rel=\"stylesheet\" href=\"{PageAssets.Url("style.css")}\"><link rel=\"icon\" href=\"{PageAssets.Url("favicon.svg")}\">{module}</head><body><main><header><h1>{Encode(title)}</h1></header>{body}</main></body></html>",
            "text/html; charset=utf-8",
            statusCode: status);
    }

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
