using System.Data.Common;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Api;

/// <summary>Who wrote what, for administrators and auditors.</summary>
internal static class WriteRoutes
{
    /// <summary>GET /api/audit/writes.</summary>
    public static void MapWrites(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit/writes", Ok<Page<WriteView>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(WriteStore.Page(connection, paging.Before, paging.Rows), row => row.N));
        }).Needs(Roles.Administrator | Roles.Auditor).Does("listWrites", "Every write that somebody asked for, newest first: who, by which token, what, and how it ended.");
}
