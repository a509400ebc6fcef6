using System.Net;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet;

/// <summary>What all plain pages have around them: head, style, and headers that let nothing in from elsewhere.</summary>
internal static class PageShell
{
    /// <summary>A page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="title">Its title, also as heading.</param>
    /// <param name="body">HTML below the heading; what came from outside is encoded.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="script">A module of ours to load, or null.</param>
    public static IResult Of(HttpContext context, string title, string body, int status = StatusCodes.Status200OK, string? script = null)
    {
        Guard(context);
        string module = script is null ? "" : $"<script type=\"module\" src=\"{script}\"></script>";
        return Results.Text(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Encode(title)} · DePin for Impact</title>"
            + $"<link rel=\"stylesheet\" href=\"/style.css\"><link rel=\"icon\" href=\"/favicon.svg\">{module}</head><body><main><header><h1>{Encode(title)}</h1></header>{body}</main></body></html>",
            "text/html; charset=utf-8",
            statusCode: status);
    }

    /// <summary>Headers of every page: nothing from elsewhere, in no frame, kept nowhere.</summary>
    public static void Guard(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>The hidden field that proves a form to be of this page and session.</summary>
    public static string FormToken(HttpContext context)
    {
        AntiforgeryTokenSet tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        return $"<input type=\"hidden\" name=\"{tokens.FormFieldName}\" value=\"{Encode(tokens.RequestToken!)}\">";
    }

    /// <summary>Text as HTML.</summary>
    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}
