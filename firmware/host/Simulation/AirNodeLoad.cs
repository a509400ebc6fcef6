namespace DePin.Host.Simulation;

/// <summary>An AirNode: a radio that is always on, guests who come and go with the day, and what they send and fetch.</summary>
public sealed class AirNodeLoad : SimulatedLoad
{
    private const double RadioMilliwatts = 4_200;
    private const double BusiestMilliwatts = 2_600;
    private const double BusiestSessionsPerHour = 24;
    private const double BusiestKibDownPerSecond = 180;

    private readonly long _guests;

    internal AirNodeLoad(Profile profile, long seed)
        : base(profile, seed)
    {
        _guests = Noise.Child(seed, 1);
    }

    /// <summary>Client sessions since boot.</summary>
    public long Sessions { get; private set; }

    /// <summary>KiB to clients since boot.</summary>
    public long KibDown { get; private set; }

    /// <summary>KiB from clients since boot.</summary>
    public long KibUp { get; private set; }

    /// <summary>A new boot counts from zero.</summary>
    public void Boot() => Sessions = KibDown = KibUp = 0;

    /// <summary>One second of service.</summary>
    public void Serve(LoadMoment moment)
    {
        double busy = Busy(moment);
        double chance = Noise.Unit(_guests, moment.UnixSeconds);
        Sessions += chance < busy * BusiestSessionsPerHour / 3600 ? 1 : 0;
        double kib = busy * BusiestKibDownPerSecond * (0.4 + 1.2 * chance);
        KibDown += (long)kib;
        KibUp += (long)(kib * 0.12);
    }

    private protected override double Wanted(LoadMoment moment) => RadioMilliwatts + BusiestMilliwatts * Busy(moment);

    // 0 to 1: quiet at night, a first hump before noon, the evening's the highest.
    private double Busy(LoadMoment moment)
    {
        double noon = Math.Exp(-Math.Pow((moment.SolarHour - 11) / 3, 2));
        double evening = Math.Exp(-Math.Pow((moment.SolarHour - 19.5) / 2.2, 2));
        double crowd = 0.5 + 0.5 * Noise.Smooth(Noise.Child(Seed, 2), moment.UnixSeconds / 900.0);
        return Math.Min(1, 0.04 + 0.5 * noon + 0.9 * evening) * crowd;
    }
}
