using System.Globalization;
using DePin.Host;
using DePin.Tools.Api;
using Spectre.Console;

namespace DePin.Tools.Demo;

/// <summary>Shows a running demonstration: a live table in a terminal, one line every few seconds elsewhere.</summary>
internal sealed class DemonstrationView(Demonstration demonstration, TextWriter notices)
{
    private const int SecondsBetweenLines = 5;
    private const int NodesShown = 30;
    private const int WideTerminal = 100;
    private const decimal MicroPerCredit = 1_000_000m;

    private int _looks;

    /// <summary>One line, every few looks.</summary>
    public async Task LineAsync()
    {
        if (_looks++ % SecondsBetweenLines != 0)
        {
            return;
        }

        FleetSummary summary = await demonstration.Api.SummaryAsync(CancellationToken.None);
        FleetTotals totals = demonstration.Fleet.Totals();
        await notices.WriteLineAsync(
            $"{Time()}  {totals.NodesOnline} of {totals.Nodes} nodes online, {summary.BatchesStored} batches, {summary.Readings} readings,"
            + $" {Credits(summary)} credits, {Refused(summary)} refused, {totals.OutboxBatches} under way");
    }

    /// <summary>The table as it stands now.</summary>
    public async Task<Table> TableAsync()
    {
        FleetSummary summary = await demonstration.Api.SummaryAsync(CancellationToken.None);
        Table table = new Table().SimpleBorder().Title($"{Time()}, {demonstration.Clock.Scale:0} times real time   dashboard {demonstration.Backend.Addresses.Http}");
        foreach (string column in new[] { "node", "profile", "link" })
        {
            table.AddColumn(new TableColumn(column).NoWrap().PadLeft(0).PadRight(1));
        }

        foreach (string column in new[] { "battery", "W in", "W out", "outbox", "receipts", "rejects" })
        {
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap().PadLeft(0).PadRight(1));
        }

        IReadOnlyList<NodeSnapshot> nodes = demonstration.Fleet.Look();
        foreach (NodeSnapshot node in nodes.Take(NodesShown))
        {
            table.AddRow(Cells(node));
        }

        return table.Caption(Caption(summary, nodes.Count));
    }

    private static string[] Cells(NodeSnapshot node) =>
    [
        AnsiConsole.Profile.Width < WideTerminal ? node.NodeId[..8] : node.NodeId,
        node.Profile,
        node.IsOnline ? "[green]up[/]" : "[red]down[/]",
        $"{node.BatteryPermille / 10}%",
        Watts(node.HarvestedMilliwatts),
        Watts(node.DeliveredMilliwatts),
        node.OutboxBatches.ToString(CultureInfo.InvariantCulture),
        node.AcknowledgedBatches.ToString(CultureInfo.InvariantCulture),
        node.RejectedMessages.ToString(CultureInfo.InvariantCulture),
    ];

    private string Caption(FleetSummary summary, int nodes)
    {
        string more = nodes > NodesShown ? $"and {nodes - NodesShown} more nodes; " : "";
        string refusals = Refused(summary) == 0 ? "none refused" : "refused: " + string.Join(", ", summary.ReadingsRefused.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key}"));
        string notice = demonstration.Fleet.SkyNotice.Length == 0 ? "" : " " + demonstration.Fleet.SkyNotice;
        return Markup.Escape($"{more}{summary.Readings} readings in {summary.BatchesStored} batches, {refusals}; {Credits(summary)} credits; ledger sum {summary.LedgerSum}. Ctrl-C stops.{notice}");
    }

    private string Time() => demonstration.Clock.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static long Refused(FleetSummary summary) => summary.ReadingsRefused.Values.Sum();

    private static string Credits(FleetSummary summary) => ((decimal)summary.CreditedMicroAmount / MicroPerCredit).ToString("0.000000", CultureInfo.InvariantCulture);

    private static string Watts(int milliwatts) => (milliwatts / 1000.0).ToString("0.0", CultureInfo.InvariantCulture);
}
