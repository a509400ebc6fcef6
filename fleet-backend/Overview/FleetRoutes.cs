using System.Data.Common;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Overview;

/// <summary>The fleet page and what its map and plots ask for.</summary>
internal static class FleetRoutes
{
    private const long SecondsPerHour = 3600, SecondsPerDay = 86_400;
    private const int MostHours = 31 * 24, MostDays = 3660;
    private const int LeastZoom = 1, MostZoom = 18;

    // At zoom 0 the world is 256 pixels wide; a cell is some 64 pixels at every zoom.
    private const double CellDegreesAtZoom0 = 90;
    private const int MostCells = 64;

    /// <summary>GET /fleet, /fleet/map and /fleet/energy.</summary>
    public static void MapFleet(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/fleet", Show).Needs(Access.WholeFleet);
        routes.MapGet("/fleet/map", Map).Needs(Access.WholeFleet);
        routes.MapGet("/fleet/energy", Energy).Needs(Access.WholeFleet);
    }

    /// <summary>The span that a plot is made of, and from when on; null where no such thing is asked for.</summary>
    internal static (long SpanSeconds, long FromUnixSeconds)? Window(string by, int count, long nowUnixSeconds) => by switch
    {
        "hour" when count is > 0 and <= MostHours => (SecondsPerHour, nowUnixSeconds - (count * SecondsPerHour)),
        "day" when count is > 0 and <= MostDays => (SecondsPerDay, nowUnixSeconds - (count * SecondsPerDay)),
        _ => null,
    };

    /// <summary>What is said where a plot of something else is asked for.</summary>
    internal static ProblemHttpResult NoWindow() => TypedResults.Problem($"by is hour, with a count from 1 to {MostHours}, or day, with a count from 1 to {MostDays}.", statusCode: StatusCodes.Status400BadRequest);

    private static IResult Show(HttpContext context, Database database, NodeDirectory nodes, NodePresence presence, MapSettings map, TimeProvider clock)
    {
        (FleetFilter filter, string? problem) = FleetFilter.Of(context.Request.Query);
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return Pages.Of<FleetPage>(
            context, FleetView.Read(connection, filter, problem, nodes, presence, map, clock.GetUtcNow().ToUnixTimeMilliseconds()), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static Results<Ok<IReadOnlyList<MapCell>>, ProblemHttpResult> Map(Database database, string area, int zoom)
    {
        if (FleetFilter.AreaOf(area) is not { } asked || zoom is < LeastZoom or > MostZoom)
        {
            return TypedResults.Problem($"area is south,west,north,east in degrees, and zoom a number from {LeastZoom} to {MostZoom}.", statusCode: StatusCodes.Status400BadRequest);
        }

        // However large the screen is: no more cells than this from edge to edge.
        double cell = Math.Max(CellDegreesAtZoom0 / Math.Pow(2, zoom), Math.Max(asked.North - asked.South, asked.East - asked.West) / MostCells);
        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(OverviewStore.Cells(connection, asked, cell));
    }

    private static Results<Ok<EnergyView>, ProblemHttpResult> Energy(Database database, TimeProvider clock, string by = "hour", int count = 168)
    {
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (Window(by, count, now) is not (var seconds, var from))
        {
            return NoWindow();
        }

        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(EnergyView.OfFleet(
            seconds == SecondsPerHour ? EnergyStore.FleetHours(connection, from, now) : EnergyStore.FleetDays(connection, from, now), EnergyStore.Pairings(connection), seconds, now));
    }
}
