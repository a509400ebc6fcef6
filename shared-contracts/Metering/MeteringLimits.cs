namespace DePin.Contracts.Metering
{
    /// <summary>Bounds of the metering formats; FORMATS.md gives the reason for each.</summary>
    public static class MeteringLimits
    {
        /// <summary>Version of every format in this folder.</summary>
        public const int Format = 1;

        /// <summary>Readings in a batch, at most.</summary>
        public const int ReadingsPerBatch = 96;

        /// <summary>Seconds a reading may last.</summary>
        public const int ReadingSeconds = 3600;

        /// <summary>Bytes of a signed batch; 96 readings stay under 9 KiB.</summary>
        public const int SignedBatchBytes = 16 * 1024;

        /// <summary>Bytes of a signed gap.</summary>
        public const int SignedGapBytes = 512;

        /// <summary>Every counter, sequence and time stays below 2^53, so that JSON and JavaScript hold it exactly.</summary>
        public const long CounterMax = (1L << 53) - 1;
    }
}
