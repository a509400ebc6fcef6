using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Web;

/// <summary>The whole fleet in a few figures.</summary>
internal static class SummaryRoutes
{
    /// <summary>GET /api/summary.</summary>
    public static void MapSummary(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/summary", (Database database, NodeDirectory nodes, NodePresence presence, IngestMetrics ingest) =>
        {
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(Summary.Read(connection, nodes, presence, ingest));
        }).ForSignedIn().Does("getSummary", "The whole fleet in a few figures, all of one instant.");
}

/// <summary>
/// The whole fleet in a few figures, all of one instant. Readings are counted by verdict; those stored and not judged yet are
/// readingsWithoutVerdict, so credited, held, refused and these add up to readings.
/// </summary>
internal sealed record Summary(
    int Nodes,
    int NodesOnline,
    long BatchesStored,
    long Readings,
    long ReadingsCredited,
    IReadOnlyDictionary<string, long> ReadingsHeld,
    IReadOnlyDictionary<string, long> ReadingsRefused,
    long ReadingsWithoutVerdict,
    string CreditedMicro,
    string LedgerSum,
    long ReceiptsSent,
    long VerdictBacklog,
    long BatchesForked,
    IReadOnlyDictionary<string, long> MessagesRejected)
{
    public static Summary Read(DbConnection connection, NodeDirectory nodes, NodePresence presence, IngestMetrics ingest)
    {
        using DbTransaction instant = connection.BeginInstant();
        IReadOnlyDictionary<string, long> tallies = TallyStore.All(connection);
        (long batchesWaiting, long readingsWaiting) = TallyStore.Waiting(connection);
        (long sum, long credited) = TallyStore.Balances(connection);
        return new Summary(
            nodes.Count,
            presence.OnlineCount,
            tallies.GetValueOrDefault("batches") + batchesWaiting,
            tallies.GetValueOrDefault("readings") + readingsWaiting,
            tallies.GetValueOrDefault("credited"),
            With(tallies, TallyStore.Held),
            With(tallies, TallyStore.Refused),
            readingsWaiting,
            Transfers.Text(credited),
            Transfers.Text(sum),
            ingest.ReceiptsSealed,
            batchesWaiting,
            TallyStore.Forks(connection),
            ingest.MessagesRejected);
    }

    private static SortedDictionary<string, long> With(IReadOnlyDictionary<string, long> tallies, string prefix) =>
        new(tallies.Where(tally => tally.Key.StartsWith(prefix, StringComparison.Ordinal) && tally.Value != 0)
            .ToDictionary(tally => tally.Key[prefix.Length..], tally => tally.Value, StringComparer.Ordinal), StringComparer.Ordinal);
}
