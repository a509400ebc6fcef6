using System.Globalization;
using System.Net;
using System.Text;
using DePin.Fleet.Boards;
using DePin.Fleet.Care;
using DePin.Fleet.Homes;
using DePin.Fleet.Nodes;
using DePin.Fleet.Pairing;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Web;

/// <summary>What waits for a person, and the form to decide with. No script; everything is encoded on its way in.</summary>
internal static class ReviewPage
{
    /// <param name="view">What waits.</param>
    /// <param name="now">The present.</param>
    /// <param name="said">What became of a decision, or null.</param>
    /// <param name="formToken">Hidden field of the form; null for who may only look.</param>
    public static string Body(ReviewView view, DateTimeOffset now, string? said, string? formToken)
    {
        var page = new StringBuilder($"<p class=\"quiet\">{now:yyyy-MM-dd HH:mm} UTC</p>");
        if (said is not null)
        {
            page.Append($"<p class=\"panel\" role=\"status\">{Encode(said)}</p>");
        }

        Held(page, view.Held, now);
        Cases(page, view.Cases, now);
        Suspensions(page, view.Suspensions);
        RefusedBoards(page, view.RefusedBoards);
        if (formToken is not null)
        {
            Form(page, view, formToken);
        }

        return page.ToString();
    }

    private static void Held(StringBuilder page, IReadOnlyList<HeldView> held, DateTimeOffset now)
    {
        page.Append($"<h2>{W("Review.Held")}</h2><div class=\"panel\">");
        if (held.Count == 0)
        {
            page.Append($"<p>{W("Review.NoneHeld")}</p></div>");
            return;
        }

        page.Append($"<table><tr><th>{W("Review.Node")}</th><th>{W("Review.Why")}</th><th class=\"number\">{W("Review.Readings")}</th><th class=\"number roomy\">kWh</th><th>{W("Review.Itself")}</th><th class=\"roomy\">{W("Review.Cure")}</th></tr>");
        foreach (HeldView group in held)
        {
            page.Append($"<tr><td><a href=\"/nodes/{Encode(group.NodeId)}\"><code>{Encode(group.NodeId)}</code></a></td><td><span class=\"held\">{Encode(group.Name)}</span><br><span class=\"quiet\">{Encode(group.Meaning)}{(group.Beneath.Count > 0 ? " " + W("Review.Beneath", string.Join(", ", group.Beneath)) : "")}</span></td>");
            page.Append($"<td class=\"number\">{group.Readings:N0}</td><td class=\"number roomy\">{(group.CreditableMilliwattHours / 1e6).ToString("0.000", CultureInfo.InvariantCulture)}</td>");
            page.Append($"<td>{Deadline(group.DeadlineUnixMilliseconds, group.AtDeadline, now)}</td><td class=\"roomy\">{Encode(group.Cure)}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void Cases(StringBuilder page, IReadOnlyList<ReviewCase> cases, DateTimeOffset now)
    {
        page.Append($"<h2>{W("Review.Cases")}</h2><div class=\"panel\">");
        if (cases.Count == 0)
        {
            page.Append($"<p>{W("Review.None")}</p></div>");
            return;
        }

        page.Append($"<table><tr><th>{W("Review.Node")}</th><th>{W("Review.Case")}</th><th>{W("Review.Evidence")}</th><th>{W("Review.LookBy")}</th></tr>");
        foreach (ReviewCase open in cases)
        {
            bool isLate = open.DeadlineUnixMilliseconds < now.ToUnixTimeMilliseconds();
            page.Append($"<tr><td><code>{Encode(open.NodeId)}</code></td><td>{Encode(HomeWords.Of($"Cases.{open.Kind}"))}</td><td>{Encode(open.Evidence.Told())}</td><td class=\"{(isLate ? "refused" : "")}\">{Day(open.DeadlineUnixMilliseconds)}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void Suspensions(StringBuilder page, IReadOnlyList<SuspensionRow> suspensions)
    {
        page.Append($"<h2>{W("Review.Suspended")}</h2><div class=\"panel\">");
        if (suspensions.Count == 0)
        {
            page.Append($"<p>{W("Review.None")}</p></div>");
            return;
        }

        page.Append($"<table><tr><th>{W("Review.Node")}</th><th>{W("Review.Since")}</th><th>{W("Review.Why")}</th><th>{W("Review.Evidence")}</th><th>{W("Review.WayOut")}</th></tr>");
        foreach (SuspensionRow row in suspensions)
        {
            string end = row.EndUnixMilliseconds is { } ends ? " " + WebWords.Of("Review.Ends", Day(ends)) : "";
            page.Append($"<tr><td><code>{Encode(row.NodeId)}</code></td><td>{Day(row.FromUnixMilliseconds)}</td><td>{Encode(PairWords.Suspension(row.Reason))}</td><td>{Encode(row.Evidence.Told())}</td><td>{Encode(row.Cure.Told() + end)}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void RefusedBoards(StringBuilder page, IReadOnlyList<FlagRow> flags)
    {
        if (flags.Count == 0)
        {
            return;
        }

        page.Append($"<h2>{W("Review.Boards")}</h2><div class=\"panel\"><table><tr><th>{W("Review.When")}</th><th>{W("Review.By")}</th><th>{W("Review.Why")}</th><th>{W("Review.Board")}</th><th class=\"roomy\">{W("Review.Answered")}</th></tr>");
        foreach (FlagRow flag in flags)
        {
            page.Append($"<tr><td>{Day(flag.AtUnixMilliseconds)}</td><td>{Encode(flag.By)}</td><td>{Encode(flag.Refusal)}</td><td>{Encode(flag.BoardSerial.Length > 0 ? flag.BoardSerial : flag.Run)}</td><td class=\"roomy\">{Encode(flag.Detail.Told())}</td></tr>");
        }

        page.Append("</table></div>");
    }

    private static void Form(StringBuilder page, ReviewView view, string formToken)
    {
        string[] nodes = [.. view.Held.Select(group => group.NodeId).Concat(view.Cases.Select(open => open.NodeId)).Concat(view.Suspensions.Select(row => row.NodeId)).Distinct().Order(StringComparer.Ordinal)];
        page.Append($"<h2>{W("Review.Decide")}</h2>");
        page.Append($"<form class=\"panel decide\" method=\"post\" action=\"/review\">{formToken}");
        page.Append($"<label>{W("Review.Node")} <input name=\"node\" required maxlength=\"16\" list=\"nodes\" autocomplete=\"off\"></label><datalist id=\"nodes\">");
        foreach (string node in nodes)
        {
            page.Append($"<option value=\"{Encode(node)}\">");
        }

        page.Append($"</datalist><label>{W("Review.What")} <select name=\"decision\">");
        page.Append($"<option value=\"release\">{W("Review.Release")}</option><option value=\"refuse\">{W("Review.Refuse")}</option><option value=\"suspend\">{W("Review.Suspend")}</option>");
        page.Append($"<option value=\"lift\">{W("Review.Lift")}</option><option value=\"close\">{W("Review.Close")}</option></select></label>");
        page.Append($"<label>{W("Review.Name")} <select name=\"name\"><option value=\"\">{W("Review.All")}</option>");
        foreach (string name in view.Held.Select(group => group.Name).Concat(view.Cases.Select(open => open.Kind)).Distinct().Order(StringComparer.Ordinal))
        {
            page.Append($"<option>{Encode(name)}</option>");
        }

        page.Append($"</select></label><label>{W("Review.Reason")} <input name=\"reason\" required maxlength=\"500\"></label>");
        page.Append($"<button>{W("Review.Decide")}</button></form><p class=\"quiet\">{W("Review.Recorded")}</p>");
    }

    private static string Deadline(long? unixMilliseconds, AtDeadline outcome, DateTimeOffset now) => unixMilliseconds is not { } deadline
        ? W("Review.Visit")
        : W(outcome == AtDeadline.Refused ? "Review.RefusedOn" : "Review.ReleasedOn", Day(deadline), Math.Max(0, (deadline - now.ToUnixTimeMilliseconds()) / 86_400_000));

    private static string Day(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string W(string name, params object?[] values) => WebWords.Html(name, values);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
