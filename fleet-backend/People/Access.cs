using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace DePin.Fleet.People;

/// <summary>Who may use a route; every route carries one, or the backend does not start.</summary>
/// <param name="Any">One of these roles is enough.</param>
/// <param name="IsForEveryone">Nobody has to sign in.</param>
/// <param name="IsForSignedIn">Any account is enough, with whatever role.</param>
internal sealed record AccessRule(Roles Any, bool IsForEveryone, bool IsForSignedIn)
{
    /// <summary>As it stands in the table of routes.</summary>
    public override string ToString() => IsForEveryone ? "everyone" : IsForSignedIn ? "signed in" : string.Join(", ", RoleNames.List(Any));
}

/// <summary>How large an upload to a route may be: more is refused before any of it is read.</summary>
internal sealed record UploadLimit(long Bytes);

/// <summary>Says at each route who may use it, and sees to it.</summary>
public static class Access
{
    private const Roles Seers = Roles.Manager | Roles.Auditor;

    /// <summary>Who sees the whole fleet and its money.</summary>
    public static Roles WholeFleet => Seers;

    /// <summary>Who sees their own nodes and accounts, beside those who see everything.</summary>
    public static Roles OwnPart => Seers | Roles.Operator | Roles.CapitalBuilder | Roles.Lender;

    /// <summary>Only for people with one of these roles.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, Roles any)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(any, false, false));

    /// <summary>For everybody in the world.</summary>
    public static TBuilder ForEveryone<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Roles.None, true, false));

    /// <summary>For everybody who has an account.</summary>
    public static TBuilder ForSignedIn<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Roles.None, false, true));

    /// <summary>Every route with who may use it.</summary>
    internal static IReadOnlyList<(string Method, string Path, AccessRule? Rule)> Table(IEndpointRouteBuilder routes) =>
    [
        .. routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method =>
                (method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<AccessRule>())))
            .OrderBy(row => row.Item2, StringComparer.Ordinal).ThenBy(row => row.method, StringComparer.Ordinal),
    ];

    /// <summary>Lets nobody through whom the route does not name. Comes after authentication and before the routes.</summary>
    internal static void UseAccess(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            AccessRule? rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
            if (context.GetEndpoint() is RouteEndpoint && rule is null)
            {
                throw new InvalidOperationException($"{context.Request.Path} does not say who may use it");
            }

            Caller? caller = Caller.Of(context.User);
            bool isUnsafe = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
            if (rule is { IsForEveryone: false } && caller is null)
            {
                await context.ChallengeAsync();
            }
            else if (rule is { IsForEveryone: false, IsForSignedIn: false } && !caller!.Has(rule.Any))
            {
                await RefuseAsync(context, StatusCodes.Status403Forbidden, $"{caller.Name} has no role for this; it needs one of: {rule}. Nothing was changed.");
            }
            else if (rule is { IsForEveryone: false } && Caller.TokenOf(context.User) is not null && !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            {
                // With a page a token could give its finder a passkey, and with that everything its person may do.
                await RefuseAsync(context, StatusCodes.Status403Forbidden, "Tokens are for /api; pages are for people who sign in. Nothing was changed.");
            }
            else if (caller is not null && isUnsafe && Caller.IsReadOnly(context.User))
            {
                await RefuseAsync(context, StatusCodes.Status403Forbidden, "This token only reads. Nothing was changed.");
            }
            else if (context.GetEndpoint()?.Metadata.GetMetadata<UploadLimit>() is { } limit && !(context.Request.ContentLength <= limit.Bytes))
            {
                await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"An upload here has at most {limit.Bytes:N0} bytes, and says how many. Nothing was stored.");
            }
            else if (rule is not null && isUnsafe && Caller.TokenOf(context.User) is null && !await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, "This form was not made by this page for this session, or too long ago. Load the page again; nothing was changed.");
            }
            else
            {
                await next(context);
            }
        });
    }

    /// <summary>Whether an answer goes to a program rather than to a person's browser.</summary>
    internal static bool IsForPrograms(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || context.Request.Headers.ContainsKey("Authorization");

    /// <summary>Refuses with a sentence: problem+json for programs, a page for people.</summary>
    internal static Task RefuseAsync(HttpContext context, int status, string sentence) =>
        IsForPrograms(context) ? TypedResults.Problem(sentence, statusCode: status).ExecuteAsync(context) : PageShell.Of(context, PeopleWords.Of("NotAllowed"), $"<p class=\"panel\" role=\"alert\">{PageShell.Encode(sentence)}</p><p><a href=\"/\">DePin for Impact</a></p>", status).ExecuteAsync(context);
}
