using System.Data.Common;
using DePin.Contracts.Updates;

namespace DePin.Fleet.Updates;

/// <summary>
/// A rollout as the API shows it: where it stands, every wave's figures, and what decides next. Held back are nodes that no planned wave takes, with
/// which the others are compared; they have a wave of their own when the last gate passed.
/// </summary>
internal sealed record RolloutView(
    long Id, string Name, RolloutState State, long? Wave, string? Reason, RolloutRelease? Release, RolloutPlan Plan, long Matching, long Members, long HeldBack, string MadeBy, long MadeUnixMilliseconds, string EditedBy,
    string? ApprovedBy, long? ApprovedUnixMilliseconds, long? StartedUnixMilliseconds, long? EndedUnixMilliseconds, IReadOnlyList<WaveView> Waves)
{
    /// <summary>Reads one, with all figures.</summary>
    public static RolloutView Of(DbConnection connection, RolloutRow row, long nowUnixMilliseconds)
    {
        ReleaseRow? release = row.Release is { } id ? ReleaseStore.Get(connection, id) : null;
        RolloutPlan plan = row.Plan;
        bool isEnded = row.EndedUnixMilliseconds is not null;
        long matching = release is null || isEnded ? 0 : TargetStore.Candidates(connection, row.Id, plan.Target, release, nowUnixMilliseconds);
        long members = TargetStore.Members(connection, row.Id);
        return new RolloutView(
            row.Id, row.Name, row.State, row.Wave, Sentence.Read(row.Reason, Language.English), release is null ? null : new RolloutRelease(release.Id, release.Name, release.Build, release.Digest, release.RecalledUnixMilliseconds), plan,
            matching, members, row.Wave is { } open && plan.IsHeldBack(open) ? 0 : Math.Min(matching, plan.HeldBack(matching + members)),
            row.MadeBy, row.MadeUnixMilliseconds, row.EditedBy, row.ApprovedBy, row.ApprovedUnixMilliseconds, row.StartedUnixMilliseconds, row.EndedUnixMilliseconds,
            [.. RolloutStore.Waves(connection, row.Id).Select(wave => WaveView.Of(connection, wave, plan, nowUnixMilliseconds))]);
    }
}

/// <summary>A rollout in a list.</summary>
internal sealed record RolloutLine(long Id, string Name, RolloutState State, long? Wave, string? Reason, string? Release, string MadeBy, long MadeUnixMilliseconds, string? ApprovedBy, long? StartedUnixMilliseconds, long? EndedUnixMilliseconds)
{
    public static RolloutLine Of(DbConnection connection, RolloutRow row) => new(
        row.Id, row.Name, row.State, row.Wave, Sentence.Read(row.Reason, Language.English), row.Release is { } id ? ReleaseStore.Get(connection, id).Name : null, row.MadeBy, row.MadeUnixMilliseconds, row.ApprovedBy, row.StartedUnixMilliseconds, row.EndedUnixMilliseconds);
}

/// <summary>The release of a rollout.</summary>
internal sealed record RolloutRelease(string Id, string Name, long Build, string Firmware, long? RecalledUnixMilliseconds);

/// <summary>
/// A wave: its nodes by where they stand now (they add up to its size; a large one may still have some to take), what is counted across that (offered: with an offer made; failed: last attempt
/// failed; silent: no word for too long), how failed attempts ended, traffic, and its gate.
/// </summary>
internal sealed record WaveView(
    long Wave, bool IsHeldBack, long Size, long ToTake, long OpenedUnixMilliseconds, long? EnoughUnixMilliseconds, long? PassedUnixMilliseconds, NodeCounts Nodes, long OffersMade, long Failed, long Silent, IReadOnlyList<EndCount> FailedAttempts,
    long SentBytes, long RepeatedBytes, Forecast Time, Accepted Accepted, MeteringFigures? Metering, GateView Gate)
{
    private const long MillisecondsPerSecond = 1000;

    public static WaveView Of(DbConnection connection, WaveRow wave, RolloutPlan plan, long nowUnixMilliseconds)
    {
        (WaveFacts facts, IReadOnlyDictionary<NodeState, long> states) = RolloutWaves.Facts(connection, wave, plan.Gate, nowUnixMilliseconds);
        (long offered, long sent, long repeated) = WaveStore.Traffic(connection, wave.Rollout, wave.Wave);
        long? Seconds(int percent) => facts.Confirmed * 100 < percent * wave.Size ? null
            : (WaveStore.ConfirmedAt(connection, wave.Rollout, wave.Wave, wave.Size, percent) - wave.OpenedUnixMilliseconds) / MillisecondsPerSecond;
        var time = Forecast.Of(
            wave.Size, offered, plan.Rate.OffersPerMinute, (nowUnixMilliseconds - wave.OpenedUnixMilliseconds) / MillisecondsPerSecond, (Seconds(50), Seconds(90), Seconds(99)),
            WaveStore.SlowMilliseconds(connection, wave.Rollout, wave.Wave, facts.Confirmed) / MillisecondsPerSecond);
        return new WaveView(
            wave.Wave, plan.IsHeldBack(wave.Wave), wave.Size, wave.ToTake, wave.OpenedUnixMilliseconds, wave.EnoughUnixMilliseconds, wave.PassedUnixMilliseconds, NodeCounts.Of(states), offered, facts.Failed, facts.Silent,
            [.. WaveStore.Ends(connection, wave.Rollout, wave.Wave).Select(end => new EndCount(end.State, end.Reason, end.Attempts, end.Nodes))], sent, repeated, time, facts.Accepted, facts.Metering,
            GateView.Of(plan.Gate, facts, nowUnixMilliseconds));
    }
}

/// <summary>Nodes by where they stand.</summary>
internal sealed record NodeCounts(
    long Pending, long Offered, long Accepted, long Downloading, long Verified, long Waiting, long Trial, long Confirmed, long WentBack, long Rejected, long Withdrawn, long NeedsAttention)
{
    public static NodeCounts Of(IReadOnlyDictionary<NodeState, long> states) => new(
        states.GetValueOrDefault(NodeState.Pending), states.GetValueOrDefault(NodeState.Offered), states.GetValueOrDefault(NodeState.Accepted), states.GetValueOrDefault(NodeState.Downloading),
        states.GetValueOrDefault(NodeState.Verified), states.GetValueOrDefault(NodeState.Waiting), states.GetValueOrDefault(NodeState.Trial), states.GetValueOrDefault(NodeState.Confirmed),
        states.GetValueOrDefault(NodeState.WentBack), states.GetValueOrDefault(NodeState.Rejected), states.GetValueOrDefault(NodeState.Withdrawn), states.GetValueOrDefault(NodeState.NeedsAttention));
}

/// <summary>How many attempts of how many nodes ended so.</summary>
internal sealed record EndCount(NodeState State, UpdateReason Reason, long Attempts, long Nodes);
