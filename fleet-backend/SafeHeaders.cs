namespace DePin.Fleet;

/// <summary>What every answer of the web port says, whoever made it: nothing from elsewhere, nothing written into a page as script or style, in no frame.</summary>
internal static class SafeHeaders
{
    /// <summary>Pages load scripts, styles and pictures from here only; data: is for small pictures inside a style sheet.</summary>
    public const string Policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    /// <summary>Sets them as the answer begins, so that no error page is without. A server of tiles that somebody set may give pictures, and nothing else.</summary>
    public static void Use(WebApplication app, MapSettings map)
    {
        string policy = map.Origin is { } origin ? Policy.Replace("img-src 'self'", $"img-src 'self' {origin}", StringComparison.Ordinal) : Policy;
        app.Use((context, next) => Set(context, policy, next));
    }

    private static Task Set(HttpContext context, string policy, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentSecurityPolicy = policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
