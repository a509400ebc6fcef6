using System.Globalization;
using DePin.Fleet.Care;
using DePin.Fleet.Ledger;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Web;

/// <summary>Plain pages with a form. The form carries the token, so no other page can send it in somebody's name.</summary>
internal static class FormRoutes
{
    private const int GroupsShown = 200;
    private const int LinesShown = 1000;
    private const long MaxFormBytes = 16 * 1024;

    /// <summary>GET and POST /review, GET and POST /statement.</summary>
    public static void MapForms(this IEndpointRouteBuilder routes, ApiToken token)
    {
        routes.MapGet("/review", (HttpContext context, Database database, TimeProvider clock) => Review(context, database, clock, null, StatusCodes.Status200OK));
        routes.MapPost("/review", async (HttpContext context, Database database, TimeProvider clock, Review review) =>
        {
            (string said, int status) = await DecideAsync(context, token, review);
            return Review(context, database, clock, said, status);
        });
        routes.MapGet("/statement", (HttpContext context) => Page(context, StatementPage.Ask(null), StatusCodes.Status200OK));
        routes.MapPost("/statement", (HttpContext context, Database database, TimeProvider clock) => StatementAsync(context, token, database, clock));
    }

    private static IResult Review(HttpContext context, Database database, TimeProvider clock, string? said, int status)
    {
        using SqliteConnection connection = database.OpenReader();
        return Page(context, ReviewPage.Render(ReviewRoutes.Read(connection, GroupsShown), clock.GetUtcNow(), said), status);
    }

    private static async Task<(string Said, int Status)> DecideAsync(HttpContext context, ApiToken token, Review review)
    {
        if (await FormAsync(context) is not { } form)
        {
            return ("That was no form of this page. Nothing was changed.", StatusCodes.Status400BadRequest);
        }

        if (!token.Is(form["token"].ToString()))
        {
            return ("The token is not the one in the file 'token' of the data folder. Nothing was changed.", StatusCodes.Status401Unauthorized);
        }

        (string node, string by, string reason, string name) = (form["node"].ToString(), form["by"].ToString(), form["reason"].ToString(), form["name"].ToString());
        if (ReviewRoutes.Wrong(by, reason) is { } wrong)
        {
            return ($"{wrong} Nothing was changed.", StatusCodes.Status400BadRequest);
        }

        VerdictName? verdict = Enum.TryParse(name, out VerdictName parsed) && Enum.IsDefined(parsed) ? parsed : null;
        Decided? decided = form["decision"].ToString() switch
        {
            "release" or "refuse" when name.Length == 0 || verdict is not null => await review.DecideAsync(node, verdict, form["decision"] == "release", by, reason),
            "suspend" => await review.SuspendAsync(node, new SuspendRequest(by, reason, "as the reason says", "A fleet manager lifts it when the reason is gone.")),
            "lift" => await review.LiftAsync(node, by, reason),
            "close" => await review.CloseAsync(node, name, by, reason),
            _ => null,
        };
        return decided switch
        {
            null => ("Choose what to decide, and a name that is listed. Nothing was changed.", StatusCodes.Status400BadRequest),
            { Problem: { } problem } => ($"{problem} Nothing was changed.", decided.Status),
            _ => ($"Done: {decided.Released} readings released, {decided.Refused} refused.", StatusCodes.Status200OK),
        };
    }

    private static async Task<IResult> StatementAsync(HttpContext context, ApiToken token, Database database, TimeProvider clock)
    {
        if (await FormAsync(context) is not { } form || !token.Is(form["token"].ToString()))
        {
            return Page(context, StatementPage.Ask("The token is not the one in the file 'token' of the data folder."), StatusCodes.Status401Unauthorized);
        }

        long from = Day(form["from"].ToString()) ?? 0;
        long to = Day(form["to"].ToString()) ?? long.MaxValue;
        using SqliteConnection connection = database.OpenReader();
        using SqliteTransaction instant = connection.BeginTransaction(deferred: true);
        if (TallyStore.Account(connection, form["account"].ToString()) is not { } account || from > to)
        {
            return Page(context, StatementPage.Ask("There is no such account, or the first day lies after the last."), StatusCodes.Status404NotFound);
        }

        string period = $"{(from == 0 ? "from the beginning" : form["from"].ToString())} to {(to == long.MaxValue ? "now" : form["to"].ToString())}";
        return Page(context, StatementPage.Render(StatementView.Read(connection, account, from, to, 0, LinesShown), period, clock.GetUtcNow()), StatusCodes.Status200OK);
    }

    private static async Task<IFormCollection?> FormAsync(HttpContext context) =>
        context.Request.HasFormContentType && context.Request.ContentLength is <= MaxFormBytes ? await context.Request.ReadFormAsync(context.RequestAborted) : null;

    private static long? Day(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
        ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeSeconds()
        : null;

    private static IResult Page(HttpContext context, string page, int status)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        return Results.Text(page, "text/html; charset=utf-8", statusCode: status);
    }
}
