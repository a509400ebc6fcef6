using DePin.Contracts.Metering;

namespace DePin.Node.Metering
{
    /// <summary>
    /// Energy over the node's life in integer microjoules (mW x ms). The counters of the formats are these, floored to mWh, so
    /// that no rounding is lost from one reading to the next.
    /// </summary>
    public sealed class EnergyTotals
    {
        /// <summary>Microjoules in a milliwatt-hour.</summary>
        public const long MicrojoulesPerMilliwattHour = 3600000;

        /// <param name="harvested">Microjoules from the panel.</param>
        /// <param name="delivered">Microjoules to the user.</param>
        /// <param name="imported">Microjoules from a grid input.</param>
        public EnergyTotals(long harvested, long delivered, long imported)
        {
            HarvestedMicrojoules = harvested;
            DeliveredMicrojoules = delivered;
            ImportedMicrojoules = imported;
        }

        /// <summary>Energy from the panel, microjoules.</summary>
        public long HarvestedMicrojoules { get; private set; }

        /// <summary>Energy to the user, microjoules.</summary>
        public long DeliveredMicrojoules { get; private set; }

        /// <summary>Energy from a grid input, microjoules.</summary>
        public long ImportedMicrojoules { get; private set; }

        /// <summary>Totals that floor to these counters: what a node that lost its own takes from a receipt.</summary>
        public static EnergyTotals FromCounters(Counters counters)
        {
            return new EnergyTotals(
                counters.HarvestedMilliwattHours * MicrojoulesPerMilliwattHour,
                counters.DeliveredMilliwattHours * MicrojoulesPerMilliwattHour,
                counters.ImportedMilliwattHours * MicrojoulesPerMilliwattHour);
        }

        /// <summary>The same totals, which stay when these go on.</summary>
        public EnergyTotals Copy()
        {
            return new EnergyTotals(HarvestedMicrojoules, DeliveredMicrojoules, ImportedMicrojoules);
        }

        /// <summary>Adds energy; an amount below zero counts as zero, since counters never fall.</summary>
        public void Add(long harvestedMicrojoules, long deliveredMicrojoules, long importedMicrojoules)
        {
            HarvestedMicrojoules += harvestedMicrojoules > 0 ? harvestedMicrojoules : 0;
            DeliveredMicrojoules += deliveredMicrojoules > 0 ? deliveredMicrojoules : 0;
            ImportedMicrojoules += importedMicrojoules > 0 ? importedMicrojoules : 0;
        }

        /// <summary>The lifetime counters, mWh.</summary>
        public Counters ToCounters()
        {
            return new Counters(
                HarvestedMicrojoules / MicrojoulesPerMilliwattHour,
                DeliveredMicrojoules / MicrojoulesPerMilliwattHour,
                ImportedMicrojoules / MicrojoulesPerMilliwattHour);
        }

        /// <summary>Adds whole milliwatt-hours, so that the part below one stays.</summary>
        public void Lift(Counters counters)
        {
            EnergyTotals lift = FromCounters(counters);
            Add(lift.HarvestedMicrojoules, lift.DeliveredMicrojoules, lift.ImportedMicrojoules);
        }

        /// <summary>Raises each total to at least these counters.</summary>
        public void RaiseTo(Counters counters)
        {
            EnergyTotals floor = FromCounters(counters);
            Add(
                floor.HarvestedMicrojoules - HarvestedMicrojoules,
                floor.DeliveredMicrojoules - DeliveredMicrojoules,
                floor.ImportedMicrojoules - ImportedMicrojoules);
        }
    }
}
