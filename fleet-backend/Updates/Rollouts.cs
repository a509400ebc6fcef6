using System.Data.Common;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>What people do with rollouts; each act is an event with who, when and why.</summary>
internal sealed class Rollouts(StoreWriter writer, Downloads downloads, RolloutStep step, TimeProvider clock)
{
    /// <summary>The kind of every event about a rollout.</summary>
    public const string EventKind = "rollout";

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Plans one.</summary>
    public Task<Answer> CreateAsync(RolloutRequest request, Caller by) => writer.RunAsync<Answer>(connection =>
    {
        if (ReleaseOf(connection, request, out long? release) is { } problem)
        {
            return new(0, 409, problem);
        }

        long id = RolloutStore.Insert(connection, request.Name, release, request.ToPlan(), by.Name, Now);
        Record(connection, id, request.Name, "planned", by, request.Reason, new { request.Release, plan = request.ToPlan().Write() });
        return new(id);
    });

    /// <summary>Changes a plan that was not started; it is to be approved anew.</summary>
    public Task<Answer> EditAsync(long id, RolloutRequest request, Caller by) => Act(id, RolloutAct.Edit, (connection, rollout) =>
    {
        if (ReleaseOf(connection, request, out long? release) is { } problem)
        {
            return problem;
        }

        RolloutStore.Edit(connection, id, request.Name, release, request.ToPlan(), by.Name);
        Record(connection, id, request.Name, "changed", by, request.Reason, new { request.Release, plan = request.ToPlan().Write() });
        return null;
    });

    /// <summary>Agrees; neither who planned it nor who changed it last.</summary>
    public Task<Answer> ApproveAsync(long id, string reason, Caller by) => Act(id, RolloutAct.Approve, (connection, rollout) =>
    {
        if (rollout.MadeBy == by.Name || rollout.EditedBy == by.Name)
        {
            return Sentence.Of($"{by.Name} planned rollout {id}; a second manager has to approve it.");
        }

        RolloutStore.Approve(connection, id, by.Name, Now);
        Record(connection, id, rollout.Name, "approved", by, reason);
        return null;
    });

    /// <summary>Opens the canary.</summary>
    public Task<Answer> StartAsync(long id, string reason, Caller by) => Act(id, RolloutAct.Start, (connection, rollout) =>
    {
        ReleaseRow release = ReleaseStore.Get(connection, rollout.Release!.Value);
        ReleaseManifest manifest = SignedRelease.Decode(release.Message, out _)!.Manifest;
        Sentence? problem = release.RecalledUnixMilliseconds is not null ? Sentence.Of($"The release {release.Name} was recalled.")
            : manifest.ExpiresUnixSeconds <= Now / 1000 ? Sentence.Of($"The release {release.Name} expired; publish another one.")
            : manifest.NotBeforeUnixSeconds > Now / 1000 ? Sentence.Of($"The release {release.Name} may be offered from {DateTimeOffset.FromUnixTimeSeconds(manifest.NotBeforeUnixSeconds):yyyy-MM-dd HH:mm}Z on.")
            : TargetStore.Candidates(connection, id, rollout.Plan.Target, release, Now) == 0 ? Sentence.Of($"No node matches its target now.")
            : null;
        if (problem is not null)
        {
            return problem;
        }

        Record(connection, id, rollout.Name, "started", by, reason);
        RolloutWaves.Open(connection, rollout, release, 0, reason, by.Name, Now);
        return null;
    });

    /// <summary>Holds it: no offers and no blocks; trials go on.</summary>
    public Task<Answer> PauseAsync(long id, string reason, Caller by) => Act(id, RolloutAct.Pause, (connection, rollout) =>
    {
        RolloutStore.Move(connection, id, RolloutState.Paused, null, $"{by.Name}: {reason}", Now);
        Record(connection, id, rollout.Name, "paused", by, reason);
        return null;
    });

    /// <summary>Goes on. Where its gate was broken, whoever resumes says that they accept what broke it; the gate then judges only what comes after.</summary>
    public Task<Answer> ResumeAsync(long id, ResumeRequest request, Caller by) => Act(id, RolloutAct.Resume, (connection, rollout) =>
    {
        ReleaseRow release = ReleaseStore.Get(connection, rollout.Release!.Value);
        WaveRow wave = RolloutStore.Wave(connection, id, rollout.Wave!.Value);
        GateRules rules = rollout.Plan.Gate;
        (WaveFacts facts, _) = RolloutWaves.Facts(connection, wave, rules, Now);
        GateView gate = GateView.Of(rules, facts, Now);
        if (SignedRelease.Decode(release.Message, out _)!.Manifest.ExpiresUnixSeconds <= Now / 1000)
        {
            return Sentence.Of($"The release {release.Name} expired; publish another one.");
        }

        if (gate.IsBrokenByMoreThanSilence() && !request.AcceptBroken)
        {
            return Sentence.Of($"Its gate is broken ({gate.Sentence}). Put it right and retry the nodes, or resume and accept what broke it (acceptBroken).");
        }

        Accepted? accepted = null;
        RolloutStore.Watch(connection, id, wave.Wave, Now);
        if (gate.Outcome == GateOutcome.Breaks && request.AcceptBroken)
        {
            accepted = new Accepted(facts.Failed, facts.Silent, facts.Metering?.Contradicted ?? 0, facts.Accepted.IsMeteringAccepted || gate.Figures.Skip(4).Any(figure => figure.Outcome == GateOutcome.Breaks));
            RolloutStore.Accept(connection, id, wave.Wave, accepted);
        }

        RolloutStore.Move(connection, id, wave.Wave == 0 ? RolloutState.Canary : RolloutState.Wave, null, null, Now);
        Record(connection, id, rollout.Name, "resumed", by, request.Reason, new { broken = accepted is null ? null : gate.Sentence, accepted });
        return null;
    });

    /// <summary>Ends it: offers are withdrawn, nodes that download are told; what is on trial goes on.</summary>
    public Task<Answer> StopAsync(long id, string reason, Caller by) => Act(id, RolloutAct.Stop, (connection, rollout) =>
    {
        RolloutStore.Move(connection, id, RolloutState.Stopped, null, $"{by.Name}: {reason}", Now);
        RolloutNodeStore.Withdraw(connection, id, isRecalled: false, Now);
        Record(connection, id, rollout.Name, "stopped", by, reason);
        return null;
    });

    /// <summary>Tries again what failed, also for good.</summary>
    public Task<Answer> RetryAsync(long id, RetryRequest request, Caller by) => Act(id, RolloutAct.Retry, (connection, rollout) =>
    {
        long nodes = RolloutNodeStore.Retry(connection, id, request.Nodes, Now);
        if (nodes == 0)
        {
            return request.Nodes is null ? Sentence.Of($"No node of it failed.") : Sentence.Of($"None of these nodes failed in it.");
        }

        Record(connection, id, rollout.Name, "retried", by, request.Reason, new { nodes, named = request.Nodes });
        return null;
    });

    private async Task<Answer> Act(long id, RolloutAct act, Func<DbConnection, RolloutRow, Sentence?> work)
    {
        Answer answer = await writer.RunAsync<Answer>(connection =>
            RolloutStore.Find(connection, id) is not { } rollout ? new(id, 404, Sentence.Of($"There is no rollout {id}."))
            : (RolloutRules.Problem(rollout.State, act) ?? work(connection, rollout)) is { } problem ? new(id, 409, problem)
            : new(id));
        if (answer.Problem is null && act is RolloutAct.Pause or RolloutAct.Stop)
        {
            downloads.Forget(id);
        }

        step.Wake();
        return answer;
    }

    private static Sentence? ReleaseOf(DbConnection connection, RolloutRequest request, out long? rowId)
    {
        ReleaseRow? release = request.Release is null ? null : ReleaseStore.Find(connection, request.Release);
        rowId = release?.RowId;
        return request.Release is not null && release is null ? Sentence.Of($"There is no release '{request.Release}'; publish it first, or leave it out for a draft.")
            : release?.RecalledUnixMilliseconds is not null ? Sentence.Of($"The release {release.Name} was recalled.")
            : null;
    }

    private void Record(DbConnection connection, long id, string name, string act, Caller by, string reason, object? more = null) =>
        EventStore.Record(connection, Now, EventKind, null, by.Name, new { rollout = id, name, act, reason, more });

    /// <summary>What came of an act.</summary>
    internal sealed record Answer(long Id, int Status = 200, Sentence? Problem = null);
}
