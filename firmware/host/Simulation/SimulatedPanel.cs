namespace DePin.Host.Simulation;

/// <summary>A panel lying flat, dusty by its seed.</summary>
public sealed class SimulatedPanel
{
    // Crystalline silicon loses about 0.4 % per kelvin above 25 degrees; in full sun it is about 30 K warmer than the air.
    private const double LossPerKelvin = 0.004;
    private const double KelvinPerWattPerSquareMetre = 0.03;

    private readonly int _ratedMilliwatts;
    private readonly double _clean;
    private readonly long _flicker;

    /// <summary>The panel of one node.</summary>
    /// <param name="ratedMilliwatts">Power at 1000 W/m2 and 25 degrees; never exceeded here.</param>
    /// <param name="seed">Chooses dust and mismatch.</param>
    public SimulatedPanel(int ratedMilliwatts, long seed)
    {
        _ratedMilliwatts = ratedMilliwatts;
        _clean = 0.86 + 0.12 * Noise.Unit(seed, 1);
        _flicker = Noise.Child(seed, 2);
    }

    /// <summary>What the panel could give now, mW.</summary>
    public int PossibleMilliwatts(Weather weather, long unixSeconds)
    {
        double cell = weather.AirCelsius + KelvinPerWattPerSquareMetre * weather.IrradianceWattsPerSquareMetre;
        double flicker = 0.99 + 0.02 * Noise.Smooth(_flicker, unixSeconds / 20.0);
        double power = _ratedMilliwatts * weather.IrradianceWattsPerSquareMetre / 1000 * (1 - LossPerKelvin * (cell - 25)) * _clean * flicker;
        return (int)Math.Clamp(power, 0, _ratedMilliwatts);
    }
}
