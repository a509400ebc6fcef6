using System.Text;
using System.Text.Json;

namespace DePin.Tools.Hardware;

/// <summary>A profile as C# 9 for the board: constants, and arrays handed out by methods, since nothing there is static.</summary>
internal static class BoardFile
{
    public static string Write(JsonElement profile)
    {
        JsonElement board = profile.GetProperty("board");
        JsonElement pins = board.GetProperty("pins");
        string name = profile.GetProperty("name").GetString()!;
        var text = new StringBuilder();
        text.Append(
            $$"""
            namespace DePin.Node.Esp32
            {
                /// <summary>What the board's hardware is: hardware/profiles/{{name}}.json, written by "tools/depin profile {{name}} --csharp".</summary>
                public static class BoardProfile
                {
                    /// <summary>Name in registrations.</summary>
                    public const string Name = "{{name}}";


            """);
        Constant(text, "Number", "Number in batches.", profile.GetProperty("number").GetInt32());
        Meter(text, "Panel", "the panel", profile.GetProperty("panelMeter"));
        Meter(text, "Load", "the output", profile.GetProperty("loadMeter"));
        Meter(text, "Grid", "the grid input; 0 where there is none", profile.GetProperty("gridMeter"));
        Constant(text, "I2cBus", "Number of the I2C bus.", pins.GetProperty("i2cBus").GetInt32());
        Constant(text, "SdaPin", "Its data line.", pins.GetProperty("sda").GetInt32());
        Constant(text, "SclPin", "Its clock line.", pins.GetProperty("scl").GetInt32());
        Constant(text, "ButtonPin", "The button, low when pressed.", pins.GetProperty("button").GetInt32());
        Constant(text, "OutputPin", "The output's switch, PWM.", pins.GetProperty("output").GetInt32());
        Constant(text, "StatusLightPin", "The status light.", pins.GetProperty("statusLight").GetInt32());
        Constant(text, "WatchdogPin", "Feeds the external watchdog.", pins.GetProperty("watchdog").GetInt32());
        Constant(text, "CaseSwitchPin", "The case switch, low when closed.", pins.GetProperty("caseSwitch").GetInt32());
        Constant(text, "RadioSleepSeconds", "Longest sleep of the radio between sessions; 0 where it stays on.", board.GetProperty("radioSleepSeconds").GetInt32());
        Constant(text, "DuskMicrowatts", "Panel power below which it is dark.", board.GetProperty("duskMicrowatts").GetInt32());
        List(text, "ChargeMillivolts", "Voltages of the battery at rest, falling.", board.GetProperty("batteryCharge"), "millivolts");
        List(text, "ChargePermille", "Charges that belong to the voltages.", board.GetProperty("batteryCharge"), "permille");
        List(text, "NightMinutes", "Minutes after dusk at which the steps of the night end.", board.GetProperty("nightSteps"), "minutesAfterDusk");
        List(text, "NightPermille", "Brightness of these steps.", board.GetProperty("nightSteps"), "permille");
        text.Length -= Environment.NewLine.Length;
        return text.Append("    }\n}\n").ToString();
    }

    private static void Meter(StringBuilder text, string name, string what, JsonElement meter)
    {
        bool isThere = meter.ValueKind == JsonValueKind.Object;
        Constant(text, name + "MeterAddress", $"I2C address of the meter of {what}.", isThere ? meter.GetProperty("address").GetInt32() : 0);
        Constant(text, name + "ShuntMicroohms", "Its shunt.", isThere ? meter.GetProperty("shuntMicroohms").GetInt32() : 0);
        Constant(text, name + "GainPartsPerMillion", "Its correction.", isThere ? meter.GetProperty("gainPartsPerMillion").GetInt32() : 0);
    }

    private static void Constant(StringBuilder text, string name, string meaning, int value) =>
        text.Append($"        /// <summary>{meaning}</summary>\n        public const int {name} = {value};\n\n");

    private static void List(StringBuilder text, string name, string meaning, JsonElement points, string member)
    {
        string numbers = string.Join(", ", points.EnumerateArray().Select(point => point.GetProperty(member).GetInt32()));
        string array = numbers.Length == 0 ? "new int[0]" : $"new int[] {{ {numbers} }}";
        text.Append($"        /// <summary>{meaning}</summary>\n        public static int[] {name}()\n        {{\n            return {array};\n        }}\n\n");
    }
}
