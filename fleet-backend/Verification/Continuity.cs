using DePin.Contracts.Metering;

namespace DePin.Fleet.Verification;

/// <summary>How a batch's lifetime counters continue those of the batch before it.</summary>
internal static class Continuity
{
    /// <summary>The finding where a batch opens with other counters than the last one closed with, and no gap explains it.</summary>
    public static Finding? Mismatch(Batch batch, Circumstances circumstances, NodeVerdictState state)
    {
        Counters opening = batch.Opening;
        bool continues = !state.HasHistory || circumstances.FollowsGap
            || (opening.HarvestedMilliwattHours == state.HarvestedMilliwattHours
                && opening.DeliveredMilliwattHours == state.DeliveredMilliwattHours
                && opening.ImportedMilliwattHours == state.ImportedMilliwattHours);
        return continues ? null : new Finding(
            VerdictName.CounterMismatch,
            $"harvested, delivered, imported open at {opening.HarvestedMilliwattHours}, {opening.DeliveredMilliwattHours}, {opening.ImportedMilliwattHours} mWh; the last batch closed at {state.HarvestedMilliwattHours}, {state.DeliveredMilliwattHours}, {state.ImportedMilliwattHours} mWh");
    }

    /// <summary>
    /// Takes the batch's opening counters as the base. Energy that was imported between the last batch and this one goes into the grid
    /// pool: grid power that was taken in during a gap earns nothing after it either.
    /// </summary>
    public static void Open(Batch batch, NodeVerdictState state)
    {
        Counters opening = batch.Opening;
        long imported = Math.Max(0, opening.ImportedMilliwattHours - state.ImportedMilliwattHours);
        if (imported > 0)
        {
            long delivered = Math.Max(0, opening.DeliveredMilliwattHours - state.DeliveredMilliwattHours);
            long pool = Math.Min(state.GridPoolMilliwattHours + imported, MeteringLimits.CounterMax);
            state.GridPoolMilliwattHours = pool - Math.Min(pool, delivered);
        }

        state.HarvestedMilliwattHours = opening.HarvestedMilliwattHours;
        state.DeliveredMilliwattHours = opening.DeliveredMilliwattHours;
        state.ImportedMilliwattHours = opening.ImportedMilliwattHours;
    }

    /// <summary>Counts a reading.</summary>
    public static void Count(Reading reading, NodeVerdictState state)
    {
        state.HarvestedMilliwattHours += reading.HarvestedMilliwattHours;
        state.DeliveredMilliwattHours += reading.DeliveredMilliwattHours;
        state.ImportedMilliwattHours += reading.ImportedMilliwattHours;
        state.BatteryPermille = reading.BatteryPermille;
    }
}
