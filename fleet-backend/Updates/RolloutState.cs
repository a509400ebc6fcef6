namespace DePin.Fleet.Updates;

/// <summary>Where a rollout stands.</summary>
public enum RolloutState
{
    /// <summary>Planned; no release yet.</summary>
    Draft,

    /// <summary>Its release is published, with two signatures.</summary>
    Signed,

    /// <summary>A second manager agreed.</summary>
    Approved,

    /// <summary>The first few nodes have it.</summary>
    Canary,

    /// <summary>One of the waves is open.</summary>
    Wave,

    /// <summary>The last wave passed its gate; nodes that were away still get their offer when they come.</summary>
    Done,

    /// <summary>No offers and no blocks until somebody resumes; trials go on.</summary>
    Paused,

    /// <summary>Offers are withdrawn, for good.</summary>
    Stopped,
}

/// <summary>What a person may do with a rollout.</summary>
public enum RolloutAct
{
    /// <summary>Change plan or release.</summary>
    Edit,

    /// <summary>Agree, as a second manager.</summary>
    Approve,

    /// <summary>Open the canary.</summary>
    Start,

    /// <summary>Hold it.</summary>
    Pause,

    /// <summary>Go on.</summary>
    Resume,

    /// <summary>End it.</summary>
    Stop,

    /// <summary>Try again what failed for good.</summary>
    Retry,
}

/// <summary>What happens to a rollout by itself.</summary>
/// <param name="State">Where it goes, null where it stays.</param>
/// <param name="OpenWave">The wave to open, or null.</param>
/// <param name="Reason">Why, in words for a person.</param>
public sealed record RolloutMove(RolloutState? State, long? OpenWave = null, Sentence? Reason = null)
{
    /// <summary>Nothing.</summary>
    public static RolloutMove None { get; } = new(State: null);
}

/// <summary>What decides over a rollout at an instant.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Wave">The wave that is open.</param>
/// <param name="LastWave">The last one that has nodes to take: a planned one, or that of the nodes held back.</param>
/// <param name="Gate">How the open wave's gate stands.</param>
/// <param name="IsRecalled">Whether two people recalled the release.</param>
/// <param name="IsExpired">Whether the release's time for offers is over.</param>
public sealed record RolloutFacts(RolloutState State, long Wave, long LastWave, GateView Gate, bool IsRecalled, bool IsExpired);

/// <summary>Decides over rollouts; pure.</summary>
public static class RolloutRules
{
    /// <summary>Whether offers are made and blocks are given.</summary>
    public static bool IsServed(RolloutState state) => state is RolloutState.Canary or RolloutState.Wave or RolloutState.Done;

    /// <summary>Why somebody may not do this now, as a sentence, or null.</summary>
    public static Sentence? Problem(RolloutState state, RolloutAct act) =>
        (act switch
        {
            RolloutAct.Edit => state is RolloutState.Draft or RolloutState.Signed or RolloutState.Approved,
            RolloutAct.Approve => state is RolloutState.Signed,
            RolloutAct.Start => state is RolloutState.Approved,
            RolloutAct.Pause => state is RolloutState.Canary or RolloutState.Wave,
            RolloutAct.Resume => state is RolloutState.Paused,
            RolloutAct.Stop => state is not RolloutState.Stopped,
            RolloutAct.Retry => state is RolloutState.Canary or RolloutState.Wave or RolloutState.Paused or RolloutState.Done,
            _ => throw new ArgumentOutOfRangeException(nameof(act)),
        })
            ? null
            : (state, act) switch
            {
                (RolloutState.Draft, _) => Sentence.Of($"It has no release yet; name a published one first."),
                (RolloutState.Signed, _) => Sentence.Of($"A second manager has to approve it first."),
                (RolloutState.Approved, RolloutAct.Approve) => Sentence.Of($"It is approved; start it."),
                (RolloutState.Approved, _) => Sentence.Of($"It was not started yet."),
                (RolloutState.Paused, RolloutAct.Pause) => Sentence.Of($"It is paused already."),
                (RolloutState.Done, _) => Sentence.Of($"It is done."),
                (RolloutState.Stopped, _) => Sentence.Of($"It was stopped, for good; make another one."),
                (_, RolloutAct.Edit) => Sentence.Of($"It was started, and what was approved counts; stop it and make another one."),
                _ => Sentence.Of($"It is running."),
            };

    /// <summary>What happens by itself.</summary>
    public static RolloutMove Next(RolloutFacts facts)
    {
        bool isRunning = facts.State is RolloutState.Canary or RolloutState.Wave;
        if (facts.IsRecalled && (isRunning || facts.State is RolloutState.Paused or RolloutState.Done))
        {
            return new RolloutMove(RolloutState.Stopped, Reason: Sentence.Of($"its release was recalled"));
        }

        if (!isRunning)
        {
            return RolloutMove.None;
        }

        return facts.IsExpired ? new RolloutMove(RolloutState.Paused, Reason: Sentence.Of($"its release expired: publish another one"))
            : facts.Gate.Outcome switch
            {
                GateOutcome.Breaks => new RolloutMove(RolloutState.Paused, Reason: facts.Gate.Sentence),
                GateOutcome.Passes when facts.Wave >= facts.LastWave => new RolloutMove(RolloutState.Done, Reason: Sentence.Of($"the last wave passed its gate")),
                GateOutcome.Passes => new RolloutMove(RolloutState.Wave, facts.Wave + 1, facts.Gate.Sentence),
                _ => RolloutMove.None,
            };
    }
}
