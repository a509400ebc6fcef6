using System.Security.Cryptography;
using System.Text;

namespace DePin.Fleet.Web;

/// <summary>The token of DATA/token: everything under /api asks for it as a bearer token, and forms carry it; pages and health do not ask.</summary>
internal sealed class ApiToken(string token)
{
    private const string Scheme = "Bearer ";

    // Hashes have one length, so neither the comparison nor its length tells how much of a guess was right.
    private readonly byte[] _expected = SHA256.HashData(Encoding.ASCII.GetBytes(token));

    /// <summary>Whether a text is the token.</summary>
    public bool Is(string given) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given.Trim())), _expected);

    /// <summary>Guards /api with the token.</summary>
    public void Guard(WebApplication app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase), api => api.Use(async (context, next) =>
        {
            string given = context.Request.Headers.Authorization.ToString();
            if (given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && Is(given[Scheme.Length..]))
            {
                await next(context);
                return;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            await TypedResults.Problem("Send the token that stands in the file 'token' of the data folder as 'Authorization: Bearer TOKEN'.", statusCode: 401)
                .ExecuteAsync(context);
        }));
}
