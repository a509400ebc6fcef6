using System.Globalization;
using System.Net;
using System.Text;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Web;

/// <summary>A statement to print, and the form that asks for one.</summary>
internal static class StatementPage
{
    public static string Ask(IReadOnlyList<string> accounts, string? said, string formToken)
    {
        var page = new StringBuilder(said is null ? "" : $"<p class=\"panel\" role=\"status\">{Encode(said)}</p>");
        page.Append($"<form class=\"panel decide\" method=\"post\" action=\"/statement\">{formToken}<label>Account <select name=\"account\" required>");
        foreach (string account in accounts)
        {
            page.Append($"<option>{Encode(account)}</option>");
        }

        return page.Append("</select></label><label>From <input name=\"from\" type=\"date\"></label><label>Up to and with <input name=\"to\" type=\"date\"></label><button>Show</button></form>").ToString();
    }

    public static string Body(StatementView view, string period, DateTimeOffset now)
    {
        var page = new StringBuilder();
        page.Append($"<p class=\"quiet\">{Encode(period)} · made {now:yyyy-MM-dd HH:mm} UTC</p><ul class=\"cards\">");
        page.Append($"<li><b>{Credits(view.Account.PostedMicro)}</b><span>posted: can be paid out</span></li><li><b>{Credits(view.Account.PendingMicro)}</b><span>pending: checks are running</span></li>");
        page.Append($"<li><b>{Credits(view.LinesMicro)}</b><span>credited for readings of this time</span></li></ul>");
        page.Append("<h2>Credit</h2><div class=\"panel\"><table><tr><th>Opened (UTC)</th><th>Node</th><th>Readings</th><th class=\"number\">kWh</th><th class=\"number\">Hours</th><th class=\"number roomy\">per kWh</th><th class=\"number roomy\">per hour</th><th class=\"number roomy\">Share</th><th class=\"number\">Credits</th><th>State</th></tr>");
        foreach (StatementLineView line in view.Lines)
        {
            page.Append($"<tr><td>{Time(line.OpenedUnixSeconds)}</td><td><code>{Encode(line.NodeId)}</code></td><td><a href=\"/nodes/{Encode(line.NodeId)}/readings?reading={line.LastReading}\">{line.FirstReading}–{line.LastReading}</a></td>");
            page.Append($"<td class=\"number\">{line.DeliveredKilowattHours:0.000000}</td><td class=\"number\">{line.ServedHours:0.00}</td><td class=\"number roomy\">{Rate(line.MicroPerKilowattHour)}</td><td class=\"number roomy\">{Rate(line.MicroPerServedHour)}</td><td class=\"number roomy\">{StatementCsv.ShareOf(view.Account.Name, line.OperatorBasisPoints, line.CapitalBuilderBasisPoints, line.ManagerBasisPoints) / 100m:0.##} %</td><td class=\"number\">{Credits(line.ShareMicro)}</td><td>{Encode(line.State)}</td></tr>");
        }

        page.Append(view.Next is null ? "</table></div>" : "</table><p>More lines follow; choose a shorter time, or take the CSV.</p></div>");
        Movements(page, view);
        NotCredited(page, view);
        return page.ToString();
    }

    private static void Movements(StringBuilder page, StatementView view)
    {
        if (view.Movements.Count > 0)
        {
            page.Append("<h2>What else came and went</h2><div class=\"panel\"><table><tr><th>Made (UTC)</th><th>What</th><th>With</th><th class=\"number\">Credits</th><th>Reference</th></tr>");
            foreach (MovementView line in view.Movements)
            {
                page.Append($"<tr><td>{Time(line.MadeUnixSeconds)}</td><td>{Encode(line.Kind)}</td><td>{Encode(line.Other)}</td><td class=\"number\">{Credits(line.AmountMicro)}</td><td>{Encode(Short(line.Reference))}</td></tr>");
            }

            page.Append("</table></div>");
        }
    }

    private static void NotCredited(StringBuilder page, StatementView view)
    {
        if (Sharer.OfAccount(view.Account.Name) is null)
        {
            // No reading is this account's own: who shares a node sees there what was held and refused of it.
            return;
        }

        page.Append("<h2>What was not credited, and why</h2><div class=\"panel\">");
        if (view.NotCredited.Count == 0)
        {
            page.Append("<p>Nothing: every reading was credited in full.</p></div>");
            return;
        }

        page.Append("<table><tr><th>Why</th><th class=\"number\">Readings</th><th>The last</th><th>Its figures</th><th>What would cure it</th></tr>");
        foreach (NotCreditedView name in view.NotCredited)
        {
            page.Append($"<tr><td>{name.Outcome}: {name.Name}</td><td class=\"number\">{name.Readings:N0}</td><td>{Link(name.Examples.FirstOrDefault())}</td><td>{Encode(name.Examples.FirstOrDefault()?.Figures ?? "")}</td><td>{Encode(name.Cure)}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static string Link(NotCreditedExample? example) => example is null
        ? ""
        : $"<a href=\"/nodes/{Encode(example.NodeId)}/readings?reading={example.FirstReading + example.Readings - 1}\"><code>{Encode(example.NodeId)}</code> {example.FirstReading}</a>";

    private static string Rate(string micro) => (decimal.Parse(micro, CultureInfo.InvariantCulture) / 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture);

    private static string Credits(string micro) => (decimal.Parse(micro, CultureInfo.InvariantCulture) / 1_000_000m).ToString("N6", CultureInfo.InvariantCulture);

    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "unknown";

    private static string Short(string reference) => reference.Length > 24 ? reference[..24] + "…" : reference;

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
