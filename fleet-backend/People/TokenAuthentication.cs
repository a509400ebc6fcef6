using System.Data.Common;
using System.Text.Encodings.Web;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace DePin.Fleet.People;

/// <summary>Lets programs in by 'Authorization: Bearer TOKEN'.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Database database, TokenRates rates, PeopleClock clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "ApiToken";

    private const string Bearer = "Bearer ";
    private const int MostLetters = 200;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) || header.Length > MostLetters)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        using DbConnection connection = database.OpenReader();
        if (TokenStore.Find(connection, header[Bearer.Length..].Trim(), clock.UnixMilliseconds) is not { } token)
        {
            return Task.FromResult(AuthenticateResult.Fail("no such token"));
        }

        rates.Count(Context, token);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(Caller.Principal(token, SchemeName), SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem("Send a token as 'Authorization: Bearer TOKEN'. Tokens are made on the account page; this one is missing, ended or revoked.", statusCode: StatusCodes.Status401Unauthorized)
            .ExecuteAsync(Context);
    }
}
