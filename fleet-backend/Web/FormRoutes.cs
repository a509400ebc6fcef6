using System.Globalization;
using DePin.Contracts.Identity;
using DePin.Fleet.Care;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Web;

/// <summary>Plain pages with a form.</summary>
internal static class FormRoutes
{
    private const int GroupsShown = 200;
    private const int LinesShown = 1000;
    private const int BatchesShown = 48;
    private const long SecondsPerDay = 86_400;

    /// <summary>GET and POST /review, GET and POST /statement, GET /nodes/{id}/readings.</summary>
    public static void MapForms(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/review", (HttpContext context, Caller caller, Database database, TimeProvider clock) => Review(context, caller, database, clock, null, StatusCodes.Status200OK)).Needs(Access.WholeFleet);
        routes.MapPost("/review", async (HttpContext context, Caller caller, Database database, TimeProvider clock, Review review) =>
        {
            (string said, int status) = await DecideAsync(context, caller, review);
            return Review(context, caller, database, clock, said, status);
        }).Needs(Roles.Manager);
        routes.MapGet("/statement", (HttpContext context, Caller caller, Database database) => Ask(context, caller, database, null, StatusCodes.Status200OK)).Needs(Access.OwnPart);
        routes.MapPost("/statement", StatementAsync).Needs(Access.OwnPart);
        routes.MapGet("/nodes/{id}/readings", Readings).Needs(Access.OwnPart);
    }

    private static IResult Review(HttpContext context, Caller caller, Database database, TimeProvider clock, string? said, int status)
    {
        using SqliteConnection connection = database.OpenReader();
        string? form = caller.Has(Roles.Manager) ? PageShell.FormToken(context) : null;
        return PageShell.Of(context, "What waits for a person", ReviewPage.Body(ReviewRoutes.Read(connection, GroupsShown), clock.GetUtcNow(), said, form), status);
    }

    private static async Task<(string Said, int Status)> DecideAsync(HttpContext context, Caller caller, Review review)
    {
        if (await SignInRoutes.FormAsync(context) is not { } form)
        {
            return ("That was no form of this page. Nothing was changed.", StatusCodes.Status400BadRequest);
        }

        (string node, string reason, string name) = (form["node"].ToString(), form["reason"].ToString(), form["name"].ToString());
        if (ReviewRoutes.Wrong(reason) is { } wrong)
        {
            return ($"{wrong} Nothing was changed.", StatusCodes.Status400BadRequest);
        }

        VerdictName? verdict = Enum.TryParse(name, out VerdictName parsed) && Enum.IsDefined(parsed) ? parsed : null;
        Decided? decided = form["decision"].ToString() switch
        {
            "release" or "refuse" when name.Length == 0 || verdict is not null => await review.DecideAsync(node, verdict, form["decision"] == "release", caller.Name, reason),
            "suspend" => await review.SuspendAsync(node, caller.Name, new SuspendRequest(reason, "as the reason says", "A fleet manager lifts it when the reason is gone.")),
            "lift" => await review.LiftAsync(node, caller.Name, reason),
            "close" => await review.CloseAsync(node, name, caller.Name, reason),
            _ => null,
        };
        return decided switch
        {
            null => ("Choose what to decide, and a name that is listed. Nothing was changed.", StatusCodes.Status400BadRequest),
            { Problem: { } problem } => ($"{problem} Nothing was changed.", decided.Status),
            _ => ($"Done: {decided.Released} readings released, {decided.Refused} refused.", StatusCodes.Status200OK),
        };
    }

    private static IResult Readings(string id, HttpContext context, Caller caller, Database database, long reading = long.MaxValue)
    {
        using SqliteConnection connection = database.OpenReader();
        if (NodeId.Parse(id) is not { } node || NodeStore.Find(connection, node.ToString()) is not { } row || !caller.MaySeeNodeOf(row.Operator, row.CapitalBuilder))
        {
            return PageShell.Of(context, "No such node", $"<p class=\"panel\">There is no node '{PageShell.Encode(id)}' of yours.</p>", StatusCodes.Status404NotFound);
        }

        IReadOnlyList<VerdictRow> rows = StatementStore.LastVerdicts(connection, row.NodeId, reading, BatchesShown + 1);
        return PageShell.Of(context, $"Readings of {row.NodeId}", ReadingsPage.Body(row.NodeId, [.. rows.Take(BatchesShown)], rows.Count > BatchesShown ? rows[BatchesShown].LastReading : null));
    }

    private static IResult Ask(HttpContext context, Caller caller, Database database, string? said, int status)
    {
        using SqliteConnection connection = database.OpenReader();
        string[] accounts = [.. TallyStore.Accounts(connection).Select(account => account.Name).Where(caller.MaySee)];
        return PageShell.Of(context, "Statement", StatementPage.Ask(accounts, said, PageShell.FormToken(context)), status);
    }

    private static async Task<IResult> StatementAsync(HttpContext context, Caller caller, Database database, TimeProvider clock)
    {
        if (await SignInRoutes.FormAsync(context) is not { } form)
        {
            return Ask(context, caller, database, "That was no form of this page.", StatusCodes.Status400BadRequest);
        }

        string name = form["account"].ToString();
        (string first, string last) = (form["from"].ToString(), form["to"].ToString());
        if ((first.Length > 0 && Day(first) is null) || (last.Length > 0 && Day(last) is null))
        {
            return Ask(context, caller, database, "A day is written as 2026-03-31. Nothing is shown, so that nothing is shown of another time.", StatusCodes.Status400BadRequest);
        }

        // The last day belongs to it.
        long from = Day(first) ?? 0;
        long to = Day(last) + SecondsPerDay ?? long.MaxValue;
        using SqliteConnection connection = database.OpenReader();
        using SqliteTransaction instant = connection.BeginTransaction(deferred: true);
        if (!caller.MaySee(name) || TallyStore.Account(connection, name) is not { } account || from > to)
        {
            return Ask(context, caller, database, "You have no such account, or the first day lies after the last.", StatusCodes.Status404NotFound);
        }

        string period = $"{(from == 0 ? "from the beginning" : first)} to {(to == long.MaxValue ? "now" : $"the end of {last}")}";
        return PageShell.Of(context, account.Name, StatementPage.Body(StatementView.Read(connection, account, from, to, 0, LinesShown), period, clock.GetUtcNow()));
    }

    private static long? Day(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
        ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeSeconds()
        : null;
}
