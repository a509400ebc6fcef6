using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using DePin.Fleet.Approvals;
using DePin.Fleet.Nodes;
using DePin.Fleet.Overview;
using DePin.Fleet.People;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Updates;

/// <summary>Every rollout, every release, and what waits for a second manager.</summary>
public sealed record RolloutsView(string? Said, bool IsProblem, bool MayAct, IReadOnlyList<RolloutItem> Rollouts, IReadOnlyList<ReleaseItem> Releases, IReadOnlyList<RecallItem> Recalls, AntiforgeryTokenSet? Token)
{
    private const int MostShown = 50, MostRecalls = 20;

    internal static RolloutsView Read(DbConnection connection, Caller caller, string? said, bool isProblem, AntiforgeryTokenSet? token) => new(
        said, isProblem, caller.Has(Roles.Manager),
        [.. RolloutStore.Page(connection, MostShown).Select(row => RolloutItem.Of(connection, row))],
        [.. ReleaseStore.All(connection).Reverse().Take(MostShown).Select(ReleaseItem.Of)],
        [.. ChangeStore.WaitingOfKind(connection, "recall", MostRecalls).Select(change => RecallItem.Of(connection, change, caller))],
        token);
}

/// <summary>A rollout in the list.</summary>
public sealed record RolloutItem(string Address, string Name, string Release, string State, string Shade, string Reason, string Made)
{
    internal static RolloutItem Of(DbConnection connection, RolloutRow row) => new(
        $"/rollouts/{row.Id}", row.Name, row.Release is { } id ? ReleaseStore.Get(connection, id).Name : "–", RolloutPageView.StateOf(row), RolloutPageView.ShadeOf(row.State), Sentence.Read(row.Reason) ?? "",
        $"{row.MadeBy}, {NodeHistoryView.Instant(row.MadeUnixMilliseconds)}");
}

/// <summary>A published release.</summary>
public sealed record ReleaseItem(string Id, string Name, string Build, string Profiles, string Digest, string Published, string? Recalled)
{
    internal static ReleaseItem Of(ReleaseRow row) => new(
        row.Id, row.Name, row.Build.ToString(CultureInfo.InvariantCulture), string.Join(", ", row.Profiles.Select(number => Profile.ByNumber.TryGetValue((int)number, out Profile? profile) ? profile.Name : $"{number}")), row.Digest,
        $"{row.By}, {NodeHistoryView.Instant(row.MadeUnixMilliseconds)}", row.RecalledUnixMilliseconds is { } at ? NodeHistoryView.Instant(at) : null);
}

/// <summary>A recall that somebody proposed.</summary>
public sealed record RecallItem(long Id, string What, string Who, bool MayApprove)
{
    internal static RecallItem Of(DbConnection connection, ChangeRow change, Caller caller)
    {
        JsonNode content = JsonNode.Parse(change.Content)!;
        string digest = (string?)content["digest"] ?? (string?)content["Digest"] ?? "";
        return new RecallItem(change.Id, FirmwareStore.Find(connection, digest)?.Name ?? digest, $"{change.ProposedBy}: {change.Reason}", caller.Has(Roles.Manager) && change.ProposedBy != caller.Name);
    }
}

/// <summary>The form of a new rollout, as filled in.</summary>
/// <param name="Said">What is wrong with it, or null.</param>
/// <param name="Count">How many nodes match now, in words.</param>
/// <param name="Value">A field by its name.</param>
/// <param name="Releases">Releases that can be sent.</param>
/// <param name="Profiles">Hardware profiles.</param>
/// <param name="Firmwares">What nodes run.</param>
/// <param name="Tags">Tags that nodes have.</param>
/// <param name="IsMetering">Whether the gate looks at metering.</param>
/// <param name="Token">Proves the form to be this page's.</param>
public sealed record RolloutNewView(
    string? Said, string Count, Func<string, string> Value, IReadOnlyList<Choice> Releases, IReadOnlyList<Choice> Profiles, IReadOnlyList<Choice> Firmwares, IReadOnlyList<string> Tags, bool IsMetering, AntiforgeryTokenSet? Token)
{
    private const int FirmwaresShown = 50;

    internal static RolloutNewView Read(DbConnection connection, RolloutForm form, string? said, long now, AntiforgeryTokenSet token) => new(
        said,
        CountOf(connection, form, now),
        name => form[name],
        [new Choice("", UpdateWords.Of("Form.NoRelease"), form["release"].Length == 0), .. ReleaseStore.All(connection).Reverse().Where(row => row.RecalledUnixMilliseconds is null).Select(row => new Choice(row.Id, $"{row.Name} ({row.Build})", row.Id == form["release"]))],
        [.. Profile.ByNumber.Values.OrderBy(profile => profile.Number).Select(profile => new Choice(profile.Name, profile.Title, form.Has("profiles", profile.Name)))],
        [new Choice("", OverviewWords.Of("Filter.All"), form["firmware"].Length == 0), .. OverviewStore.Firmware(connection, FirmwaresShown).Select(each => new Choice(each.Digest, OverviewWords.Of("Filter.Firmware", each.Name ?? each.Digest, each.Nodes), form.Has("firmware", each.Digest)))],
        [.. TargetStore.Tags(connection).Select(tag => tag.Tag)],
        form.Has("metering", "on"),
        token);

    /// <summary>How many nodes the plan would be for now, in words.</summary>
    internal static string CountOf(DbConnection connection, RolloutForm form, long now)
    {
        (RolloutRequest? request, string? problem) = form.Read();
        return request is null || (problem = request.ToPlan().Problem()?.Told()) is not null ? problem!
            : request.Release is null ? UpdateWords.Of("Form.CountNeedsRelease")
            : ReleaseStore.Find(connection, request.Release) is not { } release ? UpdateWords.Of("Form.ReleaseUnknown")
            : UpdateWords.Of("Form.Count", TargetStore.Candidates(connection, 0, request.ToPlan().Target, release, now));
    }
}

/// <summary>One wave on the page of a rollout.</summary>
public sealed record WaveItem(
    string Title, long Size, long Confirmed, string Opened, string Time, string Traffic, IReadOnlyList<(string Words, string Address)> Nodes, string Decides, IReadOnlyList<(string Shade, string Sign, string Name, string Value, string Rule)> Gate,
    IReadOnlyList<(string Words, string Address)> Failures);

/// <summary>The page of a rollout.</summary>
public sealed record RolloutPageView(
    long Id, string Name, string? Said, bool IsProblem, string State, string Shade, string? Reason, IReadOnlyList<(string Name, string Value)> Facts, string? Next, IReadOnlyList<WaveItem> Waves, IReadOnlyList<RolloutAct> Acts,
    bool IsBroken, AntiforgeryTokenSet? Token)
{
    internal static RolloutPageView Read(DbConnection connection, RolloutRow row, Caller caller, string? said, bool isProblem, AntiforgeryTokenSet? token, long now)
    {
        RolloutView view = RolloutView.Of(connection, row, now);
        RolloutAct[] acts = caller.Has(Roles.Manager)
            ? [.. Enum.GetValues<RolloutAct>().Where(act => act is not RolloutAct.Edit && RolloutRules.Problem(row.State, act) is null && !(act is RolloutAct.Approve && (row.MadeBy == caller.Name || row.EditedBy == caller.Name)))]
            : [];
        return new RolloutPageView(
            row.Id, row.Name, said, isProblem, StateOf(row), ShadeOf(row.State), Sentence.Read(row.Reason),
            FactsOf(view),
            row.State switch
            {
                RolloutState.Draft => UpdateWords.Of("Next.Draft"),
                RolloutState.Signed => UpdateWords.Of("Next.Signed", row.EditedBy),
                RolloutState.Approved => UpdateWords.Of("Next.Approved"),
                RolloutState.Paused => UpdateWords.Of("Next.Paused"),
                _ => null,
            },
            [.. view.Waves.Reverse().Select(wave => WaveOf(row.Id, wave))],
            acts,
            row.State == RolloutState.Paused && view.Waves.LastOrDefault()?.Gate.Outcome == GateOutcome.Breaks,
            token);
    }

    /// <summary>Where it stands, in words.</summary>
    internal static string StateOf(RolloutRow row) => row.State == RolloutState.Wave ? UpdateWords.Of("State.WaveOf", row.Wave, row.Plan.Waves.Count) : UpdateWords.Of($"State.{row.State}");

    internal static string ShadeOf(RolloutState state) => state switch { RolloutState.Canary or RolloutState.Wave or RolloutState.Done => "on", RolloutState.Paused => "held", RolloutState.Stopped => "refused", _ => "off" };

    private static List<(string, string)> FactsOf(RolloutView view)
    {
        Target target = view.Plan.Target;
        string Text(IReadOnlyList<string>? entries) => entries is null ? "" : string.Join(", ", entries);
        string[] filters = [.. ((string, string)[])
            [("profiles", Text(target.Profiles)), ("firmware", Text(target.Firmware)), ("area", target.Area is { } area ? string.Create(CultureInfo.InvariantCulture, $"{area.South}, {area.West}, {area.North}, {area.East}") : ""), ("operators", Text(target.Operators)),
                ("builders", Text(target.CapitalBuilders)), ("agreements", Text(target.Agreements)), ("tags", Text(target.Tags)), ("without", Text(target.WithoutTags))]
            is var all ? all.Where(filter => filter.Item2.Length > 0).Select(filter => $"{UpdateWords.Of($"Form.{filter.Item1}")}: {filter.Item2}") : []];
        return
        [
            (UpdateWords.Of("Form.release"), view.Release is { } release ? $"{release.Name} ({release.Build}, {release.Firmware}){(release.RecalledUnixMilliseconds is null ? "" : ", " + OverviewWords.Of("Fact.Recalled"))}" : "–"),
            (UpdateWords.Of("Fact.Target"), filters.Length == 0 ? UpdateWords.Of("Fact.Everyone") : string.Join("; ", filters)),
            (UpdateWords.Of("Fact.Nodes"), UpdateWords.Of("Fact.NodesAre", view.Members, view.Matching)),
            (UpdateWords.Of("Fact.Steps"), string.Join(", ", view.Plan.Waves.Prepend(view.Plan.Canary).Select(wave => wave.Percent is { } percent ? $"{percent} %" : $"{wave.Nodes}"))),
            (UpdateWords.Of("Fact.Planned"), $"{view.MadeBy}, {NodeHistoryView.Instant(view.MadeUnixMilliseconds)}"),
            (UpdateWords.Of("Fact.Approved"), view.ApprovedBy is null ? "–" : $"{view.ApprovedBy}, {NodeHistoryView.Instant(view.ApprovedUnixMilliseconds!.Value)}"),
        ];
    }

    private static WaveItem WaveOf(long rollout, WaveView wave)
    {
        string Address(string filter) => $"/rollouts/{rollout}/nodes?wave={wave.Wave}&{filter}";
        NodeCounts nodes = wave.Nodes;
        (NodeState State, long Nodes)[] states =
        [
            (NodeState.Pending, nodes.Pending), (NodeState.Offered, nodes.Offered), (NodeState.Accepted, nodes.Accepted), (NodeState.Downloading, nodes.Downloading), (NodeState.Verified, nodes.Verified), (NodeState.Waiting, nodes.Waiting),
            (NodeState.Trial, nodes.Trial), (NodeState.Confirmed, nodes.Confirmed), (NodeState.WentBack, nodes.WentBack), (NodeState.Rejected, nodes.Rejected), (NodeState.Withdrawn, nodes.Withdrawn), (NodeState.NeedsAttention, nodes.NeedsAttention),
        ];
        return new WaveItem(
            wave.Wave == 0 ? UpdateWords.Of("State.Canary") : UpdateWords.Of("Wave.Title", wave.Wave),
            wave.Size,
            nodes.Confirmed,
            NodeHistoryView.Instant(wave.OpenedUnixMilliseconds) + (wave.PassedUnixMilliseconds is { } passed ? UpdateWords.Of("Wave.Passed", NodeHistoryView.Instant(passed)) : ""),
            wave.Time.SecondsTo99 is { } seconds ? UpdateWords.Of(wave.Time.IsForecast ? "Wave.Forecast" : "Wave.Measured", Math.Ceiling(seconds / 60.0)) : wave.Time.Basis.Told(),
            UpdateWords.Of("Wave.Traffic", wave.SentBytes / 1024, wave.RepeatedBytes / 1024),
            [.. states.Where(state => state.Nodes > 0).Select(state => (UpdateWords.Of("Wave.State", UpdateWords.Of($"Node.{state.State}"), state.Nodes), Address($"state={state.State}")))],
            wave.Gate.Sentence.Told(),
            [.. wave.Gate.Figures.Select(figure => (ShadeOf(figure.Outcome), SignOf(figure.Outcome), figure.Name.Told(), figure.Value.Told(), figure.Rule.Told()))],
            [.. wave.FailedAttempts.Select(end => (UpdateWords.Of("Wave.Failure", UpdateWords.Of($"Reason.{end.Reason}"), end.Attempts, end.Nodes), $"/rollouts/{rollout}/failures?reason={end.Reason}"))]);
    }

    private static string ShadeOf(GateOutcome outcome) => outcome switch { GateOutcome.Passes => "on", GateOutcome.Breaks => "refused", _ => "held" };

    private static string SignOf(GateOutcome outcome) => outcome switch { GateOutcome.Passes => "✓", GateOutcome.Breaks => "✕", _ => "…" };
}

/// <summary>Nodes of a rollout, or how their attempts ended.</summary>
public sealed record RolloutNodesView(long Id, string Name, string Title, IReadOnlyList<HistoryLine> Lines, string[] Heads, string? More);
