using System.Data.Common;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Opens waves, and counts what decides over the open one. For the writer's thread, or a reader.</summary>
internal static class RolloutWaves
{
    private const long MillisecondsPerHour = 3_600_000;

    /// <summary>Nodes that one transaction takes in, at most: others wait for the database meanwhile.</summary>
    public const int NodesAtOnce = 5000;

    /// <summary>How many nodes a wave would take now.</summary>
    public static long ToTake(DbConnection connection, RolloutRow rollout, ReleaseRow release, long wave, long nowUnixMilliseconds)
    {
        RolloutPlan plan = rollout.Plan;
        long last = plan.IsHeldBack(wave) ? RolloutStore.Wave(connection, rollout.Id, wave - 1).Size : 0;
        return plan.Take(wave, last, TargetStore.Members(connection, rollout.Id), TargetStore.Candidates(connection, rollout.Id, plan.Target, release, nowUnixMilliseconds));
    }

    /// <summary>Moves the rollout to a wave and takes in its first nodes. What is more is taken in by the steps that follow; the wave itself says how many are to come, so that a kill changes nothing.</summary>
    public static void Open(DbConnection connection, RolloutRow rollout, ReleaseRow release, long wave, string? reason, string by, long nowUnixMilliseconds)
    {
        long toTake = ToTake(connection, rollout, release, wave, nowUnixMilliseconds);
        RolloutStore.OpenWave(connection, rollout.Id, wave, toTake, nowUnixMilliseconds);
        RolloutStore.Move(connection, rollout.Id, wave == 0 ? RolloutState.Canary : RolloutState.Wave, wave, null, nowUnixMilliseconds);
        string act = wave == 0 ? "canary" : rollout.Plan.IsHeldBack(wave) ? "heldBack" : "wave";
        EventStore.Record(connection, nowUnixMilliseconds, Rollouts.EventKind, null, by, new { rollout = rollout.Id, rollout.Name, act, wave, nodes = toTake, reason });
        WaveRow opened = RolloutStore.Wave(connection, rollout.Id, wave);
        Fill(connection, rollout, release, opened, Next(connection, rollout, release, opened, nowUnixMilliseconds), by, nowUnixMilliseconds);
    }

    /// <summary>The nodes that a wave takes in next; for a reader.</summary>
    public static IReadOnlyList<long> Next(DbConnection connection, RolloutRow rollout, ReleaseRow release, WaveRow wave, long nowUnixMilliseconds) =>
        [.. TargetStore.Some(connection, rollout.Id, rollout.Plan.Target, release, nowUnixMilliseconds, Math.Min(NodesAtOnce, wave.ToTake)).Select(node => node.Node)];

    /// <summary>Takes nodes into an open wave.</summary>
    public static void Fill(DbConnection connection, RolloutRow rollout, ReleaseRow release, WaveRow wave, IReadOnlyList<long> nodes, string by, long nowUnixMilliseconds)
    {
        long taken = TargetStore.Freeze(connection, rollout.Id, wave.Wave, nodes, rollout.Plan.Target, release, nowUnixMilliseconds);

        // Where fewer match than there were, the wave has what there is.
        bool isFilled = nodes.Count == 0 || taken >= wave.ToTake;
        RolloutStore.Fill(connection, rollout.Id, wave.Wave, taken, isFilled ? 0 : wave.ToTake - taken);
        if (!isFilled || wave.Wave < rollout.Plan.Waves.Count)
        {
            return;
        }

        // From the last wave on everybody is offered another: what two people recalled is from now on replaced.
        foreach (string digest in TargetStore.Unreplaced(connection, rollout.Id, release.Digest))
        {
            if (FirmwareStore.Replace(connection, digest, nowUnixMilliseconds))
            {
                EventStore.Record(connection, nowUnixMilliseconds, "replacement", null, by, new { digest, rollout = rollout.Id, by = release.Digest });
            }
        }
    }

    /// <summary>What is known of a wave.</summary>
    public static (WaveFacts Facts, IReadOnlyDictionary<NodeState, long> States) Facts(DbConnection connection, WaveRow wave, GateRules rules, long nowUnixMilliseconds)
    {
        IReadOnlyDictionary<NodeState, long> states = WaveStore.States(connection, wave.Rollout, wave.Wave);
        long silent = WaveStore.Silent(connection, wave.Rollout, wave.Wave, wave.WatchedUnixMilliseconds, nowUnixMilliseconds - (rules.SilentHours * MillisecondsPerHour));
        return (new WaveFacts(
            wave.Size, states.GetValueOrDefault(NodeState.Confirmed), WaveStore.Failed(connection, wave.Rollout, wave.Wave), silent, wave.EnoughUnixMilliseconds, wave.Metering, wave.Accepted), states);
    }
}
