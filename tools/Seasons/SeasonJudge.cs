using System.Text.Json.Nodes;
using DePin.Tools.Api;

namespace DePin.Tools.Seasons;

/// <summary>Holds the backend's verdicts against what truly was.</summary>
internal static class SeasonJudge
{
    public static async Task<SeasonReport> ReportAsync(IReadOnlyList<SeasonNode> fleet, FleetApi api, int days, int cheatsFromDay, CancellationToken cancellationToken)
    {
        FleetSummary summary = await api.SummaryAsync(cancellationToken);
        var review = (await api.GetAsync("api/review?limit=1000", cancellationToken)).AsObject();
        HashSet<string> listed = [.. review["cases"]!.AsArray().Concat(review["suspensions"]!.AsArray()).Select(open => (string)open!["nodeId"]!)];
        var outcomes = new List<NodeOutcome>();
        foreach (SeasonNode node in fleet)
        {
            outcomes.Add(await OutcomeAsync(node, api, listed.Contains(node.Id.ToString()), cancellationToken));
        }

        double cheatDays = days - cheatsFromDay;
        string[] missed = [.. outcomes.Where(outcome => outcome.Node.Cheat is { LeavesTrace: true } && !outcome.IsCaught).Select(outcome =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{outcome.Node.Cheat!.Kind}, {outcome.Node.Cheat.Dose} {outcome.Node.Cheat.Unit}"))];
        KindRow[] kinds = [.. outcomes.Where(outcome => outcome.Node.Cheat is not null).GroupBy(outcome => outcome.Node.Cheat!.Kind).Select(group => KindRow.Of(group.Key, [.. group], cheatDays, summary))];
        var honest = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var held = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var lapsed = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (NodeOutcome outcome in outcomes)
        {
            Add(honest, outcome.HonestRefused);
            Add(held, outcome.HonestHeld);
            Add(lapsed, outcome.HonestLapsed);
        }

        long readings = outcomes.Sum(outcome => outcome.HonestReadings);
        return new SeasonReport(
            fleet.Count, days, kinds, readings, honest.Values.Sum(), readings == 0 ? 0 : Math.Round(honest.Values.Sum() * 1000.0 / readings, 4), honest, held,
            summary.CreditedMicro, summary.LedgerSum, summary.BatchesStored, summary.MessagesRejected)
        { MissedDoses = missed, HonestLapsedBy = lapsed };
    }

    private static void Add(SortedDictionary<string, long> sums, Dictionary<string, long> more)
    {
        foreach ((string name, long count) in more)
        {
            sums[name] = sums.GetValueOrDefault(name) + count;
        }
    }

    private static async Task<NodeOutcome> OutcomeAsync(SeasonNode node, FleetApi api, bool isListed, CancellationToken cancellationToken)
    {
        var outcome = new NodeOutcome(node, isListed);
        await foreach (JsonNode row in api.ItemsAsync($"api/nodes/{node.Id}/verdicts", cancellationToken))
        {
            outcome.Add(row.AsObject());
        }

        return outcome;
    }
}

/// <summary>What became of a node's readings.</summary>
internal sealed class NodeOutcome(SeasonNode node, bool isListed)
{
    private const long MicroPerMilliwattHour = 50;

    // See the deadline of holds in the backend's README.
    private static readonly HashSet<string> ReleasedByTime = ["Unbalanced", "StuckSensor", "WrongPlace", "FirmwareUnknown"];

    public SeasonNode Node { get; } = node;

    /// <summary>Honest readings stored.</summary>
    public long HonestReadings { get; private set; }

    /// <summary>Honest readings that a rule refused, by name.</summary>
    public Dictionary<string, long> HonestRefused { get; } = [];

    /// <summary>
    /// Honest readings that were held and are refused because nobody decided in time, by name: those of the node that another one copied. Whose
    /// they are, a person has to see; that takes no rule a reading from an honest node, and is counted apart.
    /// </summary>
    public Dictionary<string, long> HonestLapsed { get; } = [];

    /// <summary>Honest readings that wait, or waited and were released, by name.</summary>
    public Dictionary<string, long> HonestHeld { get; } = [];

    public long CheatReadings { get; private set; }

    /// <summary>Cheated readings held or refused, by name; also those that were released because nobody decided.</summary>
    public Dictionary<string, long> CheatStopped { get; } = [];

    /// <summary>Credit for energy that was never delivered from the sun, micro-credits.</summary>
    public long SlippedMicro { get; private set; }

    /// <summary>More of it that is held under names that are released when nobody decides in time.</summary>
    public long UndecidedMicro { get; private set; }

    public bool IsListed { get; } = isListed;

    /// <summary>Whether it was caught: what only repeats must not count, the rest must be noticed.</summary>
    public bool IsCaught => Node.Cheat!.IsIdempotent ? CheatReadings > 0 && SlippedMicro == 0 : IsStopped;

    /// <summary>Whether more of its cheated readings were stopped than one in fifty.</summary>
    private bool IsStopped => CheatStopped.Values.Sum() * 50 > CheatReadings || IsListed;

    public void Add(JsonObject row)
    {
        long first = (long)row["firstReading"]!;
        long last = (long)row["lastReading"]!;
        var stopped = new Dictionary<long, (bool IsRefused, string Name, bool IsLapsed)>();
        var released = new Dictionary<long, string>();
        foreach (JsonNode? run in row["runs"]!.AsArray())
        {
            string outcome = (string)run!["outcome"]!;
            if (outcome == "Held" && ReleasedByTime.Contains((string)run["name"]!))
            {
                IEnumerable<SeasonReading> readings = Enumerable.Range((int)(long)run["first"]!, (int)run["count"]!).Select(sequence => Node.Readings[sequence - 1]);
                UndecidedMicro += readings.Any(reading => reading.IsCheat) ? Math.Max(0, (long)run["uncreditedMilliwattHours"]! - readings.Sum(reading => reading.TrueDelivered)) * MicroPerMilliwattHour : 0;
            }

            for (long i = 0; i < (long)run["count"]!; i++)
            {
                if (outcome == "Credited")
                {
                    // A part may be left away of readings that nobody held.
                    if (run["decision"] is not null)
                    {
                        released[(long)run["first"]! + i] = (string)run["name"]!;
                    }

                    continue;
                }

                stopped[(long)run["first"]! + i] = (outcome == "Refused", (string)run["name"]!, run["decision"] is not null);
            }
        }

        long truly = 0;
        bool isAnyCheat = false;
        for (long sequence = first; sequence <= last; sequence++)
        {
            SeasonReading reading = Node.Readings[(int)sequence - 1];
            isAnyCheat |= reading.IsCheat;
            (CheatReadings, HonestReadings) = reading.IsCheat ? (CheatReadings + 1, HonestReadings) : (CheatReadings, HonestReadings + 1);
            if (!stopped.TryGetValue(sequence, out (bool IsRefused, string Name, bool IsLapsed) why))
            {
                truly += reading.TrueDelivered;
                if (released.TryGetValue(sequence, out string? name))
                {
                    Dictionary<string, long> noticed = reading.IsCheat ? CheatStopped : HonestHeld;
                    noticed[name] = noticed.GetValueOrDefault(name) + 1;
                }

                continue;
            }

            Dictionary<string, long> into = reading.IsCheat ? CheatStopped : !why.IsRefused ? HonestHeld : why.IsLapsed && why.Name == "Suspended" ? HonestLapsed : HonestRefused;
            into[why.Name] = into.GetValueOrDefault(why.Name) + 1;
        }

        if (isAnyCheat)
        {
            SlippedMicro += Math.Max(0, (long)row["creditableMilliwattHours"]! - truly) * MicroPerMilliwattHour;
        }
    }
}
