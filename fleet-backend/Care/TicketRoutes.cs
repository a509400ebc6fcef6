using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Care;

/// <summary>Tickets over the API.</summary>
public static class TicketRoutes
{
    private const int MostNotes = 200;

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
        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(paging.Of(
            TicketStore.Open(connection, paging.Rows, caller.Has(Access.WholeFleet) ? null : caller.Name, paging.Numbers(2)), row => $"{row.DueUnixMilliseconds}|{row.Id}"));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> NoteAsync(long id, NoteRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (ReviewRoutes.Wrong(request.Note) is not null)
        {
            return TypedResults.Problem("note must have 1 to 500 printable characters. Nothing was changed.", statusCode: 400);
        }

        string? person = caller.Has(Access.WholeFleet) ? null : caller.Name;
        bool isNoted = await writer.RunAsync(connection => TicketStore.Note(connection, id, person, caller.Name, request.Note, MostNotes, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return isNoted ? TypedResults.NoContent() : TypedResults.Problem($"There is no open ticket {id} of yours with room for a note ({MostNotes} at most). Nothing was changed.", statusCode: 404);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CloseAsync(long id, CloseTicketRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (ReviewRoutes.Wrong(request.Note) is not null || !TicketStore.Closings.Contains(request.Closing))
        {
            return TypedResults.Problem($"closing must be one of {string.Join(", ", TicketStore.Closings)}, and note have 1 to 500 printable characters. Nothing was changed.", statusCode: 400);
        }

        bool wasOpen = await writer.RunAsync(connection => TicketStore.Close(connection, id, request.Closing, caller.Name, request.Note, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return wasOpen ? TypedResults.NoContent() : TypedResults.Problem($"There is no open ticket {id}.", statusCode: 404);
    }
}

/// <summary>What somebody writes down beside an open ticket.</summary>
public sealed record NoteRequest(string Note);

/// <summary>Why a ticket is closed: repaired, replaced, false alarm, not reachable or other, and in words.</summary>
public sealed record CloseTicketRequest(string Closing, string Note);
