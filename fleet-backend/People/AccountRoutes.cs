using System.Data.Common;
using System.Globalization;
using System.Text;
using DePin.Fleet.Api;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace DePin.Fleet.People;

/// <summary>What everybody does with their own account: password, passkeys, tokens, sessions.</summary>
internal static class AccountRoutes
{
    private const long MaxPasskeyBytes = 64 * 1024;
    private const int MostPasskeys = 20;

    /// <summary>GET /account; POST /account/password, /account/passkeys and its options, /account/passkeys/remove, /account/tokens, /account/tokens/end, /account/sign-out-everywhere; /api/me, /api/tokens.</summary>
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/account", (HttpContext context, Caller caller, Database database) => Page(context, caller, database, null)).ForSignedIn();
        routes.MapPost("/account/password", PasswordAsync).ForSignedIn();
        routes.MapPost("/account/sign-out-everywhere", async (Caller caller, Accounts accounts) =>
        {
            await accounts.SignOutEverywhereAsync(caller);
            return Results.Redirect("/sign-in");
        }).ForSignedIn();
        routes.MapPost("/account/passkeys/options", async (Caller caller, SignInManager<Person> signIn) => Results.Text(
            await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity { Id = caller.Id.ToString(CultureInfo.InvariantCulture), Name = caller.Name, DisplayName = caller.Name }), "application/json")).ForSignedIn();
        routes.MapPost("/account/passkeys", AddPasskeyAsync).ForSignedIn();
        routes.MapPost("/account/passkeys/remove", RemovePasskeyAsync).ForSignedIn();
        routes.MapPost("/account/tokens", async (HttpContext context, Caller caller, Database database, Accounts accounts) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            _ = int.TryParse(form?["days"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int days);
            var request = new TokenRequest(form?["label"].ToString() ?? "", [.. (form?["scope"] ?? default).OfType<string>()], days, IsReadOnly: form?["isReadOnly"].ToString() == "on");
            (string? token, Sentence? problem) = await accounts.MakeTokenAsync(caller, request);
            return Page(context, caller, database, problem?.Told() ?? PeopleWords.Of("TokenMade", token), problem is null ? 200 : 400);
        }).ForSignedIn();
        routes.MapPost("/account/tokens/end", async (HttpContext context, Caller caller, Database database, Accounts accounts) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            bool isEnded = long.TryParse(form?["id"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long id) && await accounts.RevokeTokenAsync(caller, id);
            return Page(context, caller, database, PeopleWords.Of(isEnded ? "TokenEnded" : "TokenNone"), isEnded ? 200 : 404);
        }).ForSignedIn();
        routes.MapGet("/api/me", (Caller caller) => TypedResults.Ok(new MeView(caller.Name, RoleNames.List(caller.Roles)))).ForSignedIn().Does("getMe", "Who asks, and what they may do.");
        routes.MapGet("/api/tokens", Ok<Page<TokenView>> (Caller caller, Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(TokenStore.OfPerson(connection, caller.Id, paging.Rows, paging.Before), row => row.Id, TokenView.Of));
        }).ForSignedIn().Does("listTokens", "The caller's tokens that were not revoked, the newest first.");
        routes.MapPost("/api/tokens", async Task<Results<Ok<MadeTokenView>, ProblemHttpResult>> (HttpContext context, Caller caller, TokenRequest request, Accounts accounts) =>
        {
            // One that leaked must not outlive itself in others.
            if (Caller.TokenOf(context.User) is not null)
            {
                return TypedResults.Problem("A token makes no tokens: sign in on the account page. None was made.", statusCode: 409);
            }

            (string? token, Sentence? problem) = await accounts.MakeTokenAsync(caller, request);
            return problem is null ? TypedResults.Ok(new MadeTokenView(token!)) : TypedResults.Problem($"{problem} None was made.", statusCode: 400);
        }).ForSignedIn().Does("makeToken", "Makes a token, which is shown this once; a token makes none.");
        routes.MapPost("/api/tokens/{id:long}/end", async Task<Results<NoContent, ProblemHttpResult>> (long id, Caller caller, Accounts accounts) =>
            await accounts.RevokeTokenAsync(caller, id) ? TypedResults.NoContent() : TypedResults.Problem($"You have no token {id}.", statusCode: 404)).ForSignedIn().Does("endToken", "Ends a token of the caller.");
    }

    private static async Task<IResult> PasswordAsync(HttpContext context, Caller caller, Database database, UserManager<Person> people, SignInManager<Person> signIn, Accounts accounts)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        if (Accounts.PasswordProblem(form?["new"].ToString() ?? "") is { } problem)
        {
            return Page(context, caller, database, problem.Told(), 400);
        }

        // Ends every other session; this one goes on under the new stamp.
        if (await accounts.CheckAsync(caller.Name, form!["old"].ToString()) is not { } person
            || !(await people.ChangePasswordAsync(person, form["old"].ToString(), form["new"].ToString())).Succeeded)
        {
            return Page(context, caller, database, PeopleWords.Of("OldWrong"), 401);
        }

        await signIn.SignInAsync(person, isPersistent: true);
        await accounts.AuditAsync(caller.Name, "changed the password", caller.Name);
        return Page(context, caller, database, PeopleWords.Of("PasswordChanged"));
    }

    private static async Task<IResult> AddPasskeyAsync(HttpContext context, Caller caller, UserManager<Person> people, SignInManager<Person> signIn, Accounts accounts)
    {
        if (context.Request.ContentLength is null or 0 or > MaxPasskeyBytes)
        {
            return Results.Problem(PeopleWords.Of("PasskeyWrong"), statusCode: 400);
        }

        Person person = (await people.FindByNameAsync(caller.Name))!;
        int before = (await people.GetPasskeysAsync(person)).Count;
        if (before >= MostPasskeys)
        {
            return Results.Problem(PeopleWords.Of("PasskeysFull", MostPasskeys), statusCode: 409);
        }

        using var reader = new StreamReader(context.Request.Body);
        PasskeyAttestationResult? result = await SignInRoutes.AnswerAsync(async () => await signIn.PerformPasskeyAttestationAsync(await reader.ReadToEndAsync(context.RequestAborted)));
        if (result is not { Succeeded: true } || result.UserEntity.Id != caller.Id.ToString(CultureInfo.InvariantCulture))
        {
            return Results.Problem(PeopleWords.Of("PasskeyLate"), statusCode: 400);
        }

        result.Passkey.Name = $"passkey {before + 1}";
        await people.AddOrUpdatePasskeyAsync(person, result.Passkey);
        await accounts.AuditAsync(caller.Name, "added a passkey", result.Passkey.Name);
        return Results.Ok(new { result.Passkey.Name });
    }

    private static async Task<IResult> RemovePasskeyAsync(HttpContext context, Caller caller, Database database, UserManager<Person> people, Accounts accounts)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        byte[] id = Convert.FromHexString(form?["id"].ToString() is { Length: > 0 and <= 2048 } hex && hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit) ? hex : "00");
        Person person = (await people.FindByNameAsync(caller.Name))!;
        if (await people.GetPasskeyAsync(person, id) is not { } passkey)
        {
            return Page(context, caller, database, PeopleWords.Of("PasskeyNone"), 404);
        }

        await people.RemovePasskeyAsync(person, id);
        await accounts.AuditAsync(caller.Name, "removed a passkey", passkey.Name ?? "");
        return Page(context, caller, database, PeopleWords.Of("PasskeyEnded"));
    }

    private static IResult Page(HttpContext context, Caller caller, Database database, string? said, int status = StatusCodes.Status200OK)
    {
        using DbConnection connection = database.OpenReader();
        string token = PageShell.FormToken(context);
        var page = new StringBuilder();
        page.Append(said is null ? "" : $"<p class=\"panel\" role=\"status\">{PageShell.Encode(said)}</p>");
        page.Append($"<p><b>{PageShell.Encode(caller.Name)}</b> · {PageShell.Encode(PeopleWords.Of(caller.Roles))}</p>");
        page.Append($"<h2>{W("Passkeys")}</h2><div class=\"panel\">");
        IReadOnlyList<PasskeyRow> passkeys = PersonStore.Passkeys(connection, caller.Id);
        page.Append(passkeys.Count == 0 ? $"<p>{W("NoPasskeys")}</p>" : "");
        foreach (PasskeyRow passkey in passkeys)
        {
            page.Append($"<form class=\"row\" method=\"post\" action=\"/account/passkeys/remove\">{token}<input type=\"hidden\" name=\"id\" value=\"{Convert.ToHexString(passkey.CredentialId)}\">");
            page.Append($"<span>{W("PasskeyAdded", passkey.Name, Day(passkey.MadeMs))}</span> <button>{W("Remove")}</button></form>");
        }

        page.Append($"<button type=\"button\" id=\"add-passkey\" hidden>{W("AddPasskey")}</button><p class=\"quiet\" id=\"passkey-said\" role=\"status\" data-nothing=\"{W("NothingChosen")}\"></p></div>");
        page.Append($"<h2>{W("PasswordTitle")}</h2><form class=\"panel decide\" method=\"post\" action=\"/account/password\">{token}<input type=\"hidden\" name=\"username\" autocomplete=\"username\" value=\"{PageShell.Encode(caller.Name)}\">");
        page.Append($"<label>{W("Old")} <input name=\"old\" type=\"password\" required maxlength=\"200\" autocomplete=\"current-password\"></label>");
        page.Append($"<label>{W("New")} <input name=\"new\" type=\"password\" required minlength=\"{PeopleServices.LeastPasswordLetters}\" maxlength=\"200\" autocomplete=\"new-password\"></label><button>{W("Change")}</button></form>");
        Tokens(page, connection, caller, token);
        page.Append($"<h2>{W("Sessions")}</h2><div class=\"panel\">");
        page.Append($"<form class=\"row\" method=\"post\" action=\"/account/sign-out-everywhere\">{token}<button>{W("SignOutEverywhere")}</button></form><p class=\"quiet\">{W("LostPhone")}</p></div>");
        return PageShell.Of(context, PeopleWords.Of("YourAccount"), page.ToString(), status, "people.js");
    }

    private static void Tokens(StringBuilder page, DbConnection connection, Caller caller, string token)
    {
        page.Append($"<h2>{W("Tokens")}</h2><div class=\"panel\">");
        foreach (TokenRow row in TokenStore.OfPerson(connection, caller.Id))
        {
            page.Append($"<form class=\"row\" method=\"post\" action=\"/account/tokens/end\">{token}<input type=\"hidden\" name=\"id\" value=\"{row.Id}\"><span>");
            page.Append($"{W(row.IsReadOnly ? "TokenReads" : "TokenIs", row.Label, PeopleWords.Of(row.Roles), Day(row.EndsUnixMilliseconds), row.PerMinute)}</span> <button>{W("End")}</button></form>");
        }

        page.Append($"<form class=\"decide\" method=\"post\" action=\"/account/tokens\">{token}<label>{W("WhatFor")} <input name=\"label\" required maxlength=\"64\"></label><label>{W("Days")} <input name=\"days\" type=\"number\" min=\"1\" max=\"366\" value=\"30\" required></label>");
        page.Append($"<fieldset><legend>{W("ActAs")}</legend>");
        foreach (string role in RoleNames.List(caller.Roles))
        {
            page.Append($"<label><input type=\"checkbox\" name=\"scope\" value=\"{role}\"> {W($"Role.{role}")}</label>");
        }

        page.Append($"</fieldset><label><input type=\"checkbox\" name=\"isReadOnly\"> {W("OnlyReads")}</label><button>{W("MakeToken")}</button></form></div>");
    }

    private static string W(string name, params object?[] values) => PeopleWords.Html(name, values);

    private static string Day(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Who asks.</summary>
public sealed record MeView(string Name, IReadOnlyList<string> Roles);

/// <summary>The text of a token that was made.</summary>
internal sealed record MadeTokenView(string Token);

/// <summary>A token, without its text.</summary>
internal sealed record TokenView(long Id, string Label, IReadOnlyList<string> Scopes, bool IsReadOnly, int PerMinute, long MadeUnixMilliseconds, long EndsUnixMilliseconds)
{
    public static TokenView Of(TokenRow row) => new(row.Id, row.Label, RoleNames.List(row.Roles), row.IsReadOnly, row.PerMinute, row.MadeUnixMilliseconds, row.EndsUnixMilliseconds);
}
