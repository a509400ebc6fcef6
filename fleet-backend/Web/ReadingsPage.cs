using System.Globalization;
using System.Net;
using System.Text;
using DePin.Fleet.Ledger;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Web;

/// <summary>Why a node's readings earned what they earned: each batch, and each run of readings that was not simply credited, with figures and cure.</summary>
internal static class ReadingsPage
{
    /// <param name="nodeId">The node.</param>
    /// <param name="rows">Its batches, newest first.</param>
    /// <param name="older">Sequence number up to which older ones are there, or null.</param>
    /// <param name="token">Hidden field that proves forms to be this page's.</param>
    public static string Body(string nodeId, IReadOnlyList<VerdictRow> rows, long? older, string token)
    {
        var page = new StringBuilder($"<p class=\"quiet\">{W("Readings.Newest")} · <a href=\"/nodes/{Encode(nodeId)}\">{W("Readings.TheNode")}</a></p><div class=\"panel\">");
        if (rows.Count == 0)
        {
            return page.Append($"<p>{W("Readings.None")}</p></div>").ToString();
        }

        page.Append($"<table><tr><th>{W("Readings.Opened")}</th><th>{W("Readings.Readings")}</th><th class=\"number\">kWh</th><th class=\"number roomy\">{W("Readings.Hours")}</th><th class=\"number\">{W("Readings.Credits")}</th><th>{W("Readings.Became")}</th></tr>");
        foreach (VerdictRow row in rows)
        {
            page.Append($"<tr><td>{Time(row.OpenedUnixSeconds)}</td><td>{row.FirstReading}–{row.LastReading}</td><td class=\"number\">{(row.CreditableMilliwattHours / 1e6).ToString("0.000000", CultureInfo.InvariantCulture)}</td>");
            page.Append($"<td class=\"number roomy\">{(row.ServedSeconds / 3600.0).ToString("0.00", CultureInfo.InvariantCulture)}</td><td class=\"number\">{(row.WholeMicro / 1_000_000m).ToString("N6", CultureInfo.InvariantCulture)}</td><td>");
            page.Append(Counts(row));
            foreach (VerdictRun run in row.Runs)
            {
                Explain(page, run);
                if (run.Outcome != Outcome.Credited)
                {
                    page.Append(Dispute(nodeId, run, token));
                }
            }

            page.Append("</td></tr>");
        }

        page.Append("</table></div>");
        return older is null ? page.ToString() : page.Append($"<p><a href=\"/nodes/{Encode(nodeId)}/readings?reading={older}\">{W("Readings.Older")}</a></p>").ToString();
    }

    private static string Counts(VerdictRow row) => string.Join(", ", new[] { (row.Credited, "credited"), (row.Held, "held"), (row.Refused, "refused") }
        .Where(part => part.Item1 > 0).Select(part => W($"Readings.{part.Item2}", part.Item1)));

    private static void Explain(StringBuilder page, VerdictRun run)
    {
        string shade = run.Outcome switch { Outcome.Held => "held", Outcome.Refused => "refused", _ => "on" };
        string readings = run.Count == 1 ? W("Readings.One", run.First) : W("Readings.Many", run.First, run.First + run.Count - 1);
        page.Append($"<p><span class=\"{shade}\">{W($"Outcome.{run.Outcome}", run.Name)}</span>, {readings}. {Encode(Cure.Meaning(run.Name))}");
        page.Append(run.Figures is { } figures ? $" <span class=\"quiet\">{Encode(figures)}.</span>" : "");
        page.Append(run.UncreditedMilliwattHours > 0 ? " " + W(run.Outcome == Outcome.Held ? "Readings.NothingYet" : "Readings.Nothing", run.UncreditedMilliwattHours) : "");
        page.Append(run.Decision is { } decision ? $" {Encode(char.ToUpperInvariant(decision[0]) + decision[1..])}." : "");
        page.Append(run.Outcome == Outcome.Credited && run.Decision is not null ? "</p>" : $" {Encode(Cure.Of(run.Name))}</p>");
    }

    // Whoever earns by it may say no; the answer is due within 14 days.
    private static string Dispute(string nodeId, VerdictRun run, string token) =>
        $"<details><summary>{W("Dispute.Open")}</summary><form class=\"decide\" method=\"post\" action=\"/nodes/{Encode(nodeId)}/disputes\">{token}<input type=\"hidden\" name=\"reading\" value=\"{run.First}\">"
        + $"<label>{W("Dispute.Text")} <input name=\"text\" required maxlength=\"500\"></label><button class=\"second\">{W("Dispute.Send")}</button></form></details>";

    private static string Time(long unixSeconds) =>
        unixSeconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : WebWords.Of("Unknown");

    private static string W(string name, params object?[] values) => WebWords.Html(name, values);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
