namespace DePin.Host.Simulation;

/// <summary>A lamp: light from dusk till bedtime, dimmed towards its end, again before dawn; telephones at the USB output by day.</summary>
public sealed class LampLoad : SimulatedLoad
{
    private const double UsbMilliwatts = 2500;

    internal LampLoad(Profile profile, long seed)
        : base(profile, seed)
    {
    }

    private protected override double Wanted(LoadMoment moment) => Profile.LightMilliwatts * Light(moment) + Usb(moment);

    private double Light(LoadMoment moment)
    {
        // The first reach for the switch when it is still half light, the last when it is dark.
        bool isDark = moment.SunDegrees < 1 - 5 * OfDay(moment, 1);
        if (!isDark)
        {
            return 0;
        }

        double bedtime = 21 + 1.8 * OfDay(moment, 2);
        if (moment.SolarHour >= 12)
        {
            return moment.SolarHour < bedtime - 1.2 ? 1 : moment.SolarHour < bedtime ? 0.4 : NightLight;
        }

        return moment.SolarHour >= 4.8 + 0.7 * OfDay(moment, 3) ? 0.6 : NightLight;
    }

    // Some homes leave a glimmer on.
    private double NightLight => Noise.Unit(Seed, 4) < 0.4 ? 0.05 : 0;

    private double Usb(LoadMoment moment)
    {
        if (moment.SolarHour is < 8.5 or > 18.5 || moment.BatteryPermille < 400)
        {
            return 0;
        }

        long hour = (long)moment.SolarHour;
        double chance = Noise.Unit(Noise.Child(Seed, 5), moment.SolarDay * 24 + hour);
        double minutesOfCharging = chance < 0.55 ? 0 : 20 + 40 * (chance - 0.55) / 0.45;
        return (moment.SolarHour - hour) * 60 < minutesOfCharging ? UsbMilliwatts : 0;
    }
}
