using Dapper;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Verification;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Updates;

/// <summary>
/// Takes the figures of metering continuity from what nodes signed. All updated nodes are asked whether readings come and whether anything contradicts
/// them; energy and time served are read from the batches of a sample.
/// </summary>
internal static class MeteringStore
{
    private const int Sample = 200;
    private const long MillisecondsPerMinute = 60_000;
    private const long SecondsPerDay = 86_400;

    // A batch holds 96 readings of 5 minutes at most, where nothing else was configured.
    private const long LongestBatchSeconds = 8 * 3600;
    private const int BatchesPerWindow = 64;
    private const int LeastBatteryPermille = 100;

    /// <summary>The figures of a wave now.</summary>
    public static MeteringFigures Take(SqliteConnection connection, RolloutRow rollout, WaveRow wave, ReleaseRow release, MeteringRules rules, long nowUnixMilliseconds)
    {
        long ready = nowUnixMilliseconds - (rules.NeedsMinutes * MillisecondsPerMinute);
        (long confirmed, long quiet) = connection.QuerySingle<(long, long)>(
            """
            SELECT count(*), coalesce(sum(coalesce((SELECT b.arrived_ms FROM batch b WHERE b.node = m.node ORDER BY b.sequence DESC LIMIT 1), 0) < @ready), 0)
            FROM rollout_node m WHERE m.rollout = @Rollout AND m.wave = @Wave AND m.confirmed_ms <= @ready
            """,
            new { wave.Rollout, wave.Wave, ready });
        long contradicted = connection.ExecuteScalar<long>(
            """
            SELECT count(*) FROM rollout_node m WHERE m.rollout = @Rollout AND m.wave = @Wave AND m.confirmed_ms IS NOT NULL AND (
                EXISTS(SELECT 1 FROM evidence e WHERE e.node = m.node AND e.arrived_ms > m.confirmed_ms)
                OR EXISTS(SELECT 1 FROM quarantine q WHERE q.node = m.node AND q.arrived_ms > m.confirmed_ms)
                OR EXISTS(SELECT 1 FROM hold h WHERE h.node = m.node AND h.name = @mismatch AND h.made_ms > m.confirmed_ms)
                OR EXISTS(SELECT 1 FROM suspension s WHERE s.node = m.node AND s.from_ms > m.confirmed_ms))
            """,
            new { wave.Rollout, wave.Wave, mismatch = nameof(VerdictName.CounterMismatch) });

        long end = (nowUnixMilliseconds - (MeteringRules.LagMinutes * MillisecondsPerMinute)) / 1000;
        long seconds = rules.Hours * 3600L;
        long days = Math.Max(1, (end - (wave.OpenedUnixMilliseconds / 1000) + SecondsPerDay - 1) / SecondsPerDay);
        var window = new Window(end - seconds, end, days * SecondsPerDay);
        IReadOnlyList<long> updated = connection.Query<long>(
            "SELECT node FROM rollout_node WHERE rollout = @Rollout AND wave = @Wave AND confirmed_ms <= @from ORDER BY (node * 2654435761) % 4294967291 LIMIT @Sample",
            new { wave.Rollout, wave.Wave, from = window.FromUnixSeconds * 1000, Sample }).AsList();
        IReadOnlyList<long> others = TargetStore.Some(connection, rollout.Id, rollout.Plan.Target, release, nowUnixMilliseconds, Sample);
        return new MeteringFigures(nowUnixMilliseconds, seconds, confirmed, quiet, contradicted, Group(connection, updated, window), Group(connection, others, window));
    }

    // Only nodes that have something to compare with.
    private static MeterGroup Group(SqliteConnection connection, IReadOnlyList<long> nodes, Window window)
    {
        MeterGroup group = MeterGroup.None;
        foreach (long node in nodes)
        {
            MeterSum before = Sum(connection, node, window.FromUnixSeconds - window.BackSeconds, window.ToUnixSeconds - window.BackSeconds);
            if (before.Seconds > 0)
            {
                group = new MeterGroup(group.Nodes + 1, group.After + Sum(connection, node, window.FromUnixSeconds, window.ToUnixSeconds), group.Before + before);
            }
        }

        return group;
    }

    private static MeterSum Sum(SqliteConnection connection, long node, long from, long to)
    {
        var sum = default(MeterSum);
        IEnumerable<byte[]> messages = connection.Query<byte[]>(
            "SELECT b.message FROM verdict v JOIN batch b ON b.id = v.batch WHERE v.node = @node AND v.opened_unix > @earliest AND v.opened_unix < @to ORDER BY v.batch DESC LIMIT @BatchesPerWindow",
            new { node, to, earliest = from - LongestBatchSeconds, BatchesPerWindow });
        foreach (byte[] message in messages)
        {
            SignedMessage signed = SignedMessage.Decode(message, MeteringLimits.SignedBatchBytes, out _) ?? throw new InvalidDataException($"a stored batch of node {node} cannot be read");
            Batch batch = Batch.Decode(message, signed.PayloadOffset, signed.PayloadLength, out _) ?? throw new InvalidDataException($"a stored batch of node {node} cannot be read");
            long opens = batch.OpenedUnixSeconds;
            foreach (Reading reading in batch.Readings)
            {
                if (opens >= from && opens < to)
                {
                    bool isServed = (reading.Flags & (ReadingFlags.OutputLocked | ReadingFlags.BrownOut)) == 0 && reading.BatteryPermille >= LeastBatteryPermille;
                    sum += new MeterSum(reading.Seconds, isServed ? reading.Seconds : 0, reading.DeliveredMilliwattHours);
                }

                opens += reading.Seconds;
            }
        }

        return sum;
    }

    private readonly record struct Window(long FromUnixSeconds, long ToUnixSeconds, long BackSeconds);
}
