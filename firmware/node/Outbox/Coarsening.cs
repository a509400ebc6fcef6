using DePin.Contracts.Metering;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// How long readings last while the outbox fills: the fuller, the longer, so that a month without a link fits. Up to half
    /// of the outbox as the config says, then 2, 3, 6 and 12 times as long for an eighth of it each: 5, 10, 15, 30, 60 minutes.
    /// The smallest outbox has 40 blocks of 96 readings: 6.7 + 3.3 + 5 + 10 + 20 = 45 days with segments that are full.
    /// </summary>
    public static class Coarsening
    {
        /// <summary>Seconds of a reading.</summary>
        /// <param name="configuredSeconds">Seconds of a reading when the outbox is empty.</param>
        /// <param name="blocks">Blocks of flash with batches that no receipt covers.</param>
        /// <param name="capacityBlocks">Blocks the outbox may take.</param>
        public static int Seconds(int configuredSeconds, int blocks, int capacityBlocks)
        {
            int eighths = blocks * 8 / capacityBlocks;
            int times = eighths < 4 ? 1 : eighths == 4 ? 2 : eighths == 5 ? 3 : eighths == 6 ? 6 : 12;
            int seconds = configuredSeconds * times;
            return seconds < MeteringLimits.ReadingSeconds ? seconds : MeteringLimits.ReadingSeconds;
        }
    }
}
