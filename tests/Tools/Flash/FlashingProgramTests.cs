using DePin.Tests.Support;
using DePin.Tools;
using DePin.Tools.Flash;

namespace DePin.Tests.Tools.Flash;

/// <summary>nanoff replaced by a program that writes down how it was called.</summary>
[Collection("PATH")]
public sealed class FlashingProgramTests : IDisposable
{
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _folder.Dispose();
    }

    [Fact]
    public async Task Clr_and_image_go_on_once_with_the_address_of_the_partition_table_and_a_resume_skips_what_is_on()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        Record(rig.Board.Serial);
        await File.WriteAllBytesAsync(_folder.File("node.bin"), new byte[100], TestContext.Current.CancellationToken);
        FlashOutcome outcome = await rig.FlashAsync("--image", _folder.File("node.bin"), "--offline", _folder.File("archive"));
        Assert.True(outcome.Code == 0, outcome.Output + outcome.Errors);
        string port = rig.Board.Port;
        Assert.Equal(
            [
                $"--platform esp32 --serialport {port} --devicedetails --suppressnanoffversioncheck",
                $"--update --target ESP32_PSRAM_REV3 --serialport {port} --suppressnanoffversioncheck --fromarchive --archivepath {_folder.File("archive")}",
                $"--target ESP32_PSRAM_REV3 --serialport {port} --deploy --image {_folder.File("node.bin")} --address 0x1E0000 --suppressnanoffversioncheck",
            ],
            Calls());
        Assert.True((double)outcome.Board["flashingProgramSeconds"]! > 0);
        Assert.True((double)outcome.Board["seconds"]! > (double)outcome.Board["flashingProgramSeconds"]!);

        FlashOutcome again = await rig.FlashAsync("--image", _folder.File("node.bin"));
        Assert.True(again.Code == 0, again.Output);
        Assert.Equal(4, Calls().Length);
        await File.WriteAllBytesAsync(_folder.File("node.bin"), new byte[200], TestContext.Current.CancellationToken);
        await rig.FlashAsync("--image", _folder.File("node.bin"));
        Assert.Equal(6, Calls().Length);
        Assert.Contains("--deploy", Calls()[5], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--update", 11, "clr", 3)]
    [InlineData("--deploy", 12, "deploy", 2)]
    public async Task A_step_of_nanoff_that_fails_has_its_code_its_words_and_is_taken_up_there(string failing, int code, string step, int callsAfterwards)
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        Record(rig.Board.Serial, failing);
        await File.WriteAllBytesAsync(_folder.File("node.bin"), new byte[100], TestContext.Current.CancellationToken);
        FlashOutcome outcome = await rig.FlashAsync("--image", _folder.File("node.bin"));
        Assert.Equal((code, step), (outcome.Code, outcome.Text("step")));
        Assert.Contains("E4000: no answer from the chip", outcome.Text("message"), StringComparison.Ordinal);
        int calls = Calls().Length;
        Record(rig.Board.Serial);
        FlashOutcome again = await rig.FlashAsync("--image", _folder.File("node.bin"));
        Assert.True(again.Code == 0, again.Output);
        Assert.Equal(callsAfterwards, Calls().Length - calls);
    }

    [Fact]
    public async Task Without_nanoff_its_installation_is_explained()
    {
        await using FlashRig rig = await FlashRig.StartAsync();
        Environment.SetEnvironmentVariable("PATH", string.Join(':', _path!.Split(':').Where(folder => !File.Exists(Path.Combine(folder, "nanoff")))));
        await File.WriteAllBytesAsync(_folder.File("node.bin"), new byte[100], TestContext.Current.CancellationToken);
        FlashOutcome outcome = await rig.FlashAsync("--image", _folder.File("node.bin"));
        Assert.Equal(11, outcome.Code);
        Assert.Contains("dotnet tool install -g nanoff", outcome.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_comes_from_a_table_in_text_in_bytes_or_the_stock_one()
    {
        File.WriteAllText(_folder.File("partitions.csv"), "# Name, Type\nfactory,  app, factory,  0x10000,  0x1C0000,\ndeploy,   data, 0x84,    0x1D0000, 1856K,\n");
        Assert.Equal(new DeployRegion(0x1D0000, 1856 * 1024), PartitionTable.For("ESP32_REV3", _folder.File("partitions.csv"), null));
        byte[] entry = [0xAA, 0x50, 1, 0x84, 0, 0, 0x1D, 0, 0, 0, 0x2C, 0, .. "deploy"u8, .. new byte[10], 0, 0, 0, 0];
        File.WriteAllBytes(_folder.File("partitions.bin"), [0xAA, 0x50, .. new byte[30], .. entry, .. Enumerable.Repeat((byte)0xFF, 64)]);
        Assert.Equal(new DeployRegion(0x1D0000, 0x2C0000), PartitionTable.For("ANY", _folder.File("partitions.bin"), null));
        Assert.Equal(0x1E0000, PartitionTable.For("ESP32_REV3", null, null).Address);
        Assert.Contains("--partitions", Assert.Throws<CommandException>(() => PartitionTable.For("ESP32_C3", null, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_are_found_by_name_the_lasting_ones_first_and_none_twice()
    {
        Directory.CreateDirectory(_folder.File("dev/serial/by-id"));
        foreach (string name in (string[])["ttyUSB0", "ttyUSB1", "ttyACM0", "ttyS0", "cu.usbserial-1", "cu.Bluetooth"])
        {
            File.WriteAllText(_folder.File($"dev/{name}"), "");
        }

        File.CreateSymbolicLink(_folder.File("dev/serial/by-id/usb-Silicon_Labs_CP2102N"), "../../ttyUSB1");
        Assert.Equal(["usb-Silicon_Labs_CP2102N", "ttyUSB0", "ttyACM0"], PortSearch.FindBelow(_folder.Path, isMac: false).Select(Path.GetFileName));
        Assert.Equal(["cu.usbserial-1"], PortSearch.FindBelow(_folder.Path, isMac: true).Select(Path.GetFileName));
        Assert.Equal(["COM12", "COM3"], PortSearch.InRegistry("\r\nHKEY_LOCAL_MACHINE\\HARDWARE\\DEVICEMAP\\SERIALCOMM\r\n    \\Device\\Silabser0    REG_SZ    COM3\r\n    \\Device\\Serial0    REG_SZ    COM12\r\n\r\n"));
    }

    // A script that notes its arguments, says a MAC, and fails where it is told to.
    private void Record(string serial, string failing = "never")
    {
        string mac = string.Join(':', serial.Chunk(2).Select(two => new string(two).ToUpperInvariant()));
        string script = _folder.File("bin/nanoff");
        Directory.CreateDirectory(_folder.File("bin"));
        File.WriteAllText(script, $"#!/bin/sh\necho \"$@\" >> '{_folder.File("calls")}'\necho 'Writing at 0x00010000... (42 %)'\ncase \"$*\" in *{failing}*) echo 'Error E4000: no answer from the chip' >&2; exit 40;; *--devicedetails*) echo '   MAC address: {mac}';; esac\n");
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("a script needs its mode");
        }

        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", $"{_folder.File("bin")}:{_path}");
    }

    private string[] Calls() => File.ReadAllLines(_folder.File("calls"));
}
