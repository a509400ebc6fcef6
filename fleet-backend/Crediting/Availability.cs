namespace DePin.Fleet.Crediting;

/// <summary>
/// What of a month's service was earned: nothing up to half of the time, all from 98 % on, and in a straight line between them.
/// </summary>
public static class Availability
{
    private const long NothingPermille = 500;
    private const long AllPermille = 980;

    /// <summary>The part of an amount that this availability earned, rounded down; all of it where nothing was expected.</summary>
    /// <param name="amountMicro">Service at the full rate.</param>
    /// <param name="servedSeconds">Time served.</param>
    /// <param name="expectedSeconds">Time in which the node was to serve.</param>
    public static long EarnedMicro(long amountMicro, long servedSeconds, long expectedSeconds)
    {
        if (expectedSeconds <= 0 || servedSeconds * 1000 >= expectedSeconds * AllPermille)
        {
            return amountMicro;
        }

        long above = servedSeconds * 1000 - expectedSeconds * NothingPermille;
        return above <= 0 ? 0 : checked((long)((Int128)amountMicro * above / ((AllPermille - NothingPermille) * expectedSeconds)));
    }

    /// <summary>What overdue tickets leave of an infrastructure manager's part: less by the part of the time for which they were overdue.</summary>
    public static long WithoutOverdue(long amountMicro, long overdueSeconds, long expectedSeconds) =>
        expectedSeconds <= 0 ? amountMicro : checked((long)((Int128)amountMicro * Math.Max(0, expectedSeconds - overdueSeconds) / expectedSeconds));
}
