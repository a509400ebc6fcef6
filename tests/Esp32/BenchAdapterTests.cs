using System.IO.Ports;
using DePin.Contracts.Flashing;
using DePin.Node.Esp32;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;
using nanoFramework.Runtime.Native;
using DeviceDigest = DePin.Node.Esp32.DeviceDigest;

namespace DePin.Tests.Esp32;

/// <summary>The board's wire, entropy and names on stand-ins. There is one UART here, so these tests run after each other.</summary>
public sealed class BenchAdapterTests : IDisposable
{
    public BenchAdapterTests()
    {
        SerialPort.ToBoard.Clear();
        SerialPort.FromBoard.Clear();
    }

    public void Dispose() => SerialPort.Refusal = null;

    [Fact]
    public void Bytes_come_one_by_one_and_go_out_together()
    {
        var port = new BenchPort();
        Assert.Equal(-1, port.Read());
        foreach (byte next in new byte[300])
        {
            SerialPort.ToBoard.Enqueue(next);
        }

        for (int i = 0; i < 300; i++)
        {
            Assert.Equal(0, port.Read());
        }

        Assert.Equal(-1, port.Read());
        port.Write([1, 2, 3]);
        Assert.Equal(new byte[] { 1, 2, 3 }, SerialPort.FromBoard.ToArray());
    }

    [Fact]
    public void A_port_that_the_clr_keeps_to_itself_leaves_the_board_metering_and_the_bench_deaf()
    {
        SerialPort.Refusal = new InvalidOperationException("in use");
        var port = new BenchPort();
        SerialPort.ToBoard.Enqueue(1);
        Assert.Equal(-1, port.Read());
        port.Write([1]);
        Assert.Empty(SerialPort.FromBoard);
    }

    [Fact]
    public void A_bare_board_on_the_adapters_is_provisioned_over_its_uart()
    {
        var flash = new MemoryFlash();
        var pins = new Pins();
        var bus = new DePin.Host.Simulation.SimulatedChips();
        bus.Add(BoardProfile.PanelMeterAddress, BoardProfile.PanelShuntMicroohms);
        bus.Add(BoardProfile.LoadMeterAddress, BoardProfile.LoadShuntMicroohms);
        var digest = new DeviceDigest();
        var board = new DeviceBoard(new byte[8], pins);
        var sensors = new DeviceSensors(bus, null);
        var bench = new Bench(new BenchPort(), board, digest, flash, new BenchEntropy(digest, bus, pins), new SelfTest(board, bus, sensors.Panel, sensors.Load, sensors.Grid), new NodeLog());
        NodeSettings settings = Node.Pairing.BenchRig.Settings();
        settings.Profile = BoardProfile.Number;
        FlashAnswer hello = Ask(bench, new FlashRequest(FlashRequest.Hello, 1));
        Assert.Equal(("ESP32_PSRAM_REV3", "246f28000001", 0), (hello.Hello!.Chip, hello.Hello.Serial, hello.Hello.Flags));
        FlashAnswer answer = Ask(bench, new FlashRequest(FlashRequest.Provision, 2) { Entropy = new byte[32], UnixSeconds = 1_790_000_000, Settings = settings.Encode() });
        Assert.NotNull(answer.Identity!.PublicKey(new byte[32], out _));
        Assert.NotNull(IdentityFile.Load(flash));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_790_000_000), Rtc.Set);
        Assert.Equal(BoardNetwork.NoNetworks, Ask(bench, new FlashRequest(FlashRequest.Network, 3)).Network!.State);
    }

    [Fact]
    public void Two_gatherings_of_noise_differ_though_nothing_on_the_board_changed()
    {
        var digest = new DeviceDigest();
        var bus = new DePin.Host.Simulation.SimulatedChips();
        var entropy = new BenchEntropy(digest, bus, new Pins());
        byte[] one = new byte[IdentityMaking.EntropyBytes];
        byte[] other = new byte[IdentityMaking.EntropyBytes];
        entropy.Fill(one);
        entropy.Fill(other);
        Assert.NotEqual(one, other);
        byte[] number = new byte[32];
        byte[] next = new byte[32];
        entropy.Fill(number);
        entropy.Fill(next);
        Assert.NotEqual(number, next);
    }

    [Fact]
    public void Corrections_from_the_bench_replace_the_profiles()
    {
        var bus = new DePin.Host.Simulation.SimulatedChips();
        var sensors = new DeviceSensors(bus, [1_010_000, 990_000, 1_000_000]);
        Assert.Equal((1_010_000, 990_000), (sensors.Panel.GainPartsPerMillion, sensors.Load.GainPartsPerMillion));
        Assert.Null(sensors.Grid);
    }

    private static FlashAnswer Ask(Bench bench, FlashRequest request)
    {
        foreach (byte next in FlashLine.Encode(request.Encode()))
        {
            SerialPort.ToBoard.Enqueue(next);
        }

        var lines = new FlashLineReader();
        for (int i = 0; i < 5_000; i++)
        {
            bench.Step(new FakeClock());
            while (SerialPort.FromBoard.TryDequeue(out byte next))
            {
                if (lines.Take(next) is { } message && FlashAnswer.Decode(message, out _) is { } answer && answer.Id == request.Id)
                {
                    return answer;
                }
            }
        }

        throw new InvalidOperationException($"no answer to {request.Type}");
    }
}
