using System.Text.Json.Nodes;
using DePin.Host;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Updates;

/// <summary>How a fleet is after a case: who is lost, whose chain is broken, whose credit is wrong.</summary>
/// <param name="Lost">Ids of nodes that are away, or measured or sent nothing since.</param>
/// <param name="Broken">Chains with a break, in words.</param>
/// <param name="WrongCredits">Nodes whose credit is not what follows from what they signed, in words.</param>
/// <param name="Batches">Batches that were read byte for byte so far.</param>
/// <param name="SignedMilliwattHours">Energy that all nodes signed so far.</param>
/// <param name="CreditedMilliwattHours">Energy of it that earned.</param>
/// <param name="Summary">The backend's own figures.</param>
internal sealed record FleetState(
    IReadOnlyList<string> Lost, IReadOnlyList<string> Broken, IReadOnlyList<string> WrongCredits, long Batches, long SignedMilliwattHours, long CreditedMilliwattHours, FleetSummary Summary)
{
    private const int ReadersAtOnce = 4;

    // What is measured and not signed yet: readings of an hour, and what the backend has not got.
    private const long UnsentHours = 3;

    /// <summary>Reads all chains and all verdicts.</summary>
    /// <param name="books">Of each node; they remember what was read before.</param>
    /// <param name="fleet">The fleet.</param>
    /// <param name="lost">Nodes that are lost.</param>
    /// <param name="liars">Nodes that ran firmware which tells more than it delivers: no word of theirs about energy is held against the hardware.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<FleetState> ReadAsync(IReadOnlyList<NodeBooks> books, UpdateFleet fleet, IReadOnlyList<string> lost, IReadOnlySet<string> liars, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(books, options, async (one, token) => await one.ReadAsync(fleet.Api, token));
        IEnumerable<string> wrong = books.Where(one => one.Wrong is not null).Select(one => $"{one.Chain.NodeId}: {one.Wrong}");
        IEnumerable<string> untrue = books.Where((one, i) => !liars.Contains(one.Chain.NodeId) && !IsTrue(one, fleet.Nodes[i]))
            .Select(one => $"{one.Chain.NodeId} delivered {one.TrueMilliwattHours} mWh and signed {one.SignedMilliwattHours}");
        return new FleetState(
            lost, [.. books.Where(one => one.Chain.Break is not null).Select(one => $"{one.Chain.NodeId}: {one.Chain.Break}")], [.. wrong, .. untrue], books.Sum(one => (long)one.Chain.Hashes.Count),
            books.Sum(one => one.SignedMilliwattHours), books.Sum(one => one.CreditedMilliwattHours), await fleet.Api.SummaryAsync(cancellationToken));
    }

    /// <summary>Judges and credits everything again, by the backend's own program beside it; what it found otherwise, none where all is right.</summary>
    public static async Task<IReadOnlyList<string>> RebuildAsync(string dataFolder, CancellationToken cancellationToken)
    {
        JsonNode report = await OfflineBackend.RunAsync(["rebuild", "--data", dataFolder], TextWriter.Null, cancellationToken);
        return [.. report["differences"]!.AsArray().Select(difference => difference!.ToString())];
    }

    // Readings are whole mWh of rounded-down totals, so what was signed is never above what was delivered.
    private static bool IsTrue(NodeBooks books, VirtualNode node)
    {
        long unsent = UnsentHours * Profile.Named(node.Registration.Profile).OutputMilliwatts;
        return books.SignedMilliwattHours <= books.TrueMilliwattHours && books.SignedMilliwattHours >= books.TrueMilliwattHours - unsent;
    }
}
