using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tools.Crash;

/// <summary>What nodes were promised by receipts, held against what is stored.</summary>
/// <param name="Acknowledged">Batches whose receipt came to their node, by the nodes' own files.</param>
/// <param name="Stored">Batches stored.</param>
/// <param name="Lost">Acknowledged and not stored.</param>
/// <param name="Doubled">Acknowledged and stored more than once.</param>
/// <param name="Chains">Nodes.</param>
/// <param name="BrokenChains">Of which have a batch that does not follow the one before.</param>
/// <param name="ReadingsWithoutVerdict">Stored readings that nobody judged.</param>
/// <param name="LedgerSum">Sum over all accounts.</param>
internal sealed record Promises(int Acknowledged, int Stored, int Lost, int Doubled, int Chains, int BrokenChains, long ReadingsWithoutVerdict, string LedgerSum)
{
    private static readonly TimeSpan JudgedLimit = TimeSpan.FromSeconds(60);

    /// <summary>Whether every one was kept.</summary>
    public bool AreKept => Lost == 0 && Doubled == 0 && BrokenChains == 0 && ReadingsWithoutVerdict == 0 && LedgerSum == "0" && Acknowledged > 0;

    /// <summary>Reads everything that is stored, once all of it is judged.</summary>
    /// <param name="api">The backend.</param>
    /// <param name="nodes">Ids of all nodes.</param>
    /// <param name="logs">The nodes' own files of what was acknowledged.</param>
    /// <param name="notices">Gets a line for each broken chain.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">Readings stay without a verdict.</exception>
    public static async Task<Promises> FindAsync(FleetApi api, IReadOnlyList<string> nodes, IEnumerable<string> logs, TextWriter notices, CancellationToken cancellationToken)
    {
        FleetSummary summary = await api.SummaryAsync(cancellationToken);
        await Waiting.UntilAsync(
            async () => (summary = await api.SummaryAsync(cancellationToken)) is { VerdictBacklog: 0, ReadingsWithoutVerdict: 0 }, JudgedLimit, "readings without a verdict", cancellationToken);
        var stored = new List<string>();
        int broken = 0;
        foreach (string node in nodes)
        {
            var chain = new StoredChain(node);
            await chain.ReadAsync(api, taken: null, cancellationToken);
            stored.AddRange(chain.Hashes.Select(hash => $"{node} {hash}"));
            if (chain.Break is { } text)
            {
                broken++;
                await notices.WriteLineAsync($"{node}: {text}");
            }
        }

        Dictionary<string, int> counts = stored.CountBy(line => line).ToDictionary();
        string[] promised = [.. logs.SelectMany(ReadLog).Distinct()];
        return new Promises(
            promised.Length, stored.Count, promised.Count(line => !counts.ContainsKey(line)), promised.Count(line => counts.GetValueOrDefault(line) > 1), nodes.Count, broken, summary.ReadingsWithoutVerdict, summary.LedgerSum);
    }

    public override string ToString() =>
        $"""
        {Acknowledged} batches were acknowledged, {Stored} are stored: {Lost} lost, {Doubled} doubled
        {Chains} chains, {BrokenChains} broken; {ReadingsWithoutVerdict} readings without a verdict; all accounts add up to {LedgerSum}
        """;

    // "node sequence hash" becomes "node hash".
    private static IEnumerable<string> ReadLog(string path) => File.ReadLines(path).Select(line => line.Split(' ')).Select(parts => $"{parts[0]} {parts[2]}");
}
