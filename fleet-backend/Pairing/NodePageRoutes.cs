using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using DePin.Contracts.Identity;
using DePin.Fleet.Approvals;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Pairing;

/// <summary>The pages of nodes: for managers and auditors all, for operators and capital builders theirs. What is to be done is shown with its effect on credit before it is done.</summary>
internal static class NodePageRoutes
{
    private const int NodesShown = 200;
    private const Roles Seers = Roles.Manager | Roles.Auditor | Roles.Operator | Roles.CapitalBuilder;

    /// <summary>GET /nodes, GET /nodes/{id}, POST /nodes/{id}/{act} and /nodes/{id}/approve.</summary>
    public static void MapNodePages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/nodes", List).Needs(Seers);
        routes.MapGet("/nodes/{id}", (HttpContext context, string id, Caller caller, Database database, NodePresence presence, TimeProvider clock) => Show(context, id, caller, database, presence, clock, null)).Needs(Seers);
        routes.MapPost("/nodes/{id}/approve", async (HttpContext context, string id, Caller caller, Changes changes, Database database, NodePresence presence, TimeProvider clock) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            bool isNumber = long.TryParse(form?["change"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long change);
            (_, int status, Sentence? problem) = isNumber ? await changes.DecideAsync(change, isApproved: true, caller.Name) : (null, 400, Sentence.Of($"There is no such change."));
            return Show(context, id, caller, database, presence, clock, problem?.Told() ?? PairWords.Of("Act.Done"), status);
        }).Needs(Roles.Manager);
        routes.MapPost("/nodes/{id}/{act}", ActAsync).Needs(Roles.Manager | Roles.Operator);
    }

    private static IResult List(HttpContext context, Caller caller, Database database, NodePresence presence, TimeProvider clock, string after = "")
    {
        using DbConnection connection = database.OpenReader();
        IReadOnlyList<NodeRow> rows = caller.Has(Access.WholeFleet)
            ? NodeStore.Page(connection, after, NodesShown)
            : NodeStore.PageOf(connection, caller.Name, after, NodesShown, clock.GetUtcNow().ToUnixTimeSeconds());
        return Pages.Of<NodesPage>(context, new NodesView(
            [.. rows.Select(row => new NodeLine(row.NodeId, NodeView.SeesPlace(caller, row.Operator) ? row.Place ?? "" : "", row.Operator ?? "", row.SuspendedReason is { } reason ? PairWords.Suspension(reason) : PairWords.Of(presence.Find(row.NodeId) is { IsOnline: true } ? "Nodes.Online" : "Nodes.Offline")))],
            rows.Count == NodesShown ? rows[^1].NodeId : null));
    }

    private static IResult Show(HttpContext context, string id, Caller caller, Database database, NodePresence presence, TimeProvider clock, string? said, int status = StatusCodes.Status200OK)
    {
        using DbConnection connection = database.OpenReader();
        AntiforgeryTokenSet token = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        return NodeView.Read(connection, id, caller, presence, clock.GetUtcNow().ToUnixTimeMilliseconds(), said, token) is { } view
            ? Pages.Of<NodePage>(context, view, status)
            : PageShell.Of(context, PairWords.Of("Node.None.Title"), $"<p class=\"panel\" role=\"alert\">{PageShell.Encode(PairWords.Of("Node.None"))}</p><p><a href=\"/nodes\">{PageShell.Encode(PairWords.Of("Nodes"))}</a></p>", StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ActAsync(HttpContext context, string id, string act, Caller caller, PairingLife life, Changes changes, Database database, NodePresence presence, TimeProvider clock)
    {
        IResult Again(string said, int status) => Show(context, id, caller, database, presence, clock, said, status);

        if (await SignInRoutes.FormAsync(context) is not { } form || !Enum.TryParse(act, ignoreCase: true, out LifeAct chosen) || !Enum.IsDefined(chosen) || !caller.Has(PairingLife.MayAsk(chosen)))
        {
            return Again(PairWords.Of("Act.Unknown"), StatusCodes.Status400BadRequest);
        }

        string reason = form["reason"].ToString().Trim();
        var asked = new Asked(chosen, NodeId.Parse(id)?.ToString() ?? id, reason, new Site(form["place"].ToString().Trim(), Degrees(form["latitude"].ToString()), Degrees(form["longitude"].ToString())), form["operator"].ToString().Trim(), form["from"].ToString());
        string? wrong = (Bounds.Reason(reason) is null ? null : PairWords.Of("Reason.Wrong")) ?? (chosen == LifeAct.Move ? asked.Site.Problem()?.Told() : chosen == LifeAct.Handover && asked.FromUnixSeconds is null ? PairWords.Of("Act.NoDay") : null);
        if (wrong is not null)
        {
            return Again($"{wrong} {PairWords.Of("Act.Nothing")}", StatusCodes.Status400BadRequest);
        }

        if (form["confirm"] != "yes")
        {
            return Preview(context, asked, form, caller, database, presence, clock);
        }

        (string? claim, Sentence? problem, int status) = await DoAsync(asked, caller, life, changes);
        return problem is not null ? Again(chosen == LifeAct.Handover ? problem.Told() : $"{problem.Told()} {PairWords.Of("Act.Nothing")}", status)
            : claim is not null ? Pages.Of<NodeActPage>(context, new NodeActView(PairWords.Of("Act.FreshClaim"), asked.NodeId, PairWords.Of("Act.FreshClaimIs", asked.NodeId, claim), "", null, null))
            : chosen == LifeAct.Handover ? Again(PairWords.Of("Act.Proposed"), StatusCodes.Status200OK)
            : Again(PairWords.Of("Act.Done"), StatusCodes.Status200OK);
    }

    private static IResult Preview(HttpContext context, Asked asked, IFormCollection form, Caller caller, Database database, NodePresence presence, TimeProvider clock)
    {
        using DbConnection connection = database.OpenReader();
        AntiforgeryTokenSet token = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (NodeView.Read(connection, asked.NodeId, caller, presence, now, null, token) is not { } view || !view.Acts.Contains(asked.Act))
        {
            return Show(context, asked.NodeId, caller, database, presence, clock, $"{PairWords.Of("Act.Unknown")} {PairWords.Of("Act.Nothing")}", StatusCodes.Status409Conflict);
        }

        (string, string)[] fields = [.. ((string[])["place", "latitude", "longitude", "operator", "from", "reason"]).Where(form.ContainsKey).Select(name => (name, form[name].ToString()))];
        return Pages.Of<NodeActPage>(context, new NodeActView(
            PairWords.Of($"Act.{asked.Act}"), asked.NodeId, LifeEffect.Of(connection, NodeStore.Find(connection, asked.NodeId), asked.Act, now), $"/nodes/{asked.NodeId}/{asked.Act.ToString().ToLowerInvariant()}", fields, token));
    }

    private static async Task<(string? Claim, Sentence? Problem, int Status)> DoAsync(Asked asked, Caller caller, PairingLife life, Changes changes)
    {
        if (asked.Act is LifeAct.Unpair or LifeAct.Spare)
        {
            (Contracts.Pairing.Claim? claim, Sentence? problem) = await life.UnpairAsync(caller, asked.NodeId, asked.Reason, asked.Act == LifeAct.Spare);
            return (claim?.ToReadable(), problem, StatusCodes.Status409Conflict);
        }

        if (asked.Act == LifeAct.Handover)
        {
            var content = new Handover(asked.NodeId, asked.Operator, asked.FromUnixSeconds!.Value);
            (_, int status, Sentence? refused) = await changes.ProposeAsync("handover", JsonSerializer.Serialize(content, JsonSerializerOptions.Web), asked.Reason, caller.Name);
            return (null, refused, status);
        }

        Sentence? wrong = asked.Act switch
        {
            LifeAct.Move => await life.MoveAsync(caller, asked.NodeId, asked.Site, asked.Reason),
            LifeAct.Retire => await life.RetireAsync(caller, asked.NodeId, asked.Reason),
            LifeAct.Stolen => await life.ReportStolenAsync(caller, asked.NodeId, asked.Reason),
            LifeAct.Found => await life.ReportFoundAsync(caller, asked.NodeId, asked.Reason),
            _ => throw new InvalidOperationException($"{asked.Act} has no doer"),
        };
        return (null, wrong, StatusCodes.Status409Conflict);
    }

    private static double Degrees(string text) => double.TryParse(text.Replace(',', '.'), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    // What a form asks for.
    private sealed record Asked(LifeAct Act, string NodeId, string Reason, Site Site, string Operator, string From)
    {
        // The end of that day, so that the notice is never a few hours short.
        public long? FromUnixSeconds => DateOnly.TryParseExact(From, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeSeconds()
            : null;
    }
}

/// <summary>What an act would do, or a fresh claim.</summary>
/// <param name="Title">Heading, also the button's.</param>
/// <param name="NodeId">The node.</param>
/// <param name="Text">What it would do to credit.</param>
/// <param name="Action">Where it is confirmed.</param>
/// <param name="Fields">What was filled in; null where nothing is left to confirm.</param>
/// <param name="Token">Proves the form to be this page's.</param>
public sealed record NodeActView(string Title, string NodeId, string Text, string Action, IReadOnlyList<(string Name, string Value)>? Fields, AntiforgeryTokenSet? Token);

/// <summary>A node in the list.</summary>
public sealed record NodeLine(string NodeId, string Place, string Operator, string State);

/// <summary>Some nodes, and after which more follow.</summary>
public sealed record NodesView(IReadOnlyList<NodeLine> Nodes, string? Next);
