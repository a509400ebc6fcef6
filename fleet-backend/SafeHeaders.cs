namespace DePin.Fleet;

/// <summary>What every answer of the web port says, whoever made it: nothing from elsewhere, nothing written into a page as script or style, in no frame.</summary>
internal static class SafeHeaders
{
    /// <summary>Pages load scripts, styles and pictures from here only; data: is for small pictures inside a style sheet.</summary>
    public const string Policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    /// <summary>Sets them as the answer begins, so that no error page is without.</summary>
    public static void Use(WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()";
            return Task.CompletedTask;
        });
        return next(context);
    });
}
