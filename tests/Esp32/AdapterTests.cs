using System.Device.I2c;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node.Esp32;
using DePin.Node.Metering;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;
using DePin.Tests.Support;
using DePin.Tools.Label;
using Ina219 = DePin.Node.Metering.Ina219;

namespace DePin.Tests.Esp32;

/// <summary>The board's adapters on stand-ins that behave as the real parts were measured to.</summary>
public sealed class AdapterTests
{
    private static int _buses;

    [Fact]
    public void Registers_go_over_the_wire_with_the_high_byte_first_and_power_comes_out_right()
    {
        var wire = new ChipWire();
        var bus = new I2cBus(NewBus(wire));
        Assert.True(bus.Write(0x41, Ina219.ConfigurationRegister, 0x3FFF));
        Assert.Equal(0x3FFF, wire.Chips.Read(0x41, Ina219.ConfigurationRegister));
        wire.Chips.Set(0x41, 2500, 3300);
        var meter = new Ina219(bus, new MeterChannel(0x41, 100_000, 1_000_000));
        Assert.True(meter.Measure());
        Assert.Equal(wire.Chips.ShownMicrowatts(0x41), meter.Microwatts);
    }

    [Theory]
    [InlineData(I2cTransferStatus.UnknownError)]
    [InlineData(I2cTransferStatus.ClockStretchTimeout)]
    [InlineData(I2cTransferStatus.PartialTransfer)]
    [InlineData(I2cTransferStatus.SlaveAddressNotAcknowledged)]
    public void A_transfer_that_was_not_full_is_no_answer_and_the_next_one_is_tried_again(I2cTransferStatus status)
    {
        var wire = new ChipWire { Status = status };
        var bus = new I2cBus(NewBus(wire));
        Assert.Equal(-1, bus.Read(0x40, 1));
        Assert.False(bus.Write(0x40, 0, 1));
        wire.Status = I2cTransferStatus.FullTransfer;
        Assert.Equal(0, bus.Read(0x40, 1));
    }

    [Fact]
    public void Files_are_replaced_as_a_whole_listed_by_name_and_missing_ones_are_no_error()
    {
        using var folder = new TemporaryFolder();
        var flash = new LittleFlash(folder.File("node") + Path.DirectorySeparatorChar);
        Assert.Null(flash.Read("a"));
        flash.Delete("a");
        flash.Write("a", [1, 2, 3]);
        flash.Write("a", [4]);
        flash.Write("empty", []);
        Assert.Equal([4], flash.Read("a")!);
        Assert.Equal([], flash.Read("empty")!);
        Assert.Equal(["a", "empty"], flash.List().Order(StringComparer.Ordinal));
        flash.Delete("a");
        Assert.Equal(["empty"], new LittleFlash(folder.File("node") + Path.DirectorySeparatorChar).List());
    }

    [Theory]
    [InlineData(LightCode.Well)]
    [InlineData(LightCode.NoNetwork)]
    [InlineData(LightCode.NeedsTechnician)]
    public void A_code_is_so_many_blinks_and_a_pause(int code)
    {
        var light = new StatusLight();
        int blinks = 0;
        bool wasOn = false;
        for (int at = 0; at < (400 * code) + 2000; at += 10)
        {
            bool isOn = light.IsOn(code, at);
            blinks += isOn && !wasOn ? 1 : 0;
            wasOn = isOn;
        }

        Assert.Equal(code, blinks);
        Assert.True(light.IsOn(code, (400 * code) + 2000));
    }

    [Fact]
    public void What_matters_most_is_shown()
    {
        Assert.Equal(LightCode.NeedsTechnician, LightCode.Of(false, false, false, false, true));
        Assert.Equal(LightCode.SensorFault, LightCode.Of(true, false, false, false, true));
        Assert.Equal(LightCode.NoNetwork, LightCode.Of(true, true, false, false, true));
        Assert.Equal(LightCode.NoGateway, LightCode.Of(true, true, true, false, true));
        Assert.Equal(LightCode.CreditHeld, LightCode.Of(true, true, true, true, true));
        Assert.Equal(LightCode.Well, LightCode.Of(true, true, true, true, false));
    }

    [Fact]
    public void What_a_pairing_has_to_say_comes_before_all_else()
    {
        Assert.Equal(LightCode.NoGateway, LightCode.Of(PresenceLight.None, LightCode.NoGateway));
        Assert.Equal(LightCode.Rejected, LightCode.Of(PresenceLight.Rejected, LightCode.SensorFault));
        var light = new StatusLight();
        Assert.True(light.IsOn(LightCode.Well, 0));
        int challenge = LightCode.Of(PresenceLight.Challenge, LightCode.Well);
        Assert.Equal(25, Enumerable.Range(1, 5000).Count(at => light.IsOn(challenge, at) && !light.IsOn(challenge, at - 1)));
        int paired = LightCode.Of(PresenceLight.Paired, LightCode.Well);
        Assert.All(Enumerable.Range(5000, 5000), at => Assert.True(light.IsOn(paired, at)));
        Assert.True(light.IsOn(LightCode.Well, 10_000));
        Assert.False(light.IsOn(LightCode.Well, 10_200));
    }

    [Fact]
    public void The_label_prints_every_number_of_blinks_that_the_light_has() =>
        Assert.All(
            [LightCode.Well, LightCode.NoNetwork, LightCode.NoGateway, LightCode.SensorFault, LightCode.NeedsTechnician, LightCode.Rejected, LightCode.CreditHeld],
            code => Assert.Contains(LightCodes.Counted, printed => printed.Blinks == code));

    [Fact]
    public void A_bouncing_press_is_one_short_press_and_a_held_one_is_told_once()
    {
        var button = new Button();
        var told = new List<int>();
        void Press(int from, int until)
        {
            for (int at = from; at < until + 200; at += 5)
            {
                bool bounces = at < from + 20 || (at >= until && at < until + 20);
                told.Add(button.Look(bounces ? at % 10 == 0 : at < until, at));
            }
        }

        Press(1000, 1300);
        Assert.Equal([Button.Short], told.Where(what => what != Button.None));
        told.Clear();
        Press(5000, 20_000);
        Assert.Equal([Button.Long], told.Where(what => what != Button.None));
        told.Clear();
        Press(30_000, 34_000);
        Assert.Equal([], told.Where(what => what != Button.None));
        Assert.Equal(1, button.Presses);
    }

    [Fact]
    public void A_night_has_its_steps_a_cloud_is_no_dusk_and_the_button_rules_until_dawn()
    {
        var night = new NightRoutine([240, 330], [1000, 400], 25_000);
        long second = 0;
        void Pass(int minutes, int microwatts)
        {
            for (int i = 0; i < minutes * 60; i++)
            {
                night.Look(microwatts, ++second);
            }
        }

        Pass(60, 3_000_000);
        Pass(5, 0);
        Pass(60, 3_000_000);
        Assert.Equal(0, night.Permille(second));
        Pass(11, 0);
        Assert.Equal(1000, night.Permille(second));
        Pass(240, 0);
        Assert.Equal(400, night.Permille(second));
        night.Toggle(second);
        Assert.Equal(0, night.Permille(second));
        night.Toggle(second);
        Pass(200, 0);
        Assert.Equal(1000, night.Permille(second));
        Pass(11, 3_000_000);
        Assert.Equal(0, night.Permille(second));
    }

    [Fact]
    public void Charge_follows_the_profiles_points()
    {
        int[] points = BoardProfile.ChargeMillivolts();
        int[] permille = BoardProfile.ChargePermille();
        Assert.Equal(1000, BatteryCharge.Permille(3600, points, permille));
        Assert.Equal(permille[^1], BatteryCharge.Permille(2000, points, permille));
        int last = 1000;
        for (int millivolts = 3400; millivolts > 2400; millivolts--)
        {
            int now = BatteryCharge.Permille(millivolts, points, permille);
            Assert.InRange(now, 0, last);
            last = now;
        }
    }

    [Fact]
    public void The_radio_sleeps_when_all_is_said_and_wakes_for_work_or_once_in_its_time()
    {
        var radio = new RadioSchedule(3300);
        Assert.True(radio.IsOn(hasWork: true, isOnline: false, 0));
        Assert.True(radio.IsOn(hasWork: false, isOnline: true, 30));
        Assert.False(radio.IsOn(hasWork: false, isOnline: true, 90));
        Assert.False(radio.IsOn(hasWork: false, isOnline: false, 3000));
        Assert.True(radio.IsOn(hasWork: true, isOnline: false, 3001));
        Assert.True(radio.IsOn(hasWork: false, isOnline: true, 3030));
        Assert.False(radio.IsOn(hasWork: false, isOnline: true, 3061));
        Assert.True(radio.IsOn(hasWork: false, isOnline: false, 3061 + 3300));
        Assert.True(new RadioSchedule(0).IsOn(hasWork: false, isOnline: true, 100_000));
    }

    [Fact]
    public void A_press_of_the_button_wakes_the_radio_for_ten_minutes()
    {
        var radio = new RadioSchedule(3300);
        Assert.True(radio.IsOn(hasWork: false, isOnline: true, 30));
        Assert.False(radio.IsOn(hasWork: false, isOnline: true, 90));
        Assert.False(radio.IsOn(hasWork: false, isOnline: false, 999));
        radio.Wake(1000);
        Assert.True(radio.IsOn(hasWork: false, isOnline: false, 1000));
        Assert.True(radio.IsOn(hasWork: false, isOnline: true, 1599));
        Assert.True(radio.IsOn(hasWork: false, isOnline: true, 1650));
        Assert.False(radio.IsOn(hasWork: false, isOnline: true, 1660));
    }

    [Fact]
    public void A_loop_that_stood_still_for_two_minutes_is_stalled()
    {
        Assert.False(StallGuard.IsStalled(1000, 121_000));
        Assert.True(StallGuard.IsStalled(1000, 121_001));
    }

    [Fact]
    public void Two_starts_never_have_the_same_bytes_though_every_clock_says_the_same()
    {
        var flash = new MemoryFlash();
        var seen = new HashSet<string>();
        for (int start = 0; start < 20; start++)
        {
            byte[] session = new byte[40];
            new DeviceEntropy(new PlatformDigest(), new byte[32], flash, ticks: 7).Fill(session);
            Assert.True(seen.Add(Convert.ToHexString(session)));
        }
    }

    [Fact]
    public void The_whole_sensors_tell_power_charge_and_brown_out()
    {
        var wire = new ChipWire();
        var sensors = new DeviceSensors(new I2cBus(NewBus(wire)), null);
        var sample = new Sample();
        wire.Chips.Set(0x40, 4000, 6000);
        wire.Chips.Set(0x41, 2500, 3300);
        sensors.Sample(sample);
        Assert.Equal((wire.Chips.ShownMicrowatts(0x40), wire.Chips.ShownMicrowatts(0x41), 700, 0), (sample.HarvestedMicrowatts, sample.DeliveredMicrowatts, sample.BatteryPermille, sample.Flags));
        wire.Chips.Set(0x41, 100, 2550);
        sensors.Sample(sample);
        Assert.Equal(DePin.Contracts.Metering.ReadingFlags.BrownOut, sample.Flags);
        Assert.True(sensors.IsCut);
        wire.Chips.Set(0x41, 0, 3050);
        sensors.Sample(sample);
        Assert.True(sensors.IsCut);
        wire.Chips.Set(0x41, 0, 3200);
        sensors.Sample(sample);
        Assert.False(sensors.IsCut);
    }

    private static int NewBus(IWire wire)
    {
        int bus = Interlocked.Increment(ref _buses);
        I2cDevice.Wires[bus] = wire;
        return bus;
    }

    /// <summary>The simulated chips behind a wire of bytes.</summary>
    private sealed class ChipWire : IWire
    {
        public ChipWire()
        {
            Chips.Add(0x40, 100_000);
            Chips.Add(0x41, 100_000);
        }

        public SimulatedChips Chips { get; } = new();

        public I2cTransferStatus Status { get; set; } = I2cTransferStatus.FullTransfer;

        public I2cTransferStatus Transfer(int address, SpanByte written, SpanByte? read)
        {
            if (Status != I2cTransferStatus.FullTransfer)
            {
                return Status;
            }

            if (read is not { } answer)
            {
                Chips.Write(address, written[0], (written[1] << 8) | written[2]);
                return Status;
            }

            int value = Chips.Read(address, written[0]);
            answer[0] = (byte)(value >> 8);
            answer[1] = (byte)value;
            return Status;
        }
    }
}
