using System.Runtime.InteropServices;

namespace DePin.Host.Simulation;

/// <summary>What people want of a node's output, second by second.</summary>
public abstract class SimulatedLoad
{
    private protected SimulatedLoad(Profile profile, long seed)
    {
        Profile = profile;
        Seed = seed;
    }

    private protected Profile Profile { get; }

    private protected long Seed { get; }

    /// <summary>The load that fits a profile.</summary>
    public static SimulatedLoad Of(Profile profile, long seed)
    {
        if (profile.ServesWifi)
        {
            return new AirNodeLoad(profile, seed);
        }

        return profile.GridInputMilliwatts > 0 ? new HouseholdLoad(profile, seed) : new LampLoad(profile, seed);
    }

    /// <summary>Power wanted in this second, mW, never above the output's rating.</summary>
    public int WantedMilliwatts(LoadMoment moment)
    {
        double flicker = 0.98 + 0.02 * Noise.Smooth(Noise.Child(Seed, 99), moment.UnixSeconds / 7.0);
        return (int)Math.Clamp(Wanted(moment) * flicker, 0, Profile.OutputMilliwatts);
    }

    private protected abstract double Wanted(LoadMoment moment);

    // Chance of its own for every day and purpose.
    private protected double OfDay(LoadMoment moment, int purpose) => Noise.Unit(Noise.Child(Seed, purpose), moment.SolarDay);
}

/// <summary>What a load looks at.</summary>
/// <param name="UnixSeconds">Now.</param>
/// <param name="SolarHour">Local hour by the sun's mean time, 0 to 24.</param>
/// <param name="SolarDay">Number of the local day.</param>
/// <param name="SunDegrees">Elevation of the sun.</param>
/// <param name="BatteryPermille">Charge.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LoadMoment(long UnixSeconds, double SolarHour, long SolarDay, double SunDegrees, int BatteryPermille)
{
    /// <summary>What a load sees at a place.</summary>
    public static LoadMoment At(long unixSeconds, double longitude, double sunDegrees, int batteryPermille)
    {
        double solarDays = (unixSeconds + longitude * 240) / 86_400;
        double day = Math.Floor(solarDays);
        return new LoadMoment(unixSeconds, (solarDays - day) * 24, (long)day, sunDegrees, batteryPermille);
    }
}
