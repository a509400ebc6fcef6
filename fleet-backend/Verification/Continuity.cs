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
            $"harvested, delivered, imported open at {opening.HarvestedMilliwattHours}, {opening.DeliveredMilliwattHours}, {opening.ImportedMilliwattHours} mWh; "
                + $"the last batch closed at {state.HarvestedMilliwattHours}, {state.DeliveredMilliwattHours}, {state.ImportedMilliwattHours} mWh");
    }

    /// <summary>
    /// Takes the energy between the last batch and this one into the grid pool: grid power that was taken in during a gap earns nothing
    /// after it either.
    /// </summary>
    public static NodeVerdictState AcrossGap(Batch batch, NodeVerdictState state)
    {
        long imported = Math.Max(0, batch.Opening.ImportedMilliwattHours - state.ImportedMilliwattHours);
        if (imported == 0)
        {
            return state;
        }

        long delivered = Math.Max(0, batch.Opening.DeliveredMilliwattHours - state.DeliveredMilliwattHours);
        long pool = Math.Min(state.GridPoolMilliwattHours + imported, MeteringLimits.CounterMax);
        return state with { GridPoolMilliwattHours = pool - Math.Min(pool, delivered) };
    }

    /// <summary>The state with this batch's closing counters as the base for the next.</summary>
    public static NodeVerdictState Close(Batch batch, NodeVerdictState state)
    {
        Counters closing = batch.Closing();
        return state with
        {
            HasHistory = true,
            HarvestedMilliwattHours = closing.HarvestedMilliwattHours,
            DeliveredMilliwattHours = closing.DeliveredMilliwattHours,
            ImportedMilliwattHours = closing.ImportedMilliwattHours,
        };
    }
}
