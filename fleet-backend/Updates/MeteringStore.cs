using System.Data.Common;
using Dapper;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Updates;

/// <summary>
/// Takes the figures of metering continuity from what nodes signed. All updated nodes are asked whether readings come and whether anything contradicts
/// them; energy and time served are read from the batches of a sample.
/// </summary>
internal static class MeteringStore
{
    private const int Sample = 200;
    private const long MillisecondsPerMinute = 60_000;
    private const long SecondsPerHour = 3600;
    private const long SecondsPerDay = 86_400;

    // One day differs from the next: the mean of three is a better measure of before.
    private const int DaysBefore = 3;

    // A batch holds 96 readings of 5 minutes at most, where nothing else was configured.
    private const long LongestBatchSeconds = 8 * 3600;
    private const int BatchesPerWindow = 64;
    private const int LeastBatteryPermille = 100;

    /// <summary>The figures of a wave now.</summary>
    /// <param name="connection">Reads.</param>
    /// <param name="rollout">The rollout.</param>
    /// <param name="wave">Its open wave.</param>
    /// <param name="enoughUnixMilliseconds">When enough of it executed, null where that is not yet; it need not be stored.</param>
    /// <param name="release">The release.</param>
    /// <param name="rules">What the gate asks.</param>
    /// <param name="nowUnixMilliseconds">Now.</param>
    public static MeteringFigures Take(DbConnection connection, RolloutRow rollout, WaveRow wave, long? enoughUnixMilliseconds, ReleaseRow release, MeteringRules rules, long nowUnixMilliseconds)
    {
        long ready = nowUnixMilliseconds - (rules.NeedsMinutes * MillisecondsPerMinute);
        (long confirmed, long quiet) = connection.QuerySingle<(long, long)>(
            """
            SELECT count(*), coalesce(sum(CASE WHEN coalesce((SELECT b.arrived_ms FROM batch b WHERE b.node = m.node ORDER BY b.sequence DESC LIMIT 1), 0) < @ready THEN 1 ELSE 0 END), 0)
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

        Window window = WindowOf(wave, enoughUnixMilliseconds, rules, nowUnixMilliseconds);
        IReadOnlyList<(long Node, long Profile)> updated = connection.Query<(long, long)>(
            """
            SELECT m.node, n.profile FROM rollout_node m JOIN node n ON n.id = m.node WHERE m.rollout = @Rollout AND m.wave = @Wave AND m.confirmed_ms <= @from
            ORDER BY (m.node * 2654435761) % 4294967291 LIMIT @Sample
            """,
            new { wave.Rollout, wave.Wave, from = window.FromUnixSeconds * 1000, Sample }).AsList();
        IReadOnlyList<(long Node, long Profile)> others = TargetStore.Some(connection, rollout.Id, rollout.Plan.Target, release, nowUnixMilliseconds, Sample);
        (MeterGroup ofUpdated, Dictionary<long, EnergyChange> changes) = Group(connection, updated, window);
        (MeterGroup ofOthers, Dictionary<long, EnergyChange> otherChanges) = Group(connection, others, window);
        ProfileChange[] profiles =
            [.. changes.OrderBy(change => change.Key).Select(change => new ProfileChange(change.Key, change.Value, otherChanges.GetValueOrDefault(change.Key, EnergyChange.None)))];
        return new MeteringFigures(nowUnixMilliseconds, window.ToUnixSeconds - window.FromUnixSeconds, confirmed, quiet, contradicted, ofUpdated, ofOthers, profiles);
    }

    // All that came since enough executed it, but at least the hours asked for and at most a day; held against whole days before the wave opened.
    private static Window WindowOf(WaveRow wave, long? enoughUnixMilliseconds, MeteringRules rules, long nowUnixMilliseconds)
    {
        long end = (nowUnixMilliseconds - (MeteringRules.LagMinutes * MillisecondsPerMinute)) / 1000;
        long since = enoughUnixMilliseconds is { } enough ? end - (enough / 1000) : 0;
        long seconds = Math.Clamp(since, rules.Hours * SecondsPerHour, MeteringRules.MostHours * SecondsPerHour);
        long days = Math.Max(1, (end - (wave.OpenedUnixMilliseconds / 1000) + SecondsPerDay - 1) / SecondsPerDay);
        return new Window(end - seconds, end, days);
    }

    // Only nodes that have something to compare with; their energies only where readings cover both, since what is missing is another figure's affair.
    private static (MeterGroup Group, Dictionary<long, EnergyChange> Changes) Group(DbConnection connection, IReadOnlyList<(long Node, long Profile)> nodes, Window window)
    {
        MeterGroup group = MeterGroup.None;
        var changes = new Dictionary<long, EnergyChange>();
        long covers = (window.ToUnixSeconds - window.FromUnixSeconds) * 9 / 10;
        foreach ((long node, long profile) in nodes)
        {
            MeterSum[] days = [.. Enumerable.Range(0, DaysBefore).Select(day => Sum(connection, node, window.Before(day))).Where(sum => sum.Seconds > 0)];
            if (days.Length == 0)
            {
                continue;
            }

            MeterSum after = Sum(connection, node, window);
            group = group.With(after, days.Aggregate((one, other) => one + other) / days.Length);
            MeterSum[] covered = [.. days.Where(sum => sum.Seconds >= covers)];
            if (after.Seconds >= covers && covered.Length > 0)
            {
                changes[profile] = changes.GetValueOrDefault(profile, EnergyChange.None).With(after.DeliveredMilliwattHours, covered.Average(sum => (double)sum.DeliveredMilliwattHours));
            }
        }

        return (group, changes);
    }

    private static MeterSum Sum(DbConnection connection, long node, Window window)
    {
        var sum = default(MeterSum);
        (long from, long to) = (window.FromUnixSeconds, window.ToUnixSeconds);
        IEnumerable<byte[]> messages = connection.Query<byte[]>(
            "SELECT m.message FROM verdict v JOIN batch_message m ON m.batch = v.batch WHERE v.node = @node AND v.opened_unix > @earliest AND v.opened_unix < @to ORDER BY v.batch DESC LIMIT @BatchesPerWindow",
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

    private readonly record struct Window(long FromUnixSeconds, long ToUnixSeconds, long DaysBack)
    {
        // The same hours of the newest day before the wave, or of one so many days older.
        public Window Before(int day) => this with { FromUnixSeconds = FromUnixSeconds - ((DaysBack + day) * SecondsPerDay), ToUnixSeconds = ToUnixSeconds - ((DaysBack + day) * SecondsPerDay) };
    }
}
