using System.Security.Cryptography;
using System.Text;

namespace DePin.Fleet.Web;

/// <summary>Everything under /api asks for the token of DATA/token as a bearer token; pages and health do not.</summary>
internal static class ApiToken
{
    private const string Scheme = "Bearer ";

    /// <summary>Guards /api with the token.</summary>
    public static void UseApiToken(this WebApplication app, string token)
    {
        // Hashes have one length, so neither the comparison nor its length tells how much of a guess was right.
        byte[] expected = SHA256.HashData(Encoding.ASCII.GetBytes(token));
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase), api => api.Use(async (context, next) =>
        {
            string given = context.Request.Headers.Authorization.ToString();
            bool isBearer = given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(isBearer ? given[Scheme.Length..].Trim() : ""));
            if (isBearer && CryptographicOperations.FixedTimeEquals(hash, expected))
            {
                await next(context);
                return;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            await TypedResults.Problem("Send the token that stands in the file 'token' of the data folder as 'Authorization: Bearer TOKEN'.", statusCode: 401)
                .ExecuteAsync(context);
        }));
    }
}
