using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Care;

/// <summary>Tickets over the API.</summary>
public static class TicketRoutes
{
    private const int MaxPage = 1000;

    /// <summary>GET /api/tickets, POST /api/tickets/{id}/close.</summary>
    public static void MapTickets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/tickets", List).Needs(Access.WholeFleet);
        routes.MapPost("/api/tickets/{id:long}/close", CloseAsync).Needs(Roles.Manager);
    }

    private static Results<Ok<IReadOnlyList<TicketRow>>, ProblemHttpResult> List(Database database, int limit = 200)
    {
        if (limit is < 1 or > MaxPage)
        {
            return TypedResults.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400);
        }

        using SqliteConnection connection = database.OpenReader();
        return TypedResults.Ok(TicketStore.Open(connection, limit));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CloseAsync(long id, LiftRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (ReviewRoutes.Wrong(request.Reason) is { } wrong)
        {
            return TypedResults.Problem($"{wrong} Nothing was changed.", statusCode: 400);
        }

        bool wasOpen = await writer.RunAsync(connection => TicketStore.Close(connection, id, caller.Name, request.Reason, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return wasOpen ? TypedResults.NoContent() : TypedResults.Problem($"There is no open ticket {id}.", statusCode: 404);
    }
}
