using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Tests.Support;
using DePin.Tools.Hardware;
using BackendProfile = DePin.Fleet.Nodes.Profile;
using HostProfile = DePin.Host.Profile;

namespace DePin.Tests.Hardware;

/// <summary>Profiles are the single source: whatever follows from them follows from them alone.</summary>
public sealed class ProfileTests
{
    private const string OnBoard = "lamp-small";
    private static readonly string Folder = Path.Combine(Checkout.Root, "hardware");

    public static TheoryData<string> Names => new(Directory.GetFiles(Path.Combine(Folder, "profiles"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path)));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_profile_fits_its_schema_and_both_readers_read_it(string name)
    {
        JsonElement profile = Load(name);
        Assert.Empty(TheSchema().Problems(profile));
        BackendProfile backend = BackendProfile.ByName[name];
        HostProfile host = HostProfile.Named(name);
        Assert.Equal(profile.GetProperty("outputMilliwatts").GetInt64(), backend.OutputMilliwatts);
        Assert.Equal((backend.Number, backend.PanelMilliwatts, backend.OutputMilliwatts), (host.Number, (long)host.PanelMilliwatts, (long)host.OutputMilliwatts));
        Assert.Equal(backend.LoadMeter.ShuntMicroohms, host.LoadMeter.ShuntMicroohms);
    }

    [Theory]
    [InlineData("number", "0")]
    [InlineData("outputMilliwatts", "\"much\"")]
    [InlineData("servesWifi", "1")]
    [InlineData("name", "\"Capital Letters\"")]
    [InlineData("extra", "1")]
    [InlineData("board.pins.output", "12")]
    [InlineData("board.pins.sda", "6")]
    [InlineData("loadMeter.address", "63")]
    [InlineData("loadMeter", "null")]
    [InlineData("board.batteryCharge", "[]")]
    public void What_is_wrong_is_found_by_the_schema(string path, string value)
    {
        JsonNode profile = JsonNode.Parse(File.ReadAllText(PathOf(OnBoard)))!;
        Set(profile, path, JsonNode.Parse(value));
        Assert.NotEmpty(TheSchema().Problems(JsonSerializer.SerializeToElement(profile)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Full_power_stays_within_what_the_chips_can_measure(string name)
    {
        HostProfile profile = HostProfile.Named(name);
        Assert.InRange(ShuntMillivolts(1.35 * profile.PanelMilliwatts, profile.PanelNominalMillivolts, profile.PanelMeter.ShuntMicroohms), 20, 320);
        Assert.InRange(ShuntMillivolts(1.1 * profile.OutputMilliwatts, profile.BatteryNominalMillivolts, profile.LoadMeter.ShuntMicroohms), 20, 320);
        if (profile.GridMeter is { } grid)
        {
            Assert.InRange(ShuntMillivolts(profile.GridInputMilliwatts, profile.BatteryNominalMillivolts, grid.ShuntMicroohms), 20, 320);
        }

        Assert.Equal(profile.GridInputMilliwatts > 0, profile.GridMeter is not null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pins_and_addresses_are_each_used_once_and_curves_run_one_way(string name)
    {
        JsonElement profile = Load(name);
        JsonElement board = profile.GetProperty("board");
        int[] pins = [.. board.GetProperty("pins").EnumerateObject().Where(pin => pin.Name != "i2cBus").Select(pin => pin.Value.GetInt32())];
        Assert.Equal(pins.Length, pins.Distinct().Count());
        int[] addresses =
        [
            .. new[] { "panelMeter", "loadMeter", "gridMeter" }.Select(meter => profile.GetProperty(meter)).Where(meter => meter.ValueKind == JsonValueKind.Object).Select(meter => meter.GetProperty("address").GetInt32()),
            .. board.GetProperty("sensors").EnumerateArray().Select(sensor => sensor.GetProperty("address").GetInt32()),
        ];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        AssertRises(board.GetProperty("nightSteps"), "minutesAfterDusk", 1);
        AssertRises(board.GetProperty("batteryCharge"), "millivolts", -1);
        AssertRises(board.GetProperty("batteryCharge"), "permille", -1);
    }

    [Fact]
    public void The_firmwares_constants_are_those_of_the_profile() =>
        Assert.Equal(BoardFile.Write(Load(OnBoard)), File.ReadAllText(Path.Combine(Checkout.Root, "firmware", "esp32", "BoardProfile.cs")));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_picture_is_that_of_the_profile(string name) =>
        Assert.Equal(WiringPicture.Draw(Load(name)), File.ReadAllText(Path.Combine(Folder, "wiring", name + ".svg")));

    [Fact]
    public void A_changed_rating_changes_backend_firmware_and_picture()
    {
        JsonNode changed = JsonNode.Parse(File.ReadAllText(PathOf(OnBoard)))!;
        changed["outputMilliwatts"] = 7_500;
        changed["loadMeter"]!["shuntMicroohms"] = 75_000;
        changed["board"]!["pins"]!["output"] = 14;
        JsonElement profile = JsonSerializer.SerializeToElement(changed);
        Assert.Empty(TheSchema().Problems(profile));
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(changed.ToJsonString()));
        Assert.Equal(7_500, BackendProfile.Read(stream).OutputMilliwatts);
        string firmware = BoardFile.Write(profile);
        Assert.Contains("LoadShuntMicroohms = 75000;", firmware, StringComparison.Ordinal);
        Assert.Contains("OutputPin = 14;", firmware, StringComparison.Ordinal);
        Assert.NotEqual(File.ReadAllText(Path.Combine(Checkout.Root, "firmware", "esp32", "BoardProfile.cs")), firmware);
        string picture = WiringPicture.Draw(profile);
        Assert.Contains("at most 7.5 W", picture, StringComparison.Ordinal);
        Assert.Contains("shunt 75 mOhm", picture, StringComparison.Ordinal);
        Assert.Contains("Output switch: GPIO14", picture, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_parts_cost_less_than_the_ceiling_and_every_meter_and_watchdog_is_among_them(string name)
    {
        string[][] parts = [.. File.ReadLines(Path.Combine(Folder, "bom.csv")).Skip(1).Select(line => line.Split(',')).Where(part => part[0] == name)];
        Assert.All(parts, part => Assert.Equal(6, part.Length));
        int cents = parts.Sum(part => int.Parse(part[3]) * int.Parse(part[4]));
        Assert.InRange(cents, 500, BackendProfile.ByName[name].PriceCeilingUsdCents);
        int meters = HostProfile.Named(name).GridMeter is null ? 2 : 3;
        Assert.Equal(meters, parts.Where(part => part[2].StartsWith("INA219", StringComparison.Ordinal)).Sum(part => int.Parse(part[3])));
        Assert.Equal(meters, parts.Where(part => part[1].StartsWith("Shunt", StringComparison.Ordinal)).Sum(part => int.Parse(part[3])));
        Assert.Contains(parts, part => part[1] == "External watchdog");
        Assert.Contains(parts, part => part[2].StartsWith("ESP32-WROVER-E", StringComparison.Ordinal));
        foreach (JsonElement sensor in Load(name).GetProperty("board").GetProperty("sensors").EnumerateArray())
        {
            Assert.Contains(parts, part => part[2] == sensor.GetProperty("name").GetString());
        }
    }

    private static double ShuntMillivolts(double milliwatts, int millivolts, int shuntMicroohms) => milliwatts / millivolts * shuntMicroohms / 1000;

    private static void AssertRises(JsonElement points, string member, int direction)
    {
        int[] values = [.. points.EnumerateArray().Select(point => direction * point.GetProperty(member).GetInt32())];
        Assert.Equal(values.Order().Distinct(), values);
    }

    private static void Set(JsonNode profile, string path, JsonNode? value)
    {
        string[] names = path.Split('.');
        JsonNode at = profile;
        foreach (string name in names[..^1])
        {
            at = at[name]!;
        }

        at[names[^1]] = value;
    }

    private static Schema TheSchema() => new(JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "profile.schema.json"))).RootElement);

    private static JsonElement Load(string name) => JsonDocument.Parse(File.ReadAllText(PathOf(name))).RootElement;

    private static string PathOf(string name) => Path.Combine(Folder, "profiles", name + ".json");
}
