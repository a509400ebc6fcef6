using System.Data.Common;
using System.Globalization;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Care;

/// <summary>The page of tickets and disputes: plain forms over what the API does too.</summary>
internal static class CarePages
{
    private const int Shown = 50;

    /// <summary>GET /care; POST /care/tickets/{id}/notes and /close, /care/disputes/{id}/answer, /nodes/{id}/disputes.</summary>
    public static void MapCarePages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/care", (HttpContext context, Caller caller, Database database, TimeProvider clock, string? tickets = null, string? disputes = null) =>
            Show(context, caller, database, clock, null, StatusCodes.Status200OK, tickets, disputes)).Needs(Access.OwnPart);
        Form(routes, "/care/tickets/{id:long}/notes", "Note.Done", (desk, id, form, caller) => desk.NoteAsync(long.Parse(id, CultureInfo.InvariantCulture), form["note"].ToString().Trim(), caller)).Needs(Roles.Manager | Roles.Operator);
        Form(routes, "/care/tickets/{id:long}/close", "Close.Done", (desk, id, form, caller) => desk.CloseAsync(long.Parse(id, CultureInfo.InvariantCulture), form["closing"].ToString(), form["note"].ToString().Trim(), caller)).Needs(Roles.Manager);
        Form(routes, "/care/disputes/{id:long}/answer", "Answer.Done", (desk, id, form, caller) => desk.AnswerAsync(long.Parse(id, CultureInfo.InvariantCulture), form["outcome"].ToString(), form["answer"].ToString().Trim(), caller)).Needs(Access.WholeFleet);
        Form(routes, "/nodes/{id}/disputes", "Dispute.Done", (desk, id, form, caller) => desk.DisputeAsync(id, long.TryParse(form["reading"], CultureInfo.InvariantCulture, out long reading) ? reading : 0, form["text"].ToString().Trim(), caller)).Needs(Access.OwnPart);
    }

    private static RouteHandlerBuilder Form(IEndpointRouteBuilder routes, string path, string done, Func<CareDesk, string, IFormCollection, Caller, Task<CareAnswer>> work) =>
        routes.MapPost(path, async (HttpContext context, string id, Caller caller, CareDesk desk, Database database, TimeProvider clock) =>
        {
            if (await SignInRoutes.FormAsync(context) is not { } form)
            {
                return Show(context, caller, database, clock, $"{CareWords.Of("NoForm")} {CareWords.Of("Nothing")}", StatusCodes.Status400BadRequest);
            }

            CareAnswer answer = await work(desk, id, form, caller);
            return Show(context, caller, database, clock, answer.Problem is { } problem ? $"{problem.Told()} {CareWords.Of("Nothing")}" : CareWords.Of(done), answer.Status);
        });

    private static IResult Show(HttpContext context, Caller caller, Database database, TimeProvider clock, string? said, int status, string? tickets = null, string? disputes = null)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        string? person = caller.Has(Access.WholeFleet) ? null : caller.Name;
        Paging ofTickets = Paging.Of(tickets, Shown), ofDisputes = Paging.Of(disputes, Shown);
        using DbConnection connection = database.OpenReader();
        Page<TicketRow> open = ofTickets.Of(TicketStore.Open(connection, ofTickets.Rows, person, ofTickets.Numbers(2)), TicketStore.CursorOf);
        Page<DisputeRow> disputed = ofDisputes.Of(DisputeStore.Page(connection, person, ofDisputes.Rows, ofDisputes.Numbers(3)), DisputeStore.CursorOf);
        return Pages.Of<CarePage>(
            context,
            new CareView(
                said, status != StatusCodes.Status200OK, [.. open.Items.Select(row => TicketView.Of(row, caller, now))], [.. disputed.Items.Select(row => DisputeView.Of(row, caller, now))],
                open.Next is { } moreTickets ? $"/care?tickets={Uri.EscapeDataString(moreTickets)}" : null, disputed.Next is { } moreDisputes ? $"/care?disputes={Uri.EscapeDataString(moreDisputes)}#disputes" : null,
                tickets is null && disputes is null, context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context)),
            status);
    }
}
