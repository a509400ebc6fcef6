namespace DePin.Host.Simulation;

/// <summary>
/// A lithium iron phosphate battery with its charge controller: 4 % are lost on the way in and 4 % on the way out, a charge
/// takes at least two hours, and the last tenth is filled ever more slowly.
/// </summary>
public sealed class SimulatedBattery
{
    private const double Efficiency = 0.96;
    private const double SecondsPerHour = 3600;

    private readonly double _capacityMilliwattHours;
    private readonly int _nominalMillivolts;

    /// <summary>A battery with a charge.</summary>
    /// <param name="capacityMilliwattHours">Charge when full.</param>
    /// <param name="nominalMillivolts">Voltage at half charge.</param>
    /// <param name="chargeMilliwattHours">Charge at first, held between empty and full.</param>
    public SimulatedBattery(int capacityMilliwattHours, int nominalMillivolts, double chargeMilliwattHours)
    {
        _capacityMilliwattHours = capacityMilliwattHours;
        _nominalMillivolts = nominalMillivolts;
        ChargeMilliwattHours = Math.Clamp(chargeMilliwattHours, 0, capacityMilliwattHours);
    }

    /// <summary>What is stored now.</summary>
    public double ChargeMilliwattHours { get; private set; }

    /// <summary>Charge, 0 to 1000.</summary>
    public int Permille => (int)(ChargeMilliwattHours * 1000 / _capacityMilliwattHours);

    /// <summary>Voltage: nearly flat, as this chemistry is, with a fall at the empty end.</summary>
    public int Millivolts
    {
        get
        {
            double part = ChargeMilliwattHours / _capacityMilliwattHours;
            return (int)(_nominalMillivolts * (0.98 + 0.06 * part - 0.12 * Math.Pow(1 - part, 12)));
        }
    }

    /// <summary>Power that it would take in now, mW: 0 when full.</summary>
    public int AcceptedMilliwatts
    {
        get
        {
            double free = _capacityMilliwattHours - ChargeMilliwattHours;
            double rate = Math.Min(_capacityMilliwattHours / 2, free * 5);
            return (int)Math.Max(0, Math.Min(rate, free * SecondsPerHour / Efficiency));
        }
    }

    /// <summary>Power that it can give for one second, mW.</summary>
    public double AvailableMilliwatts => ChargeMilliwattHours * SecondsPerHour * Efficiency;

    /// <summary>One second of charging, at most <see cref="AcceptedMilliwatts"/>.</summary>
    public void Charge(double milliwatts) =>
        ChargeMilliwattHours = Math.Min(_capacityMilliwattHours, ChargeMilliwattHours + milliwatts * Efficiency / SecondsPerHour);

    /// <summary>One second of giving, at most <see cref="AvailableMilliwatts"/>.</summary>
    public void Discharge(double milliwatts) =>
        ChargeMilliwattHours = Math.Max(0, ChargeMilliwattHours - milliwatts / Efficiency / SecondsPerHour);
}
