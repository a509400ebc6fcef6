using DePin.Host.Simulation;

namespace DePin.Host.Lives;

/// <summary>
/// What happens to a node in its life, by its seed: link outages of minutes to a month, power cuts, announced restarts, a silent
/// bus, time servers that lie or are away. The same seed gives the same events.
/// </summary>
internal sealed class LifeEvents(long seed)
{
    private const int Hour = 3600;
    private const int Day = 86_400;

    /// <summary>Whether the power is cut in this second; for how many seconds, 0 where not.</summary>
    public int PowerCutSeconds(long second) => Happens(1, second, 18 * Day) ? 20 + (int)(2 * Hour * Chance(2, second)) : 0;

    /// <summary>Whether the node is restarted in order in this second.</summary>
    public bool IsRestarted(long second) => Happens(3, second, 60 * Day);

    /// <summary>Whether the gateway can be reached: it is away a few minutes a day, some days a month, and one month a year.</summary>
    public bool IsReachable(long second)
    {
        bool isLongAway = second % (365 * Day) is >= 200 * Day and < 230 * Day;
        bool isDayAway = Noise.Unit(Noise.Child(seed, 4), second / Day) < 0.06;
        bool isHourAway = Noise.Unit(Noise.Child(seed, 5), second / Hour) < 0.08;
        return !isLongAway && !isDayAway && !isHourAway;
    }

    /// <summary>What SNTP says in this second of the true time; 0 where it does not answer.</summary>
    public long NetworkTime(long second, long unixSeconds)
    {
        double weather = Noise.Unit(Noise.Child(seed, 6), second / (6 * Hour));
        return weather < 0.2 ? 0 : weather < 0.23 ? unixSeconds + 5000 : unixSeconds;
    }

    /// <summary>Whether the chips do not answer.</summary>
    public bool IsBusSilent(long second) => Noise.Unit(Noise.Child(seed, 7), second / 300) < 0.0004;

    /// <summary>Seconds for which a TLS handshake holds everything up.</summary>
    public int HandshakeSeconds(long second) => Chance(8, second) < 0.02 ? 9 : Chance(8, second) < 0.5 ? 2 : 1;

    private bool Happens(int purpose, long second, int onceInSeconds) => Chance(purpose, second) < 1.0 / onceInSeconds;

    private double Chance(int purpose, long second) => Noise.Unit(Noise.Child(seed, purpose), second);
}
