using System.Data.Common;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Host;

namespace DePin.Fleet.Web;

/// <summary>The first page.</summary>
internal static class PageRoutes
{
    private const int NodesShown = 60;
    private const int NotCreditedShown = 12;
    private const long SecondsPerQuarter = 900, QuartersShown = 200;

    /// <summary>GET /.</summary>
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext context, Database database, NodeDirectory nodes, NodePresence presence, IngestMetrics ingest, TimeProvider clock) =>
        {
            using DbConnection connection = database.OpenReader();
            return PageShell.Of(context, "DePin for Impact", DashboardPage.Render(View(connection, nodes, presence, ingest, clock), Caller.Of(context.User)), script: "refresh.js");
        }).ForEveryone();
    }

    private static DashboardView View(DbConnection connection, NodeDirectory nodes, NodePresence presence, IngestMetrics ingest, TimeProvider clock)
    {
        DateTimeOffset now = clock.GetUtcNow();
        long quarter = now.ToUnixTimeSeconds() / SecondsPerQuarter;
        return new DashboardView(
            now,
            (clock as ScaledClock)?.Scale,
            Summary.Read(connection, nodes, presence, ingest),
            TallyStore.Energy(connection, quarter - QuartersShown, quarter),
            StatementStore.LastNotCredited(connection, NotCreditedShown),
            [.. NodeStore.Page(connection, "", NodesShown).Select(row => new DashboardNode(
                row.NodeId, Profile.ByNumber[(int)row.Profile].Name, row.Place ?? "", row.Operator ?? WebWords.Of("Dashboard.Nobody"), presence.Find(row.NodeId), row.SuspendedReason))]);
    }
}
