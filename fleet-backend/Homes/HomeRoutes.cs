using System.Data.Common;
using DePin.Fleet.Care;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Homes;

/// <summary>Where people come to after signing in, by their roles.</summary>
internal static class HomeRoutes
{
    /// <summary>Who has a first page of their own; others go on to the page that they work with.</summary>
    public const Roles Owners = Roles.Operator | Roles.CapitalBuilder | Roles.Lender | Roles.Auditor;

    /// <summary>GET /home, POST /tickets/{id}/notes.</summary>
    public static void MapHomes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/home", (HttpContext context, Caller caller, Database database, NodePresence presence, Witnessing witnessing, TimeProvider clock) =>
            caller.Has(Owners) ? Show(context, caller, database, presence, witnessing, clock, null)
            : Results.Redirect(caller.Has(Roles.Manager) ? "/fleet" : caller.Has(Roles.Administrator) ? "/people" : "/account")).ForSignedIn();
        routes.MapPost("/tickets/{id:long}/notes", NoteAsync).Needs(Roles.Operator);
    }

    private static IResult Show(
        HttpContext context, Caller caller, Database database, NodePresence presence, Witnessing witnessing, TimeProvider clock, string? said, int status = StatusCodes.Status200OK)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var reader = new HomeReader(connection, presence, now);
        return Pages.Of<HomePage>(
            context,
            new HomeView(
                HomeWords.Of("Title", caller.Name), HomeWords.Of("Now", Amounts.Instant(now)), said, status == StatusCodes.Status200OK,
                caller.Has(Roles.Operator) ? reader.Operator(caller) : null,
                caller.Has(Roles.CapitalBuilder) ? reader.Builder(caller.Name) : null,
                caller.Has(Roles.Lender) ? reader.Lender(caller.Name) : null,
                caller.Has(Roles.Auditor) ? reader.Auditor(witnessing.Standing) : null,
                context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context)),
            status);
    }

    private static async Task<IResult> NoteAsync(HttpContext context, long id, Caller caller, Database database, CareDesk desk, NodePresence presence, Witnessing witnessing, TimeProvider clock)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        CareAnswer answer = await desk.NoteAsync(id, form?["note"].ToString().Trim() ?? "", caller);
        return Show(context, caller, database, presence, witnessing, clock, answer.Problem is { } problem ? $"{problem.Told()} {CareWords.Of("Nothing")}" : CareWords.Of("Note.Done"), answer.Status);
    }
}
