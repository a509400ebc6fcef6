namespace DePin.Fleet.Crediting;

/// <summary>What one reading earns, and under which terms.</summary>
/// <param name="Reading">Number of the reading in its batch, from 0.</param>
/// <param name="Terms">The terms when it opened; the same object for the same terms.</param>
/// <param name="MilliwattHours">Energy that earns.</param>
/// <param name="ServedSeconds">Service that earns.</param>
/// <param name="AtUnixSeconds">When it opened.</param>
public readonly record struct Earning(int Reading, Terms Terms, long MilliwattHours, int ServedSeconds, long AtUnixSeconds = 0);

/// <summary>The part of a batch that lies between two changes of tariff, agreement or pairing, and what it earned.</summary>
/// <param name="OpenedUnixSeconds">When its first reading opened, or arrived where it has no date.</param>
/// <param name="FirstReading">Number of its first earning reading in the batch.</param>
/// <param name="LastReading">Number of its last.</param>
/// <param name="Readings">How many earn; those between that do not are not counted.</param>
/// <param name="Terms">Who earns, how they share and at what tariff.</param>
/// <param name="MilliwattHours">Energy that earned.</param>
/// <param name="ServedSeconds">Service that earned.</param>
/// <param name="EnergyMicro">Micro-credits for the energy.</param>
/// <param name="ServiceMicro">Micro-credits for the service; apart, since lacking availability may void it later.</param>
public sealed record Segment(
    int FirstReading, int LastReading, int Readings, Terms Terms, long OpenedUnixSeconds, long MilliwattHours, long ServedSeconds, long EnergyMicro, long ServiceMicro)
{
    /// <summary>What tells it from the other segments of its batch: a reading belongs to one of them.</summary>
    public int Number => FirstReading;

    /// <summary>Micro-credits for both.</summary>
    public long WholeMicro => checked(EnergyMicro + ServiceMicro);
}

/// <summary>Turns earnings into amounts. Pure.</summary>
public static class Credit
{
    /// <summary>The segments of a batch, from its earning readings in order. Energy and time are added up first, so rounding happens once a segment.</summary>
    public static IReadOnlyList<Segment> Of(IReadOnlyList<Earning> earnings)
    {
        var segments = new List<Segment>(1);
        for (int i = 0; i < earnings.Count;)
        {
            Earning first = earnings[i];
            Earning last = first;
            long milliwattHours = 0;
            long seconds = 0;
            int readings = 0;
            for (; i < earnings.Count && earnings[i].Terms == first.Terms; i++)
            {
                last = earnings[i];
                milliwattHours = checked(milliwattHours + last.MilliwattHours);
                seconds += last.ServedSeconds;
                readings++;
            }

            Tariff tariff = first.Terms.Tariff;
            segments.Add(new Segment(
                first.Reading, last.Reading, readings, first.Terms, first.AtUnixSeconds, milliwattHours, seconds, tariff.ForEnergy(milliwattHours), tariff.ForService(seconds)));
        }

        return segments;
    }
}
