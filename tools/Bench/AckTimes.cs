namespace DePin.Tools.Bench;

/// <summary>How long lamps waited for their receipts, milliseconds.</summary>
/// <param name="P50Ms">Half of the receipts came within this.</param>
/// <param name="P99Ms">99 of 100 did.</param>
internal sealed record AckTimes(double P50Ms, double P99Ms)
{
    public static AckTimes Of(IEnumerable<LampConnection> connections)
    {
        int[] sorted = [.. connections.SelectMany(connection => connection.AckMicroseconds).Where(microseconds => microseconds > 0).Order()];
        return new AckTimes(Percentile(sorted, 0.50), Percentile(sorted, 0.99));
    }

    private static double Percentile(int[] sortedMicroseconds, double part) =>
        sortedMicroseconds.Length == 0 ? 0 : Math.Round(sortedMicroseconds[Math.Min(sortedMicroseconds.Length - 1, (int)(sortedMicroseconds.Length * part))] / 1000.0, 1);
}
