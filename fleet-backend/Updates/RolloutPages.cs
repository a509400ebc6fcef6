using System.Data.Common;
using System.Text.Json;
using DePin.Contracts.Updates;
using DePin.Fleet.Approvals;
using DePin.Fleet.Nodes;
using DePin.Fleet.Overview;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Updates;

/// <summary>The pages of rollouts: plain forms over what the API does too.</summary>
internal static class RolloutPages
{
    private const int NodesShown = 100;

    // The largest bundle, and what a form has around it.
    private const int UploadBytes = UpdateLimits.BundleBytes + (16 * 1024);

    /// <summary>GET /rollouts, /rollouts/new, /rollouts/count, /rollouts/{id} with /nodes and /failures; POST /rollouts, /rollouts/{id}/{act}, /rollouts/bundles, /rollouts/releases, /rollouts/recalls and its /approve.</summary>
    public static void MapRolloutPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/rollouts", (HttpContext context, Caller caller, Database database) => List(context, caller, database, null, false)).Needs(Access.WholeFleet);
        routes.MapGet("/rollouts/new", (HttpContext context, Database database, TimeProvider clock) => New(context, database, clock, new RolloutForm(context.Request.Query), null, 200)).Needs(Roles.Manager);
        routes.MapGet("/rollouts/count", (HttpContext context, Database database, TimeProvider clock) =>
        {
            using DbConnection connection = database.OpenReader();
            return Results.Ok(new { words = RolloutNewView.CountOf(connection, new RolloutForm(context.Request.Query), clock.GetUtcNow().ToUnixTimeMilliseconds()) });
        }).Needs(Roles.Manager);
        routes.MapGet("/rollouts/{id:long}", (HttpContext context, long id, Caller caller, Database database, TimeProvider clock) => Show(context, id, caller, database, clock, null, false, 200)).Needs(Access.WholeFleet);
        routes.MapGet("/rollouts/{id:long}/nodes", Nodes).Needs(Access.WholeFleet);
        routes.MapGet("/rollouts/{id:long}/failures", Failures).Needs(Access.WholeFleet);
        routes.MapPost("/rollouts", CreateAsync).Needs(Roles.Manager);
        routes.MapPost("/rollouts/{id:long}/{act}", ActAsync).Needs(Roles.Manager);
        routes.MapPost("/rollouts/bundles", UploadAsync).Needs(Roles.Manager).WithMetadata(new UploadLimit(UploadBytes));
        routes.MapPost("/rollouts/releases", PublishAsync).Needs(Roles.Manager).WithMetadata(new UploadLimit(UploadBytes));
        routes.MapPost("/rollouts/recalls", RecallAsync).Needs(Roles.Manager);
        routes.MapPost("/rollouts/recalls/{id:long}/approve", async (HttpContext context, long id, Caller caller, Changes changes, Database database) =>
        {
            (_, _, Sentence? problem) = await changes.DecideAsync(id, isApproved: true, caller.Name);
            return List(context, caller, database, problem?.Told() ?? UpdateWords.Of("Said.Recalled"), problem is not null);
        }).Needs(Roles.Manager);
    }

    private static IResult List(HttpContext context, Caller caller, Database database, string? said, bool isProblem)
    {
        using DbConnection connection = database.OpenReader();
        return Pages.Of<RolloutsPage>(context, RolloutsView.Read(connection, caller, said, isProblem, caller.Has(Roles.Manager) ? TokenFor(context) : null), isProblem ? StatusCodes.Status409Conflict : StatusCodes.Status200OK);
    }

    private static IResult New(HttpContext context, Database database, TimeProvider clock, RolloutForm form, string? said, int status)
    {
        using DbConnection connection = database.OpenReader();
        return Pages.Of<RolloutNewPage>(context, RolloutNewView.Read(connection, form, said, clock.GetUtcNow().ToUnixTimeMilliseconds(), TokenFor(context)), status);
    }

    private static IResult Show(HttpContext context, long id, Caller caller, Database database, TimeProvider clock, string? said, bool isProblem, int status)
    {
        using DbConnection connection = database.OpenReader();
        return RolloutStore.Find(connection, id) is { } row
            ? Pages.Of<RolloutPage>(context, RolloutPageView.Read(connection, row, caller, said, isProblem, caller.Has(Roles.Manager) ? TokenFor(context) : null, clock.GetUtcNow().ToUnixTimeMilliseconds()), status)
            : None(context, id);
    }

    private static IResult None(HttpContext context, long id) =>
        PageShell.Of(context, UpdateWords.Of("Title"), $"<p class=\"panel\" role=\"alert\">{PageShell.Encode(UpdateWords.Of("Said.None", id))}</p><p><a href=\"/rollouts\">{PageShell.Encode(UpdateWords.Of("Title"))}</a></p>", StatusCodes.Status404NotFound);

    private static async Task<IResult> CreateAsync(HttpContext context, Caller caller, Rollouts rollouts, Database database, TimeProvider clock)
    {
        if (await SignInRoutes.FormAsync(context) is not { } fields)
        {
            return New(context, database, clock, new RolloutForm([]), UpdateWords.Of("Said.NoForm"), StatusCodes.Status400BadRequest);
        }

        var form = new RolloutForm(fields);
        (RolloutRequest? request, string? problem) = form.Read();
        if ((problem ??= request!.Problem()?.Told()) is not null)
        {
            return New(context, database, clock, form, $"{problem} {UpdateWords.Of("Said.Nothing")}", StatusCodes.Status400BadRequest);
        }

        Rollouts.Answer answer = await rollouts.CreateAsync(request!, caller);
        return answer.Problem is null ? Results.Redirect($"/rollouts/{answer.Id}") : New(context, database, clock, form, $"{answer.Problem.Told()} {UpdateWords.Of("Said.Nothing")}", answer.Status);
    }

    private static async Task<IResult> ActAsync(HttpContext context, long id, string act, Caller caller, Rollouts rollouts, Database database, TimeProvider clock)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        string reason = form?["reason"].ToString().Trim() ?? "";
        Sentence? problem = Bounds.Reason(reason);
        Task<Rollouts.Answer>? work = problem is not null || !Enum.TryParse(act, ignoreCase: true, out RolloutAct chosen) ? null : chosen switch
        {
            RolloutAct.Approve => rollouts.ApproveAsync(id, reason, caller),
            RolloutAct.Start => rollouts.StartAsync(id, reason, caller),
            RolloutAct.Pause => rollouts.PauseAsync(id, reason, caller),
            RolloutAct.Resume => rollouts.ResumeAsync(id, new ResumeRequest(reason, form!["acceptBroken"] == "on"), caller),
            RolloutAct.Stop => rollouts.StopAsync(id, reason, caller),
            RolloutAct.Retry => rollouts.RetryAsync(id, new RetryRequest(reason), caller),
            _ => null,
        };
        if (work is null)
        {
            return Show(context, id, caller, database, clock, $"{problem?.Told() ?? UpdateWords.Of("Said.NoAct")} {UpdateWords.Of("Said.Nothing")}", true, StatusCodes.Status400BadRequest);
        }

        Rollouts.Answer answer = await work;
        return answer.Problem is { } refused
            ? Show(context, id, caller, database, clock, $"{refused.Told()} {UpdateWords.Of("Said.Nothing")}", true, answer.Status)
            : Show(context, id, caller, database, clock, UpdateWords.Of("Said.Done"), false, StatusCodes.Status200OK);
    }

    private static async Task<IResult> UploadAsync(HttpContext context, Caller caller, Artifacts artifacts, Database database)
    {
        if (await FileAsync(context, "bundle") is not { } file)
        {
            return List(context, caller, database, $"{UpdateWords.Of("Said.NoFile")} {UpdateWords.Of("Said.NotStored")}", true);
        }

        await using Stream content = file.OpenReadStream();
        (byte[]? sha256, long bytes, bool isNew, Refused? refused) = await artifacts.StoreAsync(content, null, caller, context.RequestAborted);
        return refused is not null
            ? List(context, caller, database, $"{refused.Sentence.Told()} {UpdateWords.Of("Said.NotStored")}", true)
            : List(context, caller, database, UpdateWords.Of(isNew ? "Said.Stored" : "Said.StoredBefore", bytes, Convert.ToHexStringLower(sha256!)), false);
    }

    private static async Task<IResult> PublishAsync(HttpContext context, Caller caller, Releases releases, Database database)
    {
        if (await FileAsync(context, "release") is not { Length: <= UpdateLimits.SignedReleaseBytes } file)
        {
            return List(context, caller, database, $"{UpdateWords.Of("Said.NoRelease", UpdateLimits.SignedReleaseBytes)} {UpdateWords.Of("Said.NotPublished")}", true);
        }

        byte[] message = new byte[file.Length];
        await using (Stream content = file.OpenReadStream())
        {
            await content.ReadExactlyAsync(message, context.RequestAborted);
        }

        (ReleaseRow? release, bool isNew, Refused? refused) = await releases.PublishAsync(message, context.Request.Form["recordRunning"] == "on", caller);
        return release is null
            ? List(context, caller, database, $"{refused!.Sentence.Told()} {UpdateWords.Of("Said.NotPublished")}", true)
            : List(context, caller, database, UpdateWords.Of(isNew ? "Said.Published" : "Said.PublishedBefore", release.Name), false);
    }

    private static async Task<IResult> RecallAsync(HttpContext context, Caller caller, Changes changes, Database database)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        (string digest, string reason) = (form?["digest"].ToString() ?? "", form?["reason"].ToString().Trim() ?? "");
        string? problem = Bounds.Reason(reason)?.Told() ?? (FirmwareRoutes.IsDigest(digest) ? null : UpdateWords.Of("Form.ReleaseUnknown"));
        if (problem is null)
        {
            (_, _, Sentence? refused) = await changes.ProposeAsync("recall", JsonSerializer.Serialize(new Recall(digest, form!["isFraud"] == "on"), JsonSerializerOptions.Web), reason, caller.Name);
            problem = refused?.Told();
        }

        return List(context, caller, database, problem ?? UpdateWords.Of("Said.Proposed"), problem is not null);
    }

    private static IResult Nodes(HttpContext context, long id, Database database, long? wave = null, string? state = null, string after = "")
    {
        NodeState? asked = state is { Length: > 0 } ? QueryNames.State(state) : null;
        using DbConnection connection = database.OpenReader();
        if (RolloutStore.Find(connection, id) is not { } row || (state is { Length: > 0 } && asked is null) || after.Length > 64)
        {
            return None(context, id);
        }

        IReadOnlyList<MemberView> members = WaveStore.Page(connection, id, wave, asked, null, false, after, NodesShown);
        return Pages.Of<RolloutNodesPage>(context, new RolloutNodesView(
            id, row.Name, UpdateWords.Of("Nodes.Title", row.Name),
            [.. members.Select(member => new HistoryLine(
                member.NodeId,
                UpdateWords.Of("Nodes.State", UpdateWords.Of($"Node.{member.State}"), member.Attempt) + (member.Failures > 0 ? UpdateWords.Of("Nodes.Failures", member.Failures, UpdateWords.Of($"Reason.{member.Reason}")) : ""),
                (member.ConfirmedUnixMilliseconds ?? member.HeardUnixMilliseconds ?? member.OfferedUnixMilliseconds) is { } at ? NodeHistoryView.Instant(at) : "–",
                UpdateWords.Of("Nodes.Sent", member.SentBytes / 1024), $"/nodes/{member.NodeId}"))],
            ["List.Node", "List.State", "Update.At", "Update.Sent"],
            members.Count == NodesShown ? $"/rollouts/{id}/nodes?wave={wave}&state={asked}&after={members[^1].NodeId}" : null));
    }

    private static IResult Failures(HttpContext context, long id, Database database, string? reason = null, long before = long.MaxValue)
    {
        UpdateReason? asked = reason is { Length: > 0 } ? QueryNames.Reason(reason) : null;
        using DbConnection connection = database.OpenReader();
        if (RolloutStore.Find(connection, id) is not { } row || (reason is { Length: > 0 } && asked is null))
        {
            return None(context, id);
        }

        IReadOnlyList<EndView> ends = WaveStore.Failures(connection, id, asked, before, NodesShown);
        return Pages.Of<RolloutNodesPage>(context, new RolloutNodesView(
            id, row.Name, UpdateWords.Of("Failures.Title", row.Name),
            [.. ends.Select(end => new HistoryLine(end.NodeId, UpdateWords.Of("Failures.How", UpdateWords.Of($"Node.{end.State}"), UpdateWords.Of($"Reason.{end.Reason}"), end.Attempt), NodeHistoryView.Instant(end.AtUnixMilliseconds), end.Firmware, $"/nodes/{end.NodeId}"))],
            ["List.Node", "List.State", "Update.At", "List.Firmware"],
            ends.Count == NodesShown ? $"/rollouts/{id}/failures?reason={asked}&before={ends[^1].Id}" : null));
    }

    // The form was read already, when its token was looked at.
    private static async Task<IFormFile?> FileAsync(HttpContext context, string name) =>
        context.Request.HasFormContentType && (await context.Request.ReadFormAsync(context.RequestAborted)).Files.GetFile(name) is { Length: > 0 } file ? file : null;

    private static AntiforgeryTokenSet TokenFor(HttpContext context) => context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
}
