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
        string time = view.TimeScale is { } scale ? W("Dashboard.Simulated", scale) : W("Dashboard.System");
        page.Append($"<div id=\"now\" data-refresh-seconds=\"{RefreshSeconds}\"><p class=\"quiet\">{view.Now:yyyy-MM-dd HH:mm} UTC · {time}</p><ul class=\"cards\">");
        Card(page, WebWords.Of("Dashboard.Of", summary.NodesOnline, summary.Nodes), WebWords.Of("Dashboard.NodesOnline"));
        Card(page, WattHours(delivered), WebWords.Of("Dashboard.Delivered"));
        Card(page, WattHours(harvested), WebWords.Of("Dashboard.Harvested"));
        Card(page, Credits(summary.CreditedMicro), WebWords.Of("Dashboard.Credits"));
        Card(page, summary.BatchesStored.ToString("N0"), WebWords.Of("Dashboard.Batches"));
        Card(page, summary.LedgerSum, WebWords.Of("Dashboard.Sum"));
        page.Append($"</ul><h2>{W("Dashboard.Last")}</h2><div class=\"panel\">").Append(EnergyPlot.Draw(view.Energy, quarter)).Append("</div>");
        Verdicts(page, summary);
        NotCredited(page, view.NotCredited);
        NodeTable(page, view, caller?.Has(Access.WholeFleet) == true);
        return page.Append("</div>").ToString();
    }

    private static void Verdicts(StringBuilder page, Summary summary)
    {
        page.Append($"<h2>{W("Dashboard.Verdicts")}</h2><div class=\"panel\"><table><tr><th>{W("Dashboard.Verdict")}</th><th class=\"number\">{W("Dashboard.Readings")}</th><th>{W("Dashboard.Cure")}</th></tr>");
        page.Append($"<tr><td class=\"on\">{W("Dashboard.Credited")}</td><td class=\"number\">{summary.ReadingsCredited:N0}</td><td></td></tr>");
        foreach ((string name, long count) in summary.ReadingsHeld)
        {
            page.Append($"<tr><td class=\"held\">{W("Dashboard.Held", name)}</td><td class=\"number\">{count:N0}</td><td>{Encode(Cure.Of(Enum.Parse<VerdictName>(name)))}</td></tr>");
        }

        foreach ((string name, long count) in summary.ReadingsRefused)
        {
            page.Append($"<tr><td class=\"refused\">{W("Dashboard.Refused", name)}</td><td class=\"number\">{count:N0}</td><td>{Encode(Cure.Of(Enum.Parse<VerdictName>(name)))}</td></tr>");
        }

        if (summary.ReadingsWithoutVerdict > 0)
        {
            page.Append($"<tr><td>{W("Dashboard.Waiting")}</td><td class=\"number\">{summary.ReadingsWithoutVerdict:N0}</td><td>{W("Dashboard.Moment")}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void NotCredited(StringBuilder page, IReadOnlyList<VerdictRow> rows)
    {
        page.Append($"<h2>{W("Dashboard.NotCredited")}</h2><div class=\"panel\">");
        if (rows.Count == 0)
        {
            page.Append($"<p>{W("Dashboard.None")}</p></div>");
            return;
        }

        page.Append($"<table><tr><th class=\"roomy\">{W("Dashboard.Opened")}</th><th>{W("Dashboard.Node")}</th><th class=\"roomy\">{W("Dashboard.Readings")}</th><th>{W("Dashboard.Verdict")}</th><th>{W("Dashboard.Figures")}</th></tr>");
        foreach ((VerdictRow row, VerdictRun run) in rows.SelectMany(row => row.Runs.Where(run => run.Outcome != Outcome.Credited), (row, run) => (row, run)).Take(RunsShown))
        {
            string readings = run.Count == 1 ? $"{run.First}" : W("Dashboard.Span", run.First, run.First + run.Count - 1);
            page.Append($"<tr><td class=\"roomy\">{Time(row.OpenedUnixSeconds)}</td><td><code>{Encode(row.NodeId)}</code></td><td class=\"roomy\">{readings}</td>");
            page.Append($"<td class=\"{(run.Outcome == Outcome.Held ? "held" : "refused")}\">{W($"Outcome.{run.Outcome}", run.Name)}</td><td>{Encode(run.Figures ?? "")}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void NodeTable(StringBuilder page, DashboardView view, bool showsPeople)
    {
        page.Append($"<h2>{W("Dashboard.Nodes")}</h2><div class=\"panel\"><table><tr><th>{W("Dashboard.Node")}</th><th class=\"roomy\">{W("Dashboard.Profile")}</th><th>{W("Dashboard.Place")}</th><th class=\"roomy\">{W("Dashboard.Operator")}</th><th>{W("Dashboard.State")}</th><th class=\"number roomy\">{W("Dashboard.Outbox")}</th></tr>");
        foreach (DashboardNode node in view.Nodes)
        {
            bool isOnline = node.Standing?.IsOnline ?? false;
            string state = node.SuspendedReason is { } reason
                ? $"<span class=\"refused\">{W("Dashboard.Suspended", Pairing.PairWords.Suspension(reason))}</span>"
                : isOnline ? $"<span class=\"on\">{W("Dashboard.Online")}</span>" : $"<span class=\"off\">{W("Dashboard.Offline")}</span>";
            page.Append($"<tr><td>{(showsPeople ? $"<a href=\"/nodes/{Encode(node.NodeId)}\"><code>{Encode(node.NodeId)}</code></a>" : $"<code>{Encode(node.NodeId)}</code>")}</td><td class=\"roomy\">{Encode(node.Profile)}</td><td>{(showsPeople ? Encode(node.Place) : "–")}</td><td class=\"roomy\">{(showsPeople ? Encode(node.Operator) : "–")}</td>");
            page.Append($"<td>{state}</td><td class=\"number roomy\">{node.Standing?.LastStatus?.OutboxBatches.ToString() ?? "–"}</td></tr>");
        }

        page.Append("</table>");
        if (view.Nodes.Count < view.Summary.Nodes)
        {
            page.Append($"<p class=\"quiet\">{W("Dashboard.First", view.Nodes.Count, view.Summary.Nodes)}</p>");
        }

        page.Append("</div>");
    }

    private static void Card(StringBuilder page, string figure, string label) => page.Append($"<li><b>{Encode(figure)}</b><span>{Encode(label)}</span></li>");

    private static string WattHours(long milliwattHours) => milliwattHours >= 1_000_000 ? $"{milliwattHours / 1e6:0.00} kWh" : $"{milliwattHours / 1e3:0.0} Wh";

    private static string Credits(string micro) => (decimal.Parse(micro, CultureInfo.InvariantCulture) / 1_000_000m).ToString("N2", CultureInfo.InvariantCulture);

    // A node without a clock may claim any second; the calendar ends earlier.
    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm") : WebWords.Of("Dashboard.Never");

    private static string W(string name, params object?[] values) => WebWords.Html(name, values);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
