namespace DePin.Host.Simulation;

/// <summary>A home system: a little all day, more at the table and in the evening, and a street light from dusk till dawn.</summary>
public sealed class HouseholdLoad : SimulatedLoad
{
    internal HouseholdLoad(Profile profile, long seed)
        : base(profile, seed)
    {
    }

    private protected override double Wanted(LoadMoment moment)
    {
        double streetLight = moment.SunDegrees < -2 ? Profile.LightMilliwatts : 0;
        double household = Math.Min(Profile.OutputMilliwatts - Profile.LightMilliwatts, Household(moment));
        return streetLight + household * (0.8 + 0.4 * Noise.Unit(Seed, 1));
    }

    private double Household(LoadMoment moment)
    {
        const double Refrigerator = 14_000;
        const double Base = 4_000;
        bool compressorRuns = Noise.Smooth(Noise.Child(Seed, 2), moment.UnixSeconds / 1_200.0) > 0.5;
        double cooling = compressorRuns ? Refrigerator : 0;
        double people = moment.SolarHour switch
        {
            >= 6 and < 8 => 25_000 * OfDay(moment, 3),
            >= 12 and < 13.5 => 20_000 * OfDay(moment, 4),
            >= 18 and < 22.5 => 25_000 + 30_000 * OfDay(moment, 5),
            _ => 0,
        };
        return Base + cooling + people;
    }
}
