using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Updates;

/// <summary>Opens waves, and counts what decides over the open one. For the writer's thread, or a reader.</summary>
internal static class RolloutWaves
{
    private const long MillisecondsPerHour = 3_600_000;

    /// <summary>Freezes a wave's nodes and moves the rollout there; how many nodes it has.</summary>
    public static long Open(SqliteConnection connection, RolloutRow rollout, ReleaseRow release, long wave, string? reason, string by, long nowUnixMilliseconds)
    {
        RolloutPlan plan = rollout.Plan;
        long take = plan.Wave(wave).Take(TargetStore.Members(connection, rollout.Id), TargetStore.Candidates(connection, rollout.Id, plan.Target, release, nowUnixMilliseconds));
        long size = TargetStore.Freeze(connection, rollout.Id, wave, take, plan.Target, release, nowUnixMilliseconds);
        RolloutStore.OpenWave(connection, rollout.Id, wave, size, nowUnixMilliseconds);
        RolloutStore.Move(connection, rollout.Id, wave == 0 ? RolloutState.Canary : RolloutState.Wave, wave, null, nowUnixMilliseconds);
        EventStore.Record(connection, nowUnixMilliseconds, Rollouts.EventKind, null, by, new { rollout = rollout.Id, rollout.Name, act = wave == 0 ? "canary" : "wave", wave, nodes = size, reason });
        if (wave == plan.Waves.Count)
        {
            // From the last wave on everybody is offered another: what two people recalled is from now on replaced.
            foreach (string digest in TargetStore.Unreplaced(connection, rollout.Id, release.Digest))
            {
                if (FirmwareStore.Replace(connection, digest, nowUnixMilliseconds))
                {
                    EventStore.Record(connection, nowUnixMilliseconds, "replacement", null, by, new { digest, rollout = rollout.Id, by = release.Digest });
                }
            }
        }

        return size;
    }

    /// <summary>What is known of a wave.</summary>
    public static (WaveFacts Facts, IReadOnlyDictionary<NodeState, long> States) Facts(SqliteConnection connection, WaveRow wave, GateRules rules, long nowUnixMilliseconds)
    {
        IReadOnlyDictionary<NodeState, long> states = WaveStore.States(connection, wave.Rollout, wave.Wave);
        long silent = WaveStore.Silent(connection, wave.Rollout, wave.Wave, wave.WatchedUnixMilliseconds, nowUnixMilliseconds - (rules.SilentHours * MillisecondsPerHour));
        return (new WaveFacts(
            wave.Size, states.GetValueOrDefault(NodeState.Confirmed), WaveStore.Failed(connection, wave.Rollout, wave.Wave), silent, wave.EnoughUnixMilliseconds, wave.Metering, wave.Accepted), states);
    }
}
