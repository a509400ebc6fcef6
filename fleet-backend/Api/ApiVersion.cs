namespace DePin.Fleet.Api;

/// <summary>
/// The version of the API: /api is version 1. Within it routes, parameters and members are only added. What would break a client comes under /api/v2 beside it.
/// </summary>
internal static class ApiVersion
{
    /// <summary>The version, as it stands in the header.</summary>
    public const string Number = "1";

    /// <summary>In every answer of the API; a request that names another is refused.</summary>
    public const string Header = "Api-Version";

    /// <summary>Says the version in every answer of the API, and refuses who asks for another.</summary>
    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        if (!RouteWords.IsApi(context))
        {
            await next(context);
            return;
        }

        context.Response.Headers[Header] = Number;
        string asked = context.Request.Headers[Header].ToString();
        if (asked is "" or Number)
        {
            await next(context);
            return;
        }

        await TypedResults.Problem($"This backend speaks version {Number} of the API. Nothing was changed.", statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    });
}
