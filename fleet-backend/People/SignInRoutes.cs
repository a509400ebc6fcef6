using System.Data.Common;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Identity;

namespace DePin.Fleet.People;

/// <summary>The doors: signing in by password or passkey, joining by an invitation, coming back by a reset link, leaving.</summary>
internal static class SignInRoutes
{
    private const long MaxFormBytes = 16 * 1024;

    // One answer for a wrong name, a wrong password and a locked account: it tells nobody which names are there.
    private static string NotLetIn => PeopleWords.Of("NotLetIn");

    private static string TooMany => PeopleWords.Of("TooMany");

    /// <summary>GET and POST /sign-in, /join/{secret}, /reset/{secret}; POST /sign-in/passkey and its options, /sign-out.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/sign-in", (HttpContext context, string? back) => SignInPage(context, null, back)).ForEveryone();
        routes.MapPost("/sign-in", SignInAsync).ForEveryone();
        routes.MapPost("/sign-in/passkey/options", async (HttpContext context, SignInManager<Person> signIn, TokenRates rates) =>
            rates.MayTry(context) ? Results.Text(await signIn.MakePasskeyRequestOptionsAsync(null), "application/json") : Results.Problem(TooMany, statusCode: 429)).ForEveryone();
        routes.MapPost("/sign-in/passkey", PasskeyAsync).ForEveryone();
        routes.MapPost("/sign-out", async (SignInManager<Person> signIn) =>
        {
            await signIn.SignOutAsync();
            return Results.Redirect("/sign-in");
        }).ForSignedIn();
        routes.MapGet("/join/{secret}", (HttpContext context, string secret, string? back, Database database, PeopleClock clock) => LinkPage(context, secret, Read(database, secret, clock), null, back: back)).ForEveryone();
        routes.MapPost("/join/{secret}", (HttpContext context, string secret, Database database, PeopleClock clock, Accounts accounts, SignInManager<Person> signIn, TokenRates rates) =>
            FollowAsync(context, secret, database, clock, signIn, rates, form => accounts.JoinAsync(secret, form["name"].ToString(), form["password"].ToString()))).ForEveryone();
        routes.MapGet("/reset/{secret}", (HttpContext context, string secret, Database database, PeopleClock clock) => LinkPage(context, secret, Read(database, secret, clock), null)).ForEveryone();
        routes.MapPost("/reset/{secret}", (HttpContext context, string secret, Database database, PeopleClock clock, Accounts accounts, SignInManager<Person> signIn, TokenRates rates) =>
            FollowAsync(context, secret, database, clock, signIn, rates, form => accounts.ComeBackAsync(secret, form["password"].ToString()))).ForEveryone();
    }

    /// <summary>A form's fields, or null where it is none or too large.</summary>
    internal static async Task<IFormCollection?> FormAsync(HttpContext context) =>
        context.Request.HasFormContentType && context.Request.ContentLength is <= MaxFormBytes ? await context.Request.ReadFormAsync(context.RequestAborted) : null;

    /// <summary>What Identity makes of a passkey's answer; null where it was not asked for one, or this is none.</summary>
    internal static async Task<T?> AnswerAsync<T>(Func<Task<T>> look)
        where T : class
    {
        try
        {
            return await look();
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static async Task<IResult> SignInAsync(HttpContext context, SignInManager<Person> signIn, Accounts accounts, TokenRates rates)
    {
        if (await FormAsync(context) is not { } form)
        {
            return SignInPage(context, PeopleWords.Of("NoForm"), null, StatusCodes.Status400BadRequest);
        }

        string back = form["back"].ToString();
        if (!rates.MayTry(context))
        {
            return SignInPage(context, TooMany, back, StatusCodes.Status429TooManyRequests);
        }

        if (await accounts.CheckAsync(form["name"].ToString(), form["password"].ToString()) is not { } person)
        {
            return SignInPage(context, NotLetIn, back, StatusCodes.Status401Unauthorized);
        }

        await signIn.SignInAsync(person, isPersistent: true);
        await accounts.AuditAsync(person.Name, "signed in", "by password");
        return Results.Redirect(Inside(back));
    }

    private static async Task<IResult> PasskeyAsync(HttpContext context, SignInManager<Person> signIn, Accounts accounts, TokenRates rates)
    {
        if (!rates.MayTry(context))
        {
            return Results.Problem(TooMany, statusCode: 429);
        }

        if (context.Request.ContentLength is null or 0 or > MaxFormBytes)
        {
            return Results.Problem(PeopleWords.Of("NoAnswer"), statusCode: 400);
        }

        using var reader = new StreamReader(context.Request.Body);
        PasskeyAssertionResult<Person>? result = await AnswerAsync(async () => await signIn.PerformPasskeyAssertionAsync(await reader.ReadToEndAsync(context.RequestAborted)));
        if (result is not { Succeeded: true })
        {
            return Results.Problem(PeopleWords.Of("PasskeyUnknown"), statusCode: 401);
        }

        var people = context.RequestServices.GetRequiredService<UserManager<Person>>();
        await people.AddOrUpdatePasskeyAsync(result.User, result.Passkey);
        await signIn.SignInAsync(result.User, isPersistent: true);
        await accounts.AuditAsync(result.User.Name, "signed in", "by passkey");
        return Results.Ok(new { name = result.User.Name });
    }

    private static async Task<IResult> FollowAsync(
        HttpContext context, string secret, Database database, PeopleClock clock, SignInManager<Person> signIn, TokenRates rates, Func<IFormCollection, Task<(Person? Person, Sentence? Problem)>> follow)
    {
        if (!rates.MayTry(context))
        {
            return LinkPage(context, secret, null, TooMany, StatusCodes.Status429TooManyRequests);
        }

        if (await FormAsync(context) is not { } form)
        {
            return LinkPage(context, secret, null, PeopleWords.Of("NoForm"), StatusCodes.Status400BadRequest);
        }

        (Person? person, Sentence? problem) = await follow(form);
        if (person is null)
        {
            return LinkPage(context, secret, Read(database, secret, clock), problem!.Told(), StatusCodes.Status409Conflict, form["back"].ToString());
        }

        await signIn.SignInAsync(person, isPersistent: true);
        return Results.Redirect(InsideOrAccount(form["back"].ToString()));
    }

    private static LinkRow? Read(Database database, string secret, PeopleClock clock)
    {
        using DbConnection connection = database.OpenReader();
        return LinkStore.Find(connection, secret, clock.UnixMilliseconds);
    }

    private static IResult SignInPage(HttpContext context, string? said, string? back, int status = StatusCodes.Status200OK) => PageShell.Of(
        context,
        PeopleWords.Of("SignIn"),
        Said(said)
        + $"<form class=\"panel decide\" method=\"post\" action=\"/sign-in\">{PageShell.FormToken(context)}<input type=\"hidden\" name=\"back\" value=\"{PageShell.Encode(Inside(back))}\">"
        + $"<label>{W("Name")} <input name=\"name\" required maxlength=\"64\" autocomplete=\"username webauthn\" autocapitalize=\"none\" spellcheck=\"false\"></label>"
        + $"<label>{W("Password")} <input name=\"password\" type=\"password\" required maxlength=\"200\" autocomplete=\"current-password\"></label>"
        + $"<button>{W("SignIn")}</button></form>"
        + $"<div class=\"panel\" id=\"passkey\" data-back=\"{PageShell.Encode(Inside(back))}\" hidden><button type=\"button\" id=\"use-passkey\">{W("UsePasskey")}</button><p class=\"quiet\" id=\"passkey-said\" role=\"status\" data-nothing=\"{W("NothingChosen")}\"></p></div>"
        + $"<p class=\"quiet\">{W("NoAccount")}</p>",
        status,
        "people.js");

    private static IResult LinkPage(HttpContext context, string secret, LinkRow? link, string? said, int status = StatusCodes.Status200OK, string? back = null)
    {
        if (link is null)
        {
            return PageShell.Of(
                context, PeopleWords.Of("LinkOver"), Said(said ?? PeopleWords.Of("LinkOverWhy")) + $"<p><a href=\"/sign-in\">{W("SignIn")}</a></p>",
                status == StatusCodes.Status200OK ? StatusCodes.Status404NotFound : status);
        }

        string name = link.Name is { } given
            ? $"<p>{W("YourNameIs", given)}</p><input type=\"hidden\" name=\"username\" autocomplete=\"username\" value=\"{PageShell.Encode(given)}\">"
            : $"<label>{W("YourName")} <input name=\"name\" required maxlength=\"64\" pattern=\"[a-z0-9.\\-]+\" title=\"{W("NameRule")}\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\"></label>";
        string page = link.Kind == LinkStore.Reset ? "reset" : "join";
        string what = link.Kind == LinkStore.Reset ? $"<p>{W("ChooseNew")}</p>" : $"<p>{W("YouWillBe", PeopleWords.Of(link.Roles))}</p>";
        return PageShell.Of(
            context,
            PeopleWords.Of(link.Kind == LinkStore.Reset ? "WelcomeBack" : "Welcome"),
            Said(said)
            + $"<form class=\"panel decide\" method=\"post\" action=\"/{page}/{PageShell.Encode(secret)}\">{PageShell.FormToken(context)}<input type=\"hidden\" name=\"back\" value=\"{PageShell.Encode(InsideOrAccount(back))}\">{what}{name}"
            + $"<label>{W("Password")} <input name=\"password\" type=\"password\" required minlength=\"{PeopleServices.LeastPasswordLetters}\" maxlength=\"200\" autocomplete=\"new-password\"></label>"
            + $"<p class=\"quiet\">{W("PasswordRule", PeopleServices.LeastPasswordLetters)}</p><button>{W(link.Kind == LinkStore.Reset ? "Save" : "MakeAccount")}</button></form>",
            status);
    }

    private static string W(string name, params object?[] values) => PeopleWords.Html(name, values);

    private static string Said(string? said) => said is null ? "" : $"<p class=\"panel\" role=\"alert\">{PageShell.Encode(said)}</p>";

    /// <summary>Whether an address to go back to is a page of ours.</summary>
    internal static bool IsInside(string? back) => back is { Length: > 1 and < 300 } && back[0] == '/' && back[1] is not ('/' or '\\') && !back.Any(char.IsControl);

    private static string Inside(string? back) => IsInside(back) ? back! : "/home";

    // Who is new is asked for a passkey first.
    private static string InsideOrAccount(string? back) => IsInside(back) ? back! : "/account";
}
