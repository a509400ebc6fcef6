using DePin.Node.Metering;

namespace DePin.Host.Simulation;

/// <summary>
/// Simulated INA219 chips on one bus: each shows the power that the device sets, at its voltage, in whole counts of its
/// registers. Their answers can be taken away, held, or driven to the rail.
/// </summary>
public sealed class SimulatedChips : II2cBus
{
    private readonly Dictionary<int, Chip> _chips = [];

    /// <summary>Whether no chip answers.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Registers read and written so far.</summary>
    public long Transfers { get; private set; }

    /// <summary>Puts a chip on the bus.</summary>
    public void Add(int address, int shuntMicroohms) => _chips.Add(address, new Chip(shuntMicroohms));

    /// <summary>The chip now measures this power at this voltage, both rounded to the nearest count.</summary>
    public void Set(int address, double milliwatts, int millivolts)
    {
        Chip chip = _chips[address];
        if (chip.IsHeld)
        {
            return;
        }

        chip.Bus = Math.Clamp((int)Math.Round(millivolts / (double)Ina219.MillivoltsPerCount), 0, 8000);

        // The current follows from the voltage shown, so that rounding one does not bend their product.
        double amperes = chip.Bus == 0 ? 0 : milliwatts / (chip.Bus * Ina219.MillivoltsPerCount);
        chip.Shunt = (int)Math.Clamp(Math.Round(amperes * chip.ShuntMicroohms / 10), -32000, 32000);
    }

    /// <summary>From now on the chip shows what it showed last.</summary>
    public void Hold(int address, bool isHeld) => _chips[address].IsHeld = isHeld;

    /// <summary>The chip's supply dipped: its registers are as after power-on.</summary>
    public void Reset(int address) => _chips[address].Configuration = Ina219.PowerOnConfiguration;

    /// <summary>
    /// Power in microwatts as the registers tell it, rounded down: reckoned here apart from the node's code, for the record of
    /// what truly happened.
    /// </summary>
    public long ShownMicrowatts(int address)
    {
        Chip chip = _chips[address];
        Int128 nanovolts = (Int128)chip.Shunt * 10_000;
        return chip.Shunt <= 0 ? 0 : (long)(nanovolts * chip.Bus * 4 / chip.ShuntMicroohms);
    }

    /// <inheritdoc />
    public int Read(int address, int register)
    {
        Transfers++;
        if (IsSilent || !_chips.TryGetValue(address, out Chip? chip))
        {
            return -1;
        }

        return register switch
        {
            Ina219.ConfigurationRegister => chip.Configuration,
            Ina219.ShuntRegister => chip.Shunt & 0xFFFF,
            Ina219.BusRegister => (chip.Bus << 3) | 2,
            _ => 0,
        };
    }

    /// <inheritdoc />
    public bool Write(int address, int register, int value)
    {
        Transfers++;
        if (IsSilent || !_chips.TryGetValue(address, out Chip? chip))
        {
            return false;
        }

        if (register == Ina219.ConfigurationRegister)
        {
            chip.Configuration = value;
        }

        return true;
    }

    private sealed class Chip(int shuntMicroohms)
    {
        public int ShuntMicroohms { get; } = shuntMicroohms;

        public int Configuration { get; set; } = Ina219.PowerOnConfiguration;

        public int Bus { get; set; }

        public int Shunt { get; set; }

        public bool IsHeld { get; set; }
    }
}
