using System.Runtime.InteropServices;

namespace DePin.Host.Simulation;

/// <summary>What reaches the ground: reckoned (<see cref="SeededClouds"/>) or measured (<see cref="IrradianceFile"/>).</summary>
public interface ISky
{
    /// <summary>Irradiance and air at a place and a time. Pure: the same question has the same answer, from any thread.</summary>
    Weather At(double latitude, double longitude, long unixSeconds);
}

/// <summary>The weather of one minute.</summary>
/// <param name="IrradianceWattsPerSquareMetre">Global horizontal irradiance.</param>
/// <param name="AirCelsius">Temperature of the air in the shade.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Weather(double IrradianceWattsPerSquareMetre, double AirCelsius);
