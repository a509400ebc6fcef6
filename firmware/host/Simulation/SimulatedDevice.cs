using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Host.Simulation;

/// <summary>
/// The hardware of one node: panel, battery, load and, where there is one, a grid input. Every second energy goes one way only:
/// what the panel and the grid give is used, stored or not taken at all; what is delivered came from there or from the battery.
/// The meter's chips show that power in whole counts, so the sensors see what a board would see.
/// </summary>
public sealed class SimulatedDevice : ISensors
{
    private const int SlotSeconds = 300;

    // Between battery and output; what the converter loses is not delivered.
    private const double ConverterEfficiency = 0.96;

    // Light and USB are cut at 2 % and come back at 8 %; what is left keeps the meter alive.
    private const int CutPermille = 20;
    private const int ReturnPermille = 80;

    private readonly Profile _profile;
    private readonly double _longitude;
    private readonly SimulatedPanel _panel;
    private readonly SimulatedLoad _load;
    private readonly SimulatedGrid _grid;
    private readonly MinuteSky _sky;
    private readonly Sample _now = new();

    /// <summary>Hardware as it left the factory, or as an earlier process left it.</summary>
    /// <param name="profile">Ratings.</param>
    /// <param name="seed">Everything by which this node differs from its neighbour.</param>
    /// <param name="sky">Weather.</param>
    /// <param name="latitude">Degrees north.</param>
    /// <param name="longitude">Degrees east.</param>
    /// <param name="kept">What <see cref="Keep"/> answered in an earlier process; null at first.</param>
    public SimulatedDevice(Profile profile, long seed, ISky sky, double latitude, double longitude, KeptDevice? kept = null)
    {
        _profile = profile;
        _longitude = longitude;
        foreach (MeterChannel channel in new[] { profile.PanelMeter, profile.LoadMeter, profile.GridMeter }.OfType<MeterChannel>())
        {
            Chips.Add(channel.Address, channel.ShuntMicroohms);
        }

        _sky = new MinuteSky(sky, latitude, longitude);
        _panel = new SimulatedPanel(profile.PanelMilliwatts, Noise.Child(seed, 1));
        _load = SimulatedLoad.Of(profile, Noise.Child(seed, 2));
        _grid = new SimulatedGrid(profile.GridInputMilliwatts, Noise.Child(seed, 3));
        double charge = kept?.ChargeMilliwattHours ?? profile.BatteryMilliwattHours * (0.55 + 0.3 * Noise.Unit(seed, 4));
        Battery = new SimulatedBattery(profile.BatteryMilliwattHours, profile.BatteryNominalMillivolts, charge);
        Meter = new TrueMeter(SlotSeconds, kept?.Totals);
    }

    /// <summary>The battery.</summary>
    public SimulatedBattery Battery { get; }

    /// <summary>What truly happened, kept without the node's code.</summary>
    public TrueMeter Meter { get; }

    /// <summary>The meter's chips.</summary>
    public SimulatedChips Chips { get; } = new();

    /// <summary>Power from the panel now, mW, as it truly flows.</summary>
    public int HarvestedMilliwatts { get; private set; }

    /// <summary>Power to the user now, mW, as it truly flows.</summary>
    public int DeliveredMilliwatts { get; private set; }

    /// <summary>Power from the grid now, mW, as it truly flows.</summary>
    public int ImportedMilliwatts { get; private set; }

    /// <summary>Whether the output is cut because the battery is empty.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The node starts at this moment; no time passes.</summary>
    public void Boot(long unixSeconds)
    {
        (_load as AirNodeLoad)?.Boot();
        Flow(unixSeconds, seconds: 0);
        Meter.Boot(unixSeconds, _now);
    }

    /// <summary>One second passes; it ends at this moment.</summary>
    public void Advance(long unixSeconds)
    {
        Flow(unixSeconds, seconds: 1);
        Meter.Take(_now);
    }

    /// <summary>The node's metering ends here.</summary>
    public void Stop() => Meter.Stop(_now);

    /// <summary>What outlives the process; to be kept whenever a slot closes.</summary>
    public KeptDevice Keep() => new(Battery.ChargeMilliwattHours, Meter.Totals);

    /// <inheritdoc />
    public void Sample(Sample sample)
    {
        sample.HarvestedMicrowatts = _now.HarvestedMicrowatts;
        sample.DeliveredMicrowatts = _now.DeliveredMicrowatts;
        sample.ImportedMicrowatts = _now.ImportedMicrowatts;
        sample.BatteryPermille = _now.BatteryPermille;
        sample.BatteryMillivolts = _now.BatteryMillivolts;
        sample.Celsius = _now.Celsius;
        sample.Flags = _now.Flags;
        sample.HasService = _now.HasService;
        sample.Sessions = _now.Sessions;
        sample.KibDown = _now.KibDown;
        sample.KibUp = _now.KibUp;
    }

    private void Flow(long unixSeconds, int seconds)
    {
        _sky.Look(unixSeconds);
        LoadMoment moment = LoadMoment.At(unixSeconds, _longitude, _sky.SunDegrees, Battery.Permille);
        IsCut = IsCut ? Battery.Permille < ReturnPermille : Battery.Permille < CutPermille;
        int wanted = IsCut ? 0 : _load.WantedMilliwatts(moment);
        int possible = _panel.PossibleMilliwatts(_sky.Weather, unixSeconds);
        int imported = _grid.Milliwatts(moment);
        double available = possible + imported + (seconds == 0 || IsCut ? 0 : Battery.AvailableMilliwatts);
        int delivered = seconds == 0 ? wanted : Math.Min(wanted, (int)(available * ConverterEfficiency));
        double needed = delivered / ConverterEfficiency;

        // The grid is used before the sun, the sun before the battery; what neither load nor battery takes is never harvested.
        int harvested = Math.Min(possible, (int)Math.Ceiling(Math.Max(0, needed - imported)) + Spare(needed, imported));
        double surplus = harvested + imported - needed;
        if (seconds > 0 && surplus > 0)
        {
            Battery.Charge(surplus);
        }
        else if (seconds > 0)
        {
            Battery.Discharge(-surplus);
        }

        Show(moment, harvested, delivered, imported);
    }

    // What the battery takes beyond what the grid alone leaves for it.
    private int Spare(double needed, int imported) => Math.Max(0, Battery.AcceptedMilliwatts - (int)Math.Ceiling(Math.Max(0, imported - needed)));

    // What the chip of a channel makes of a power, uW.
    private int Show(MeterChannel? channel, int milliwatts, int millivolts)
    {
        if (channel is null)
        {
            return 0;
        }

        Chips.Set(channel.Address, milliwatts, millivolts);
        return (int)Chips.ShownMicrowatts(channel.Address);
    }

    private void Show(LoadMoment moment, int harvested, int delivered, int imported)
    {
        HarvestedMilliwatts = harvested;
        DeliveredMilliwatts = delivered;
        ImportedMilliwatts = imported;
        _now.HarvestedMicrowatts = Show(_profile.PanelMeter, harvested, harvested == 0 ? 0 : _profile.PanelNominalMillivolts);
        _now.DeliveredMicrowatts = Show(_profile.LoadMeter, delivered, Battery.Millivolts);
        _now.ImportedMicrowatts = Show(_profile.GridMeter, imported, Battery.Millivolts);
        _now.BatteryPermille = Battery.Permille;
        _now.BatteryMillivolts = Battery.Millivolts;
        _now.Celsius = (int)Math.Round(_sky.Weather.AirCelsius);
        _now.Flags = IsCut ? ReadingFlags.BrownOut : 0;
        if (_load is AirNodeLoad service)
        {
            if (!IsCut)
            {
                service.Serve(moment);
            }

            _now.HasService = true;
            _now.Sessions = service.Sessions;
            _now.KibDown = service.KibDown;
            _now.KibUp = service.KibUp;
        }
    }
}

/// <summary>What a simulated device keeps from one process to the next.</summary>
/// <param name="ChargeMilliwattHours">Charge of the battery; by seed between 55 and 85 % where null.</param>
/// <param name="Totals">Energy over its life.</param>
public sealed record KeptDevice(double? ChargeMilliwattHours, TrueTotals Totals = default);
