using System.Globalization;
using System.Net;
using System.Text;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Web;

/// <summary>What the first page shows.</summary>
internal sealed record DashboardView(
    DateTimeOffset Now, double? TimeScale, Summary Summary, IReadOnlyList<EnergyQuarter> Energy, IReadOnlyList<VerdictRow> NotCredited, IReadOnlyList<DashboardNode> Nodes);

/// <summary>A node's line on the first page.</summary>
internal sealed record DashboardNode(string NodeId, string Profile, string Place, string Operator, NodeStanding? Standing, string? SuspendedReason);

/// <summary>The first page: is the fleet well, what did it deliver, what was credited, and why not. Everything is encoded on its way in.</summary>
internal static class DashboardPage
{
    private const long SecondsPerQuarter = 900, QuartersPerDay = 96;
    private const int RunsShown = 12, RefreshSeconds = 5;

    public static string Render(DashboardView view, Caller? caller)
    {
        long quarter = view.Now.ToUnixTimeSeconds() / SecondsPerQuarter;
        long today = quarter - quarter % QuartersPerDay;
        long delivered = view.Energy.Where(part => part.Quarter >= today).Sum(part => part.DeliveredMilliwattHours);
        long harvested = view.Energy.Where(part => part.Quarter >= today).Sum(part => part.HarvestedMilliwattHours);
        Summary summary = view.Summary;
        var page = new StringBuilder();
        string time = view.TimeScale is { } scale ? $"simulated time, {scale:0.#} times as fast as real" : "system time";
        page.Append($"<div id=\"now\" data-refresh-seconds=\"{RefreshSeconds}\"><p class=\"quiet\">{view.Now:yyyy-MM-dd HH:mm} UTC · {time}</p><ul class=\"cards\">");
        Card(page, $"{summary.NodesOnline} of {summary.Nodes}", "nodes online");
        Card(page, WattHours(delivered), "delivered today (UTC)");
        Card(page, WattHours(harvested), "harvested today (UTC)");
        Card(page, Credits(summary.CreditedMicro), "credits given, pending and posted");
        Card(page, summary.BatchesStored.ToString("N0"), "signed batches stored");
        Card(page, summary.LedgerSum, "sum of all accounts; must be 0");
        page.Append("</ul><h2>The last 24 hours</h2><div class=\"panel\">").Append(EnergyPlot.Draw(view.Energy, quarter)).Append("</div>");
        Verdicts(page, summary);
        NotCredited(page, view.NotCredited);
        NodeTable(page, view, caller?.Has(Access.WholeFleet) == true);
        return page.Append("</div>").ToString();
    }

    private static void Verdicts(StringBuilder page, Summary summary)
    {
        page.Append("<h2>Every reading has a verdict</h2><div class=\"panel\"><table><tr><th>Verdict</th><th class=\"number\">Readings</th><th>What would cure it</th></tr>");
        page.Append($"<tr><td class=\"on\">Credited</td><td class=\"number\">{summary.ReadingsCredited:N0}</td><td></td></tr>");
        foreach ((string name, long count) in summary.ReadingsHeld)
        {
            page.Append($"<tr><td class=\"held\">Held: {Encode(name)}</td><td class=\"number\">{count:N0}</td><td>{Encode(Cure.Of(Enum.Parse<VerdictName>(name)))}</td></tr>");
        }

        foreach ((string name, long count) in summary.ReadingsRefused)
        {
            page.Append($"<tr><td class=\"refused\">Refused: {Encode(name)}</td><td class=\"number\">{count:N0}</td><td>{Encode(Cure.Of(Enum.Parse<VerdictName>(name)))}</td></tr>");
        }

        if (summary.ReadingsWithoutVerdict > 0)
        {
            page.Append($"<tr><td>Waiting for its verdict</td><td class=\"number\">{summary.ReadingsWithoutVerdict:N0}</td><td>Nothing; a moment.</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void NotCredited(StringBuilder page, IReadOnlyList<VerdictRow> rows)
    {
        page.Append("<h2>Last readings that were held or refused</h2><div class=\"panel\">");
        if (rows.Count == 0)
        {
            page.Append("<p>None. Every reading so far is credited.</p></div>");
            return;
        }

        page.Append("<table><tr><th class=\"roomy\">Batch opened (UTC)</th><th>Node</th><th class=\"roomy\">Readings</th><th>Verdict</th><th>Figures</th></tr>");
        foreach ((VerdictRow row, VerdictRun run) in rows.SelectMany(row => row.Runs.Where(run => run.Outcome != Outcome.Credited), (row, run) => (row, run)).Take(RunsShown))
        {
            string readings = run.Count == 1 ? $"{run.First}" : $"{run.First} to {run.First + run.Count - 1}";
            page.Append($"<tr><td class=\"roomy\">{Time(row.OpenedUnixSeconds)}</td><td><code>{Encode(row.NodeId)}</code></td><td class=\"roomy\">{readings}</td>");
            page.Append($"<td class=\"{(run.Outcome == Outcome.Held ? "held" : "refused")}\">{run.Outcome}: {run.Name}</td><td>{Encode(run.Figures ?? "")}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void NodeTable(StringBuilder page, DashboardView view, bool showsPeople)
    {
        page.Append("<h2>Nodes</h2><div class=\"panel\"><table><tr><th>Node</th><th class=\"roomy\">Profile</th><th>Place</th><th class=\"roomy\">Operator</th><th>State</th><th class=\"number roomy\">In outbox</th></tr>");
        foreach (DashboardNode node in view.Nodes)
        {
            bool isOnline = node.Standing?.IsOnline ?? false;
            string state = node.SuspendedReason is { } reason
                ? $"<span class=\"refused\">suspended: {Encode(reason)}</span>"
                : isOnline ? "<span class=\"on\">online</span>" : "<span class=\"off\">offline</span>";
            page.Append($"<tr><td>{(showsPeople ? $"<a href=\"/nodes/{Encode(node.NodeId)}\"><code>{Encode(node.NodeId)}</code></a>" : $"<code>{Encode(node.NodeId)}</code>")}</td><td class=\"roomy\">{Encode(node.Profile)}</td><td>{(showsPeople ? Encode(node.Place) : "–")}</td><td class=\"roomy\">{(showsPeople ? Encode(node.Operator) : "–")}</td>");
            page.Append($"<td>{state}</td><td class=\"number roomy\">{node.Standing?.LastStatus?.OutboxBatches.ToString() ?? "–"}</td></tr>");
        }

        page.Append("</table>");
        if (view.Nodes.Count < view.Summary.Nodes)
        {
            page.Append($"<p class=\"quiet\">The first {view.Nodes.Count} of {view.Summary.Nodes}.</p>");
        }

        page.Append("</div>");
    }

    private static void Card(StringBuilder page, string figure, string label) => page.Append($"<li><b>{Encode(figure)}</b><span>{Encode(label)}</span></li>");

    private static string WattHours(long milliwattHours) => milliwattHours >= 1_000_000 ? $"{milliwattHours / 1e6:0.00} kWh" : $"{milliwattHours / 1e3:0.0} Wh";

    private static string Credits(string micro) => (decimal.Parse(micro, CultureInfo.InvariantCulture) / 1_000_000m).ToString("N2", CultureInfo.InvariantCulture);

    // A node without a clock may claim any second; the calendar ends earlier.
    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm") : "never";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
