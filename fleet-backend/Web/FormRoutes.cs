using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Care;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Web;

/// <summary>Plain pages with a form.</summary>
internal static class FormRoutes
{
    private const int GroupsShown = 200;
    private const int BatchesShown = 48;

    /// <summary>GET and POST /review, GET /nodes/{id}/readings.</summary>
    public static void MapForms(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/review", (HttpContext context, Caller caller, Database database, TimeProvider clock) => Review(context, caller, database, clock, null, StatusCodes.Status200OK)).Needs(Access.WholeFleet);
        routes.MapPost("/review", async (HttpContext context, Caller caller, Database database, TimeProvider clock, Review review) =>
        {
            (string said, int status) = await DecideAsync(context, caller, review);
            return Review(context, caller, database, clock, said, status);
        }).Needs(Roles.Manager);
        routes.MapGet("/nodes/{id}/readings", Readings).Needs(Access.OwnPart);
    }

    private static IResult Review(HttpContext context, Caller caller, Database database, TimeProvider clock, string? said, int status)
    {
        using DbConnection connection = database.OpenReader();
        string? form = caller.Has(Roles.Manager) ? PageShell.FormToken(context) : null;
        return PageShell.Of(context, WebWords.Of("Review.Title"), ReviewPage.Body(ReviewRoutes.Read(connection, GroupsShown), clock.GetUtcNow(), said, form), status);
    }

    private static async Task<(string Said, int Status)> DecideAsync(HttpContext context, Caller caller, Review review)
    {
        if (await SignInRoutes.FormAsync(context) is not { } form)
        {
            return (WebWords.Of("Review.NoForm"), StatusCodes.Status400BadRequest);
        }

        (string node, string reason, string name) = (form["node"].ToString(), form["reason"].ToString(), form["name"].ToString());
        if (ReviewRoutes.Wrong(reason) is not null)
        {
            return (WebWords.Of("Review.NoWords"), StatusCodes.Status400BadRequest);
        }

        VerdictName? verdict = Enum.TryParse(name, out VerdictName parsed) && Enum.IsDefined(parsed) ? parsed : null;
        Decided? decided = form["decision"].ToString() switch
        {
            "release" or "refuse" when name.Length == 0 || verdict is not null => await review.DecideAsync(node, verdict, form["decision"] == "release", caller.Name, reason),
            "suspend" => await review.SuspendAsync(node, caller.Name, reason, Sentence.Of($"as the reason says"), Sentence.Of($"A fleet manager lifts it when the reason is gone.")),
            "lift" => await review.LiftAsync(node, caller.Name, reason),
            "close" => await review.CloseAsync(node, name, caller.Name, reason),
            _ => null,
        };
        return decided switch
        {
            null => (WebWords.Of("Review.Choose"), StatusCodes.Status400BadRequest),
            { Problem: { } problem } => (WebWords.Of("Review.Nothing", problem.Told()), decided.Status),
            _ => (WebWords.Of("Review.Done", decided.Released, decided.Refused), StatusCodes.Status200OK),
        };
    }

    private static IResult Readings(string id, HttpContext context, Caller caller, Database database, long reading = long.MaxValue)
    {
        using DbConnection connection = database.OpenReader();
        if (NodeId.Parse(id) is not { } node || NodeStore.Find(connection, node.ToString()) is not { } row || !caller.MaySeeNodeOf(row.Operator, row.CapitalBuilder))
        {
            return PageShell.Of(context, WebWords.Of("Readings.NoNode"), $"<p class=\"panel\">{WebWords.Html("Readings.NotYours", id)}</p>", StatusCodes.Status404NotFound);
        }

        IReadOnlyList<VerdictRow> rows = StatementStore.LastVerdicts(connection, row.NodeId, reading, BatchesShown + 1);
        return PageShell.Of(context, WebWords.Of("Readings.Title", row.NodeId), ReadingsPage.Body(row.NodeId, [.. rows.Take(BatchesShown)], rows.Count > BatchesShown ? rows[BatchesShown].LastReading : null, PageShell.FormToken(context)));
    }
}
