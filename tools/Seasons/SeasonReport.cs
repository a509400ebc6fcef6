using System.Globalization;
using System.Text;
using DePin.Tools.Api;

namespace DePin.Tools.Seasons;

/// <summary>A season in figures.</summary>
internal sealed record SeasonReport(
    int Nodes, int Days, IReadOnlyList<KindRow> Kinds, long HonestReadings, long HonestRefused, double HonestRefusedPermille, IReadOnlyDictionary<string, long> HonestRefusedBy,
    IReadOnlyDictionary<string, long> HonestHeldBy, string CreditedMicro, string LedgerSum, long BatchesStored, IReadOnlyDictionary<string, long> MessagesRejected)
{
    /// <summary>Differences that rebuilding found before anything was edited: none.</summary>
    public long RebuildDifferences { get; init; } = -1;

    // Slow rules need their week before they speak, and a place three clear days.
    private const int DaysForSlowRules = 30;

    /// <summary>Honest readings of nodes that others copied, refused since nobody decided within the hold's time.</summary>
    public IReadOnlyDictionary<string, long> HonestLapsedBy { get; init; } = new Dictionary<string, long>();

    /// <summary>Doses that leave a trace and were not caught.</summary>
    public IReadOnlyList<string> MissedDoses { get; init; } = [];

    /// <summary>Those doses, and kinds of which not even the largest dose was caught; what only slow rules can see counts in long seasons.</summary>
    public IEnumerable<string> Missed => MissedDoses.Concat(Kinds.Where(kind => !kind.IsLargestCaught && (!kind.IsGradual || Days >= DaysForSlowRules)).Select(kind => kind.Kind));

    /// <summary>The same with what was found after the backend had stopped.</summary>
    public SeasonReport With(long rebuildDifferences, IReadOnlyList<(string Dose, bool IsNamed)> edits)
    {
        string named = string.Join(", ", edits.Where(edit => edit.IsNamed).Select(edit => edit.Dose));
        return this with
        {
            RebuildDifferences = rebuildDifferences,
            MissedDoses = [.. MissedDoses, .. edits.Where(edit => !edit.IsNamed).Select(edit => $"edited database row, {edit.Dose}")],
            Kinds = [.. Kinds, new KindRow("edited database row", edits.Count, edits.Count(edit => edit.IsNamed), edits.All(edit => edit.IsNamed), $"1 byte: {named}", "1 byte", 0, 0, 0, named.Length > 0 ? "rebuild --check" : "", IsGradual: false)],
        };
    }

    /// <summary>A table for people.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"kind",-42} {"caught",7}  {"smallest dose caught",-40} {"slipped/node/day",17} {"of cap",7} {"undecided",9}  how");
        foreach (KindRow kind in Kinds)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{kind.Kind,-42} {kind.Caught,3}/{kind.Nodes,-3}  {kind.SmallestCaught,-40} {kind.SlippedMicroPerNodeDay,17:N0} {kind.SlippedOfCap,7:P1} {kind.UndecidedOfCap,9:P1}  {kind.How}");
        }

        text.AppendLine();
        if (Missed.Any())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"MISSED: {string.Join("; ", Missed)}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"{HonestReadings:N0} honest readings: {HonestRefused:N0} refused, {HonestRefusedPermille} in a thousand; {string.Join(", ", HonestRefusedBy.Select(pair => $"{pair.Key} {pair.Value}"))}");
        text.AppendLine(CultureInfo.InvariantCulture, $"beside them, of nodes that others copied and over which nobody decided in time: {string.Join(", ", HonestLapsedBy.Select(pair => $"{pair.Key} {pair.Value}"))}");
        text.AppendLine(CultureInfo.InvariantCulture, $"held of them, most released by now: {string.Join(", ", HonestHeldBy.Select(pair => $"{pair.Key} {pair.Value}"))}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{BatchesStored:N0} batches stored, {CreditedMicro} micro-credits, ledger sum {LedgerSum}; rebuilding found {RebuildDifferences} differences before the edit");
        return text.ToString();
    }
}

/// <summary>One kind of cheat over all its doses.</summary>
/// <param name="Kind">Name.</param>
/// <param name="Nodes">Nodes that tried it, one for each dose.</param>
/// <param name="Caught">How many of them were caught.</param>
/// <param name="IsLargestCaught">Whether the largest dose was.</param>
/// <param name="SmallestCaught">The smallest dose that was.</param>
/// <param name="SmallestTried">The smallest dose that was tried.</param>
/// <param name="SlippedMicroPerNodeDay">Credit for nothing, for a node and day, in the mean of all doses.</param>
/// <param name="SlippedOfCap">The same as a part of what the profile's daily cap is worth.</param>
/// <param name="UndecidedOfCap">What more would have slipped, had the season been two weeks longer: it waits, and time releases it. As the same part.</param>
/// <param name="How">Names under which its readings were held or refused, most frequent first.</param>
/// <param name="IsGradual">Whether physics cannot tell a small dose from use.</param>
internal sealed record KindRow(
    string Kind, int Nodes, int Caught, bool IsLargestCaught, string SmallestCaught, string SmallestTried, long SlippedMicroPerNodeDay, double SlippedOfCap, double UndecidedOfCap, string How, bool IsGradual)
{
    private const double MicroPerMilliwattHour = 50;

    public static KindRow Of(string kind, IReadOnlyList<NodeOutcome> nodes, double cheatDays, FleetSummary summary)
    {
        Cheat first = nodes[0].Node.Cheat!;
        double Size(NodeOutcome node) => Math.Abs(node.Node.Cheat!.Dose);
        string Dose(NodeOutcome? node) => node is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{node.Node.Cheat!.Dose} {node.Node.Cheat.Unit}");
        NodeOutcome[] caught = [.. nodes.Where(node => node.IsCaught)];
        string how = string.Join(", ", nodes.SelectMany(node => node.CheatStopped).GroupBy(pair => pair.Key).OrderByDescending(group => group.Sum(pair => pair.Value)).Take(3).Select(group => group.Key));
        long rejected = first.Kind.StartsWith("flipped", StringComparison.Ordinal) ? summary.MessagesRejected.GetValueOrDefault("badSignature") : 0;
        double cap = nodes[0].Node.Profile.CreditableMilliwattHoursPerDay * MicroPerMilliwattHour;
        double slipped = nodes.Sum(node => node.SlippedMicro) / cheatDays / nodes.Count;
        return new KindRow(
            kind, nodes.Count, caught.Length, nodes.MaxBy(Size)!.IsCaught, Dose(caught.MinBy(Size)), Dose(nodes.MinBy(Size)), (long)slipped, Math.Round(slipped / cap, 4), Math.Round(nodes.Sum(node => node.UndecidedMicro) / cheatDays / nodes.Count / cap, 4),
            how.Length > 0 ? how : rejected > 0 ? $"{rejected} rejects" : first.IsIdempotent ? "not stored twice" : nodes.Any(node => node.IsListed) ? "review" : "", first.IsGradual);
    }
}
