using DePin.Contracts.Metering;
using DePin.Host.Simulation;
using DePin.Node.Metering;

namespace DePin.Tests.Node;

/// <summary>A power meter at the end of a bus that fails in every way a bus can.</summary>
public sealed class Ina219Tests
{
    private const int Panel = 0x40;
    private const int Load = 0x41;
    private readonly SimulatedChips _chips = new();
    private readonly Sample _sample = new();

    public Ina219Tests()
    {
        _chips.Add(Panel, 100_000);
        _chips.Add(Load, 100_000);
    }

    [Theory]
    [InlineData(3200, 3000)]
    [InlineData(3200, 150)]
    [InlineData(5000, 8000)]
    [InlineData(12_800, 12_000)]
    public void Power_is_right_to_half_a_count_of_each_voltage(int millivolts, int milliwatts)
    {
        PowerSensors sensors = Configured();
        Set(Load, milliwatts, millivolts);
        sensors.Sample(_sample);
        double countMilliwatts = millivolts / 1000.0 * 0.1;
        Assert.InRange(_sample.DeliveredMicrowatts / 1000.0, milliwatts - countMilliwatts, milliwatts + countMilliwatts);
        Assert.Equal(_chips.ShownMicrowatts(Load), _sample.DeliveredMicrowatts);
        Assert.InRange(_sample.BatteryMillivolts, millivolts - 2, millivolts + 2);
        Assert.Equal(0, _sample.Flags);
    }

    [Fact]
    public void A_correction_found_with_a_known_load_scales_the_power()
    {
        Assert.Equal(1_000_000, Ina219.Power(1250, 2000, new MeterChannel(Load, 1_000_000 / 10, 1_000_000)) / 1000 * 1000);
        Assert.Equal(1_005_000, Ina219.Power(1250, 2000, new MeterChannel(Load, 100_000, 1_005_000)));
    }

    [Fact]
    public void A_current_that_flows_back_is_no_energy()
    {
        Assert.Equal(0, Ina219.Power(800, -3, new MeterChannel(Panel, 100_000, 1_000_000)));
    }

    [Fact]
    public void Full_scale_of_every_shunt_stays_a_positive_number() =>
        Assert.Equal(int.MaxValue, Ina219.Power(7999, 31_999, new MeterChannel(Load, 1_000, 1_100_000)));

    [Fact]
    public void A_bus_that_does_not_answer_is_a_flag_and_no_energy_until_it_answers_again()
    {
        PowerSensors sensors = Configured();
        Set(Load, 3000, 3200);
        _chips.IsSilent = true;
        sensors.Sample(_sample);
        Assert.Equal((0, ReadingFlags.SensorFault), (_sample.DeliveredMicrowatts, _sample.Flags));
        _chips.IsSilent = false;
        sensors.Sample(_sample);
        Assert.InRange(_sample.DeliveredMicrowatts, 2_990_000, 3_010_000);
        Assert.Equal(0, _sample.Flags);
    }

    [Fact]
    public void A_chip_whose_supply_dipped_is_configured_again_within_a_minute()
    {
        PowerSensors sensors = Configured();
        _chips.Reset(Load);
        for (int second = 0; second < 60; second++)
        {
            Set(Load, 3000 + second, 3200);
            sensors.Sample(_sample);
            Assert.Equal((0, _chips.ShownMicrowatts(Load)), (_sample.Flags, _sample.DeliveredMicrowatts));
        }

        Assert.Equal(Ina219.Configuration, _chips.Read(Load, Ina219.ConfigurationRegister));
    }

    [Fact]
    public void A_chip_that_somebody_else_configured_is_not_believed_until_it_is_ours()
    {
        _chips.Write(Load, Ina219.ConfigurationRegister, 0);
        PowerSensors sensors = new(_chips, Channel(Panel), Channel(Load), null, new Board { Flags = 0 });
        Set(Load, 3000, 3200);
        sensors.Sample(_sample);
        Assert.Equal((0, ReadingFlags.SensorFault), (_sample.DeliveredMicrowatts, _sample.Flags));
        sensors.Sample(_sample);
        Assert.Equal(0, _sample.Flags);
    }

    [Fact]
    public void A_chip_at_its_rail_is_a_flag_and_no_energy()
    {
        PowerSensors sensors = Configured();
        Set(Load, 60_000, 3200);
        sensors.Sample(_sample);
        Assert.Equal((0, ReadingFlags.SensorFault), (_sample.DeliveredMicrowatts, _sample.Flags));
    }

    [Fact]
    public void A_chip_that_shows_the_same_for_half_an_hour_is_stuck_and_darkness_is_not()
    {
        PowerSensors sensors = Configured();
        Set(Load, 3000, 3200);
        for (int second = 0; second < 1800; second++)
        {
            sensors.Sample(_sample);
            Assert.Equal(0, _sample.Flags);
        }

        sensors.Sample(_sample);
        Assert.Equal(ReadingFlags.SensorFault, _sample.Flags);
        Set(Load, 3001, 3200);
        sensors.Sample(_sample);
        Assert.Equal(0, _sample.Flags);
        Set(Load, 0, 3200);
        for (int second = 0; second < 4000; second++)
        {
            sensors.Sample(_sample);
            Assert.Equal(0, _sample.Flags);
        }
    }

    [Fact]
    public void The_boards_own_flags_stand_beside_the_meters()
    {
        var sensors = new PowerSensors(_chips, Channel(Panel), Channel(Load), null, new Board());
        _chips.IsSilent = true;
        sensors.Sample(_sample);
        Assert.Equal(ReadingFlags.SensorFault | ReadingFlags.CaseOpened, _sample.Flags);
        Assert.Equal(3111, _sample.BatteryMillivolts);
    }

    private static MeterChannel Channel(int address) => new(address, 100_000, 1_000_000);

    private void Set(int address, int milliwatts, int millivolts) => _chips.Set(address, milliwatts, millivolts);

    private PowerSensors Configured()
    {
        var sensors = new PowerSensors(_chips, Channel(Panel), Channel(Load), null, new Board { Flags = 0 });
        sensors.Sample(_sample);
        Assert.Equal(0, _sample.Flags);
        return sensors;
    }

    private sealed class Board : ISensors
    {
        public int Flags { get; init; } = ReadingFlags.CaseOpened;

        public void Sample(Sample sample)
        {
            sample.Flags = Flags;
            sample.BatteryMillivolts = 3111;
        }
    }
}
