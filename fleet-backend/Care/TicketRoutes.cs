using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Care;

/// <summary>Tickets over the API.</summary>
public static class TicketRoutes
{
    /// <summary>GET /api/tickets; POST /api/tickets/{id}/notes, /close.</summary>
    public static void MapTickets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/tickets", List).Needs(Access.OwnPart).Does("listTickets", "Open tickets, the next due first.");
        routes.MapPost("/api/tickets/{id:long}/notes", NoteAsync).Needs(Roles.Manager | Roles.Operator).Does("noteOnTicket", "Writes something down beside an open ticket.");
        routes.MapPost("/api/tickets/{id:long}/close", CloseAsync).Needs(Roles.Manager).Does("closeTicket", "Closes a ticket with a word and a note.");
    }

    private static Ok<Page<TicketRow>> List(Caller caller, Database database, string? cursor = null, int limit = 100)
    {
        var paging = Paging.Of(cursor, limit);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(
            TicketStore.Open(connection, paging.Rows, caller.Has(Access.WholeFleet) ? null : caller.Name, paging.Numbers(2)), TicketStore.CursorOf));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> NoteAsync(long id, NoteRequest request, Caller caller, CareDesk desk) => Answer(await desk.NoteAsync(id, request.Note, caller));

    private static async Task<Results<NoContent, ProblemHttpResult>> CloseAsync(long id, CloseTicketRequest request, Caller caller, CareDesk desk) =>
        Answer(await desk.CloseAsync(id, request.Closing, request.Note, caller));

    private static Results<NoContent, ProblemHttpResult> Answer(CareAnswer answer) =>
        answer.Problem is null ? TypedResults.NoContent() : TypedResults.Problem($"{answer.Problem} Nothing was changed.", statusCode: answer.Status);
}

/// <summary>What somebody writes down beside an open ticket.</summary>
public sealed record NoteRequest(string Note);

/// <summary>Why a ticket is closed: repaired, replaced, false alarm, not reachable or other, and in words.</summary>
public sealed record CloseTicketRequest(string Closing, string Note);
