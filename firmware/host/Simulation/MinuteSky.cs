namespace DePin.Host.Simulation;

/// <summary>The sky over one place, asked for every second: straight lines between whole minutes, each looked up once.</summary>
internal sealed class MinuteSky(ISky sky, double latitude, double longitude)
{
    private long _minute = long.MinValue;
    private Weather _from;
    private Weather _to;
    private double _sunFrom;
    private double _sunTo;

    public Weather Weather { get; private set; }

    /// <summary>Elevation of the sun, degrees.</summary>
    public double SunDegrees { get; private set; }

    public void Look(long unixSeconds)
    {
        long minute = unixSeconds / 60;
        if (minute != _minute)
        {
            bool isNext = minute == _minute + 1;
            _from = isNext ? _to : sky.At(latitude, longitude, minute * 60);
            _sunFrom = isNext ? _sunTo : ClearSky.Sun(latitude, longitude, minute * 60).ElevationDegrees;
            _to = sky.At(latitude, longitude, minute * 60 + 60);
            _sunTo = ClearSky.Sun(latitude, longitude, minute * 60 + 60).ElevationDegrees;
            _minute = minute;
        }

        double part = unixSeconds % 60 / 60.0;
        SunDegrees = _sunFrom + (_sunTo - _sunFrom) * part;
        Weather = new Weather(
            _from.IrradianceWattsPerSquareMetre + (_to.IrradianceWattsPerSquareMetre - _from.IrradianceWattsPerSquareMetre) * part,
            _from.AirCelsius + (_to.AirCelsius - _from.AirCelsius) * part);
    }
}
