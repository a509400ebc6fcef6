using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Takes a rollout from wave to wave as its gates say: looks first, and stores what follows only where nobody decided otherwise meanwhile.</summary>
internal static class RolloutMoves
{
    /// <summary>Who did it, for the events.</summary>
    public const string By = "rollout rules";

    private const long MeteringEveryMilliseconds = 600_000;

    /// <summary>What is known of the open wave, and what follows from it; for a reader.</summary>
    public static (WaveFacts Facts, RolloutMove Move) Look(DbConnection connection, RolloutRow rollout, WaveRow wave, ReleaseRow release, bool isExpired, long now)
    {
        RolloutPlan plan = rollout.Plan;
        (WaveFacts facts, _) = RolloutWaves.Facts(connection, wave, plan.Gate, now);
        bool isEnough = GateView.IsEnough(plan.Gate, facts.Size, facts.Confirmed);
        facts = facts with { EnoughUnixMilliseconds = isEnough ? facts.EnoughUnixMilliseconds ?? WaveStore.ConfirmedAt(connection, rollout.Id, wave.Wave, wave.Size, plan.Gate.ExecutedPercent) ?? now : null };
        if (rollout.State is RolloutState.Canary or RolloutState.Wave && IsMeteringDue(plan.Gate, facts, now))
        {
            facts = facts with { Metering = MeteringStore.Take(connection, rollout, wave, facts.EnoughUnixMilliseconds, release, plan.Gate.Metering!, now) };
        }

        GateView gate = GateView.Of(plan.Gate, facts, now);
        bool isAnyHeldBack = gate.Outcome == GateOutcome.Passes && wave.Wave == plan.Waves.Count && plan.Gate.Metering is { HeldBackPercent: > 0 } && RolloutWaves.ToTake(connection, rollout, release, wave.Wave + 1, now) > 0;
        long last = Math.Max(wave.Wave, plan.Waves.Count + (isAnyHeldBack ? 1 : 0));
        return (facts, RolloutRules.Next(new RolloutFacts(rollout.State, wave.Wave, last, gate, release.RecalledUnixMilliseconds is not null, isExpired)));
    }

    /// <summary>Whether it stands as it was read. A person may have decided since: then that counts, and the next step looks again.</summary>
    public static bool IsAsSeen(DbConnection connection, RolloutRow seen) => RolloutStore.Find(connection, seen.Id) is { } rollout && rollout.State == seen.State && rollout.Wave == seen.Wave;

    /// <summary>Stores what was found and does what follows; for the writer's thread.</summary>
    public static void Apply(DbConnection connection, RolloutRow rollout, WaveRow wave, ReleaseRow release, WaveFacts facts, RolloutMove move, long now)
    {
        if (!IsAsSeen(connection, rollout))
        {
            return;
        }

        if (facts.EnoughUnixMilliseconds != wave.EnoughUnixMilliseconds)
        {
            RolloutStore.SetEnough(connection, rollout.Id, wave.Wave, facts.EnoughUnixMilliseconds);
        }

        if (facts.Metering is { } metering && metering.AtUnixMilliseconds != wave.Metering?.AtUnixMilliseconds)
        {
            RolloutStore.SetMetering(connection, rollout.Id, wave.Wave, metering);
        }

        if (move.OpenWave is { } next)
        {
            RolloutStore.Pass(connection, rollout.Id, wave.Wave, now);
            RolloutWaves.Open(connection, rollout, release, next, move.Reason?.ToString(), By, now);
            return;
        }

        if (move.State is { } state)
        {
            RolloutStore.Move(connection, rollout.Id, state, null, move.Reason?.Stored, now);
            EventStore.Record(connection, now, Rollouts.EventKind, null, By, new { rollout = rollout.Id, rollout.Name, act = RolloutStore.Text(state), wave = wave.Wave, reason = move.Reason });
            if (state == RolloutState.Done)
            {
                RolloutStore.Pass(connection, rollout.Id, wave.Wave, now);
            }
            else if (state == RolloutState.Stopped)
            {
                RolloutNodeStore.Withdraw(connection, rollout.Id, release.RecalledUnixMilliseconds is not null, now);
            }
        }
    }

    // Nothing recent, or only figures of before the time that they are to show.
    private static bool IsMeteringDue(GateRules rules, WaveFacts facts, long now) =>
        rules.Metering is { } metering && facts.Confirmed > 0
        && (facts.Metering is not { } last || now - last.AtUnixMilliseconds >= MeteringEveryMilliseconds
            || (GateView.IsLateEnough(metering, facts.EnoughUnixMilliseconds, now) && !GateView.IsLateEnough(metering, facts.EnoughUnixMilliseconds, last.AtUnixMilliseconds)));
}
