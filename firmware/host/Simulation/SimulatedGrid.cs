namespace DePin.Host.Simulation;

/// <summary>A weak grid at the side input: some homes have it, a few hours a day, and take it only for a battery that is low.</summary>
public sealed class SimulatedGrid
{
    private const double HomesWithGrid = 0.3;
    private const int LowPermille = 250;
    private const double PartOfRating = 0.4;

    private readonly int _ratedMilliwatts;
    private readonly long _seed;

    /// <summary>The grid of one home.</summary>
    /// <param name="ratedMilliwatts">Rating of the input; 0 where there is none.</param>
    /// <param name="seed">Chooses whether there is a grid, and its hours.</param>
    public SimulatedGrid(int ratedMilliwatts, long seed)
    {
        _ratedMilliwatts = Noise.Unit(seed, 1) < HomesWithGrid ? ratedMilliwatts : 0;
        _seed = seed;
    }

    /// <summary>Power taken now, mW.</summary>
    public int Milliwatts(LoadMoment moment)
    {
        double from = 20 * Noise.Unit(_seed, moment.SolarDay + 2);
        bool isOn = moment.SolarHour >= from && moment.SolarHour < from + 4;
        return isOn && moment.BatteryPermille < LowPermille ? (int)(_ratedMilliwatts * PartOfRating) : 0;
    }
}
