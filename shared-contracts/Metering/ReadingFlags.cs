namespace DePin.Contracts.Metering
{
    /// <summary>Bits of a reading's flags; any other bit is refused.</summary>
    public static class ReadingFlags
    {
        /// <summary>The case was opened.</summary>
        public const int CaseOpened = 1;

        /// <summary>A sensor did not answer, was out of range, or was stuck.</summary>
        public const int SensorFault = 2;

        /// <summary>The output was locked by the fleet.</summary>
        public const int OutputLocked = 4;

        /// <summary>The supply fell below the minimum.</summary>
        public const int BrownOut = 8;

        /// <summary>The clock was set during this reading.</summary>
        public const int ClockSet = 16;

        /// <summary>All bits that have a meaning.</summary>
        public const int All = 31;
    }
}
