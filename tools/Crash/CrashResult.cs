using System.Text.Json;

namespace DePin.Tools.Crash;

/// <summary>How often, with whom, and where.</summary>
internal sealed record CrashOptions(int Kills, int Lamps, int Nodes, string Folder);

/// <summary>What was found after the last start.</summary>
/// <param name="Kills">Times the backend was killed.</param>
/// <param name="LeastUnderWay">Batches under way at the kill with the fewest.</param>
/// <param name="Acknowledged">Batches whose receipt came to their node, by the nodes' own files.</param>
/// <param name="Stored">Batches stored.</param>
/// <param name="Lost">Acknowledged and not stored.</param>
/// <param name="Doubled">Acknowledged and stored more than once.</param>
/// <param name="Chains">Nodes.</param>
/// <param name="BrokenChains">Of which have a batch that does not follow the one before.</param>
/// <param name="ReadingsWithoutVerdict">Stored readings that nobody judged.</param>
/// <param name="LedgerSum">Sum over all accounts.</param>
internal sealed record CrashResult(
    int Kills,
    int LeastUnderWay,
    int Acknowledged,
    int Stored,
    int Lost,
    int Doubled,
    int Chains,
    int BrokenChains,
    long ReadingsWithoutVerdict,
    string LedgerSum)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Whether every promise was kept.</summary>
    public bool IsSound => Lost == 0 && Doubled == 0 && BrokenChains == 0 && ReadingsWithoutVerdict == 0 && LedgerSum == "0" && Acknowledged > 0;

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public override string ToString() =>
        $"""
        killed {Kills} times with at least {LeastUnderWay} batches under way
        {Acknowledged} batches were acknowledged, {Stored} are stored: {Lost} lost, {Doubled} doubled
        {Chains} chains, {BrokenChains} broken; {ReadingsWithoutVerdict} readings without a verdict; all accounts add up to {LedgerSum}
        {(IsSound ? "Every promise was kept." : "A promise was broken.")}
        """;
}
