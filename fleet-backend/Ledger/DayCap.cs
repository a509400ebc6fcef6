using DePin.Fleet.Nodes;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>
/// What readings without a date may earn together when they are settled: the daily cap for each day that they can lie on.
/// </summary>
internal sealed class DayCap
{
    private const long SecondsPerDay = 86_400;

    private readonly Dictionary<long, long> _credited = [];

    /// <summary>What speaks against one more reading of the day, or null, which counts it.</summary>
    public Finding? Against(long at, long milliwattHours, long earliestUnixSeconds, Profile profile)
    {
        long day = at / SecondsPerDay;
        long days = Math.Max(1, day - earliestUnixSeconds / SecondsPerDay + 1);
        long cap = days * profile.CreditableMilliwattHoursPerDay;
        _credited.TryGetValue(day, out long before);
        if (before + milliwattHours > cap)
        {
            return new Finding(VerdictName.OverDailyCap, $"{before} mWh credited of readings without a date, {milliwattHours} more would pass the cap of {cap} mWh for {days} days");
        }

        _credited[day] = before + milliwattHours;
        return null;
    }
}
