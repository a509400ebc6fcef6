using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DePin.Tools.Hardware;

/// <summary>Who is connected to what, as an SVG: power runs from left to right, the board with its signals stands below.</summary>
internal static class WiringPicture
{
    private const int Width = 1120;
    private const int Height = 620;

    public static string Draw(JsonElement profile)
    {
        JsonElement board = profile.GetProperty("board");
        JsonElement pins = board.GetProperty("pins");
        bool hasGrid = profile.GetProperty("gridMeter").ValueKind == JsonValueKind.Object;
        string title = profile.GetProperty("title").GetString()!;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"14\" role=\"img\" aria-label=\"Wiring of {Escape(title)}\">\n");
        svg.Append($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>\n");
        Text(svg, 20, 32, $"{profile.GetProperty("name").GetString()}: {title}", 18, "start");

        Wire(svg, "M200 110 H240", "power");
        Wire(svg, "M420 110 H460", "power");
        Wire(svg, "M640 110 H680", "power");
        Wire(svg, "M860 110 H900", "power");
        Box(svg, 20, 70, 180, 80, "Panel", Watts(profile, "panelMilliwatts"), Volts(profile, "panelNominalMillivolts"));
        Meter(svg, 240, 70, "panel", profile.GetProperty("panelMeter"));
        Box(svg, 460, 70, 180, 80, "Charger and battery", $"LiFePO4 {Hours(profile)}", Volts(profile, "batteryNominalMillivolts"));
        Meter(svg, 680, 70, "output", profile.GetProperty("loadMeter"));
        Box(svg, 900, 70, 200, 80, "Output", $"at most {Watts(profile, "outputMilliwatts")}", "switched by the board");
        if (hasGrid)
        {
            Wire(svg, "M200 230 H240", "power");
            Wire(svg, "M420 230 H550 V150", "power");
            Box(svg, 20, 190, 180, 80, "Grid input", $"at most {Watts(profile, "gridInputMilliwatts")}", "metered apart");
            Meter(svg, 240, 190, "grid", profile.GetProperty("gridMeter"));
        }

        Board(svg, board, pins, hasGrid);
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void Board(StringBuilder svg, JsonElement board, JsonElement pins, bool hasGrid)
    {
        string bus = $"I2C bus {pins.GetProperty("i2cBus")}: SDA GPIO{pins.GetProperty("sda")}, SCL GPIO{pins.GetProperty("scl")}";
        Wire(svg, hasGrid ? "M330 150 V165 M330 270 V330 M330 165 H300 V190 M770 150 V330" : "M330 150 V330 M770 150 V330", "signal");
        Text(svg, 550, 312, bus, 14, "middle");
        Wire(svg, "M330 330 H770 M550 330 V370", "signal");
        Box(svg, 400, 370, 300, 90, board.GetProperty("module").GetString()!, "3.3 V from the battery", "keeps metering when the output is cut");
        string[] left = [$"Button: GPIO{pins.GetProperty("button")} to ground", $"Case switch: GPIO{pins.GetProperty("caseSwitch")} to ground"];
        string[] right = [$"Output switch: GPIO{pins.GetProperty("output")}", $"Status light: GPIO{pins.GetProperty("statusLight")}", $"External watchdog WDI: GPIO{pins.GetProperty("watchdog")}, its reset to EN"];
        Side(svg, left, 40, 300, 400);
        Side(svg, right, 780, 300, 700);
        Wire(svg, "M1000 150 V380", "signal");
        int at = 546;
        foreach (JsonElement sensor in board.GetProperty("sensors").EnumerateArray())
        {
            Text(svg, 550, at, $"{sensor.GetProperty("name")} at 0x{sensor.GetProperty("address").GetInt32():X2} on the same bus: {sensor.GetProperty("measures")}", 14, "middle");
            at += 22;
        }

        Text(svg, 20, 590, "Thick: power. Thin: signals. All grounds are common; shunts lie in the positive line.", 13, "start");
    }

    private static void Side(StringBuilder svg, string[] labels, int x, int width, int boardX)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            int y = 380 + (i * 44);
            int edge = x < boardX ? x + width : x;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"32\" rx=\"6\" fill=\"#f3f6f9\" stroke=\"#52606d\"/>\n");
            Text(svg, x + (width / 2), y + 21, labels[i], 13, "middle");
            int end = Math.Min(y + 16, 450);
            Wire(svg, $"M{edge} {y + 16} H{(edge + boardX) / 2} V{end} H{boardX}", "signal");
        }
    }

    private static void Meter(StringBuilder svg, int x, int y, string what, JsonElement meter) => Box(
        svg,
        x,
        y,
        180,
        80,
        $"INA219 ({what})",
        $"address 0x{meter.GetProperty("address").GetInt32():X2}",
        string.Create(CultureInfo.InvariantCulture, $"shunt {meter.GetProperty("shuntMicroohms").GetInt32() / 1000.0:0.###} mOhm"));

    private static void Box(StringBuilder svg, int x, int y, int width, int height, params string[] lines)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#eef4fb\" stroke=\"#1f4e79\" stroke-width=\"1.5\"/>\n");
        for (int i = 0; i < lines.Length; i++)
        {
            Text(svg, x + (width / 2), y + 26 + (i * 21), lines[i], i == 0 ? 15 : 13, "middle");
        }
    }

    private static void Wire(StringBuilder svg, string path, string kind)
    {
        (string colour, string width) = kind == "power" ? ("#b4451f", "4") : ("#52606d", "1.5");
        svg.Append($"<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n");
    }

    private static void Text(StringBuilder svg, int x, int y, string text, int size, string anchor) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"#102a43\">{Escape(text)}</text>\n");

    private static string Watts(JsonElement profile, string member) => string.Create(CultureInfo.InvariantCulture, $"{profile.GetProperty(member).GetInt32() / 1000.0:0.#} W");

    private static string Volts(JsonElement profile, string member) => string.Create(CultureInfo.InvariantCulture, $"{profile.GetProperty(member).GetInt32() / 1000.0:0.#} V");

    private static string Hours(JsonElement profile) => string.Create(CultureInfo.InvariantCulture, $"{profile.GetProperty("batteryMilliwattHours").GetInt32() / 1000.0:0.#} Wh");

    private static string Escape(string text) => System.Security.SecurityElement.Escape(text);
}
