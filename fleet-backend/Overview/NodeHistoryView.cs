using System.Data.Common;
using System.Globalization;
using DePin.Fleet.Care;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Updates;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Overview;

/// <summary>What became of some readings of a batch.</summary>
public sealed record StripRun(string Shade, string Words, string Readings, string Why, string Figures, string Cure);

/// <summary>A batch in the strip of verdicts.</summary>
/// <param name="Id">Names it on the page.</param>
/// <param name="Shade">Class of the style sheet.</param>
/// <param name="Sign">One letter, so that nothing is said by colour alone.</param>
/// <param name="Words">When it was measured, and what became of it.</param>
/// <param name="Runs">What was not simply credited; none where all was.</param>
/// <param name="Address">Where its readings stand.</param>
public sealed record StripBatch(string Id, string Shade, string Sign, string Words, IReadOnlyList<StripRun> Runs, string Address);

/// <summary>A line of a table with up to four cells, and where it leads.</summary>
public sealed record HistoryLine(string First, string Second, string Third, string Fourth, string? Address = null);

/// <summary>What a node did: how it stands, its energy, its verdicts, its chain, tickets and updates.</summary>
public sealed record NodeHistoryView(
    string NodeId, bool SeesHours, IReadOnlyList<Mark> Marks, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<StripBatch> Strip, string Chain, IReadOnlyList<HistoryLine> Gaps,
    IReadOnlyList<HistoryLine> Batches, IReadOnlyList<HistoryLine> Tickets, IReadOnlyList<HistoryLine> Updates)
{
    private const int BatchesInStrip = 168, BatchesShown = 12, GapsShown = 20, TicketsShown = 20, UpdatesShown = 10;

    /// <summary>Reads it all.</summary>
    internal static NodeHistoryView Read(DbConnection connection, NodeRow node, Caller caller, long now)
    {
        OverviewRow row = OverviewStore.Find(connection, node.RowId) ?? throw new InvalidDataException($"node {node.NodeId} has no line");
        bool seesHours = NodeHistoryRoutes.SeesHours(caller, node);
        return new NodeHistoryView(
            node.NodeId, seesHours, Mark.Of(row, now), FactsOf(connection, row, now),
            [.. StatementStore.LastVerdicts(connection, node.NodeId, long.MaxValue, BatchesInStrip).Reverse().Select(StripOf)],
            ChainOf(connection, node.RowId),
            [.. BatchStore.Gaps(connection, node.RowId, GapsShown).Select(gap => new HistoryLine(OverviewWords.Of("Gap.Readings", gap.From, gap.To), OverviewWords.Of($"Gap.Reason.{gap.Reason}"), Instant(gap.ClosedUnixMilliseconds), ""))],
            seesHours ? [.. BatchStore.Last(connection, node.RowId, BatchesShown).Select(batch => BatchOf(node.NodeId, batch))] : [],
            [.. TicketStore.OfNode(connection, node.RowId, TicketsShown).Select(ticket => TicketOf(ticket, now))],
            [.. RolloutNodeStore.OfNode(connection, node.RowId, UpdatesShown).Select(update => UpdateOf(update, caller))]);
    }

    /// <summary>A moment as people read it.</summary>
    internal static string Instant(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static List<(string, string)> FactsOf(DbConnection connection, OverviewRow row, long now)
    {
        FirmwareRow? firmware = row.Firmware.Length == 0 ? null : FirmwareStore.Find(connection, row.Firmware);
        return
        [
            (OverviewWords.Of("Fact.Heard"), row.HeardUnixMilliseconds == 0 ? OverviewWords.Of("Fact.Never") : $"{OverviewWords.Ago(row.HeardUnixMilliseconds, now)} ({Instant(row.HeardUnixMilliseconds)})"),
            (OverviewWords.Of("List.Battery"), row.BatteryPermille is { } permille ? OverviewWords.Of("Percent", permille / 10) : "–"),
            (OverviewWords.Of("List.Firmware"), row.Firmware.Length == 0 ? "–" : firmware is null ? row.Firmware : $"{firmware.Name} ({row.Firmware}){(firmware.RecalledUnixMilliseconds is null ? "" : ", " + OverviewWords.Of("Fact.Recalled"))}"),
        ];
    }

    private static StripBatch StripOf(VerdictRow row)
    {
        (string shade, string sign) = row.Refused > 0 ? ("refused", "✕") : row.Held > 0 ? ("held", "◐") : ("on", "✓");
        string when = row.OpenedUnixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(row.OpenedUnixSeconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "–";
        string words = string.Join(", ", ((string, long)[])[("Credited", row.Credited), ("Held", row.Held), ("Refused", row.Refused)] is var parts
            ? parts.Where(part => part.Item2 > 0).Select(part => OverviewWords.Of($"Strip.{part.Item1}", part.Item2)) : []);
        return new StripBatch(
            $"b{row.Batch}", shade, sign, $"{when}: {words}",
            [.. row.Runs.Where(run => run.Outcome != Outcome.Credited || run.Decision is not null).Select(RunOf)],
            $"/nodes/{row.NodeId}/readings?reading={row.LastReading}");
    }

    private static StripRun RunOf(VerdictRun run) => new(
        run.Outcome switch { Outcome.Held => "held", Outcome.Refused => "refused", _ => "on" },
        $"{OverviewWords.Of($"Outcome.{run.Outcome}")}: {run.Name}",
        run.Count == 1 ? OverviewWords.Of("Strip.Reading", run.First) : OverviewWords.Of("Strip.Readings", run.First, run.First + run.Count - 1),
        Cure.Meaning(run.Name),
        run.Figures ?? "",
        run.Decision ?? Cure.Of(run.Name));

    private static string ChainOf(DbConnection connection, long node)
    {
        (long next, byte[] head)? chain = BatchStore.Chain(connection, node);
        long forks = BatchStore.Forks(connection, node);
        return (chain is null || chain.Value.next <= 1 ? OverviewWords.Of("Chain.Empty") : OverviewWords.Of("Chain.Stands", chain.Value.next - 1, Convert.ToHexStringLower(chain.Value.head)))
            + (forks > 0 ? " " + OverviewWords.Of("Chain.Forks", forks) : "");
    }

    private static HistoryLine BatchOf(string nodeId, BatchRow batch) => new(
        OverviewWords.Of("Strip.Readings", batch.Sequence, batch.NextSequence - 1), Instant(batch.ArrivedMs), batch.Archive is { } archive ? OverviewWords.Of("Batch.Archived", archive) : OverviewWords.Of("Batch.Bytes", batch.MessageBytes), Convert.ToHexStringLower(batch.PayloadHash)[..16],
        batch.Archive is null ? $"/nodes/{nodeId}/batches/{batch.Sequence}" : null);

    private static HistoryLine TicketOf(NodeTicket ticket, long now) => new(
        OverviewWords.Of($"Ticket.{ticket.Cause.Replace(' ', '-')}"),
        TicketFacts.Read(ticket.Facts),
        ticket.ClosedUnixMilliseconds is { } closed ? OverviewWords.Of("Ticket.Closed", Instant(closed), ticket.ClosedBy, ticket.Closing)
            : ticket.DueUnixMilliseconds < now ? OverviewWords.Of("Ticket.Overdue", Instant(ticket.DueUnixMilliseconds)) : OverviewWords.Of("Ticket.Due", Instant(ticket.DueUnixMilliseconds)),
        ticket.Owner);

    private static HistoryLine UpdateOf(NodeUpdate update, Caller caller) => new(
        update.Release, update.Rollout, OverviewWords.Of("Update.State", update.State, update.Attempt), update.At is { } at ? Instant(at) : "–", caller.Has(Access.WholeFleet) ? $"/rollouts/{update.Id}" : null);
}
