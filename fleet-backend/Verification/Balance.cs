using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>
/// Energy is conserved: over seven days nobody delivers more than was harvested and imported, what the battery gave, and what its
/// gauge may be wrong by. Reckoned from the lifetime counters, so nothing is missed that was lost on the way.
/// </summary>
internal static class Balance
{
    /// <summary>How far back it looks.</summary>
    public const int WindowDays = 7;

    private const long SecondsPerDay = 86_400;

    /// <summary>Marks where the counters stand when a day's first reading opens.</summary>
    public static void Watch(Reading reading, long opened, NodeVerdictState state)
    {
        long day = opened / SecondsPerDay;
        if (state.Marks.Count > 0 && state.Marks[^1].Day >= day && !HaveFallen(state))
        {
            return;
        }

        // What a node that lost its state counts from is a new beginning.
        IEnumerable<EnergyMark> kept = HaveFallen(state) ? [] : state.Marks.Where(mark => mark.Day >= day - WindowDays);
        int permille = state.HasHistory ? state.BatteryPermille : reading.BatteryPermille;
        state.Marks = [.. kept, new EnergyMark(day, state.HarvestedMilliwattHours, state.DeliveredMilliwattHours, state.ImportedMilliwattHours, permille)];
    }

    /// <summary>What speaks against the deliveries up to now, or null. The state's counters stand after the reading.</summary>
    public static Finding? Against(long batteryMilliwattHours, NodeVerdictState state, VerificationSettings settings)
    {
        if (state.Marks.Count == 0)
        {
            return null;
        }

        EnergyMark from = state.Marks[0];
        long delivered = state.DeliveredMilliwattHours - from.DeliveredMilliwattHours;
        long taken = state.HarvestedMilliwattHours - from.HarvestedMilliwattHours + state.ImportedMilliwattHours - from.ImportedMilliwattHours;
        long drawn = Math.Max(0, from.BatteryPermille - state.BatteryPermille) * batteryMilliwattHours / 1000;
        long gauge = batteryMilliwattHours * settings.BalanceBatteryPermille / 1000;
        long allowed = (long)((Int128)taken * settings.BalanceEfficiencyPermille / 1000) + drawn + gauge;
        return delivered <= allowed
            ? null
            : new Finding(
                VerdictName.Unbalanced,
                $"since day {DateTimeOffset.FromUnixTimeSeconds(from.Day * SecondsPerDay):yyyy-MM-dd} {delivered} mWh were delivered; {taken} mWh taken in and {drawn} mWh from the battery allow {allowed} mWh");
    }

    private static bool HaveFallen(NodeVerdictState state) => state.Marks.Count > 0 && state.Marks[^1] is var last
        && (state.HarvestedMilliwattHours < last.HarvestedMilliwattHours || state.DeliveredMilliwattHours < last.DeliveredMilliwattHours
            || state.ImportedMilliwattHours < last.ImportedMilliwattHours);
}
