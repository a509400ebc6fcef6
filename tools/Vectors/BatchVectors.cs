using System.Text.Json.Nodes;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Tools.Vectors;

/// <summary>Batches that are right: the first of a life, its successor, an AirNode's, the largest, one without a clock.</summary>
internal static class BatchVectors
{
    private static readonly byte[] Firmware = Convert.FromHexString("0011223344556677");

    public static SignedVector[] Build(TestKey lamp, TestKey airNode, KnownSignatures signatures)
    {
        Reading[] evening = [.. Enumerable.Range(0, 12).Select(i => Lamp(300, 0, 240 + i, 800 - 2 * i, 18 - i))];
        Batch first = Batch.Create(lamp.Node, Firmware, new byte[32], new Counters(0, 0, 0), evening);
        Fill(first, 1, 1, 1_790_000_000, 12, ClockState.Fresh, 1);
        var one = new SignedVector("first of a life", "lamp", lamp, SignedMessage.BatchContext, first.Encode(), Fields(first), signatures);

        Batch second = Batch.Create(lamp.Node, Firmware, one.Hash, first.Closing(), [Lamp(300, 31, 0, 776, -3), Lamp(17, 2, 0, 776, -40)]);
        Fill(second, 1, 13, 1_790_003_600, 3612, ClockState.Aged, 1);
        var two = new SignedVector("successor, frost, short last reading", "lamp", lamp, SignedMessage.BatchContext, second.Encode(), Fields(second), signatures);

        Reading served = Lamp(300, 2100, 980, 1000, 41);
        served.Service = new ServiceCounts(7, 180_432, 20_011);
        Batch wifi = Batch.Create(airNode.Node, Firmware, new byte[32], new Counters(MeteringLimits.CounterMax - 2100, 77, 0), [served]);
        Fill(wifi, 4_294_967_295, 4_000_000_000, 1_790_000_000, 1, ClockState.Fresh, 3);
        var three = new SignedVector("AirNode with service and large numbers", "airnode", airNode, SignedMessage.BatchContext, wifi.Encode(), Fields(wifi), signatures);

        Batch largest = Batch.Create(lamp.Node, Firmware, two.Hash, second.Closing(), [.. Enumerable.Range(0, 96).Select(i => Lamp(150, 10 * i, 5 * i, i, 20))]);
        Fill(largest, 2, 15, 1_790_010_000, 5, ClockState.Fresh, 1);
        var four = new SignedVector("96 readings", "lamp", lamp, SignedMessage.BatchContext, largest.Encode(), Fields(largest), signatures);

        Reading fault = Lamp(300, 0, 9, 99, 60);
        fault.Flags = ReadingFlags.All;
        fault.ImportedMilliwattHours = 24;
        Batch clockless = Batch.Create(lamp.Node, Firmware, four.Hash, largest.Closing(), [fault]);
        Fill(clockless, 3, 111, 0, 60, ClockState.NeverSet, 1);
        var five = new SignedVector("clock never set, every flag", "lamp", lamp, SignedMessage.BatchContext, clockless.Encode(), Fields(clockless), signatures);
        return [one, two, three, four, five];
    }

    private static void Fill(Batch batch, long boot, long sequence, long opened, long uptime, int clock, long profile)
    {
        batch.Boot = boot;
        batch.Sequence = sequence;
        batch.OpenedUnixSeconds = opened;
        batch.UptimeSeconds = uptime;
        batch.Clock = clock;
        batch.Profile = profile;
    }

    private static Reading Lamp(int seconds, long harvested, long delivered, int battery, int celsius) => new()
    {
        Seconds = seconds,
        HarvestedMilliwattHours = harvested,
        DeliveredMilliwattHours = delivered,
        BatteryPermille = battery,
        BatteryMillivolts = 3200 + battery / 10,
        Celsius = celsius,
    };

    private static JsonObject Fields(Batch batch) => new()
    {
        ["node"] = batch.Node.ToString(),
        ["boot"] = batch.Boot,
        ["sequence"] = batch.Sequence,
        ["opened"] = batch.OpenedUnixSeconds,
        ["uptime"] = batch.UptimeSeconds,
        ["clock"] = batch.Clock,
        ["firmware"] = Convert.ToHexStringLower(batch.Firmware),
        ["profile"] = batch.Profile,
        ["previous"] = Convert.ToHexStringLower(batch.Previous),
        ["counters"] = Numbers(batch.Opening),
        ["readings"] = new JsonArray([.. batch.Readings.Select(ReadingJson)]),
        ["closing"] = Numbers(batch.Closing()),
    };

    internal static JsonArray Numbers(Counters counters) =>
        new(counters.HarvestedMilliwattHours, counters.DeliveredMilliwattHours, counters.ImportedMilliwattHours);

    private static JsonArray ReadingJson(Reading reading)
    {
        var items = new JsonArray(
            reading.Seconds, reading.HarvestedMilliwattHours, reading.DeliveredMilliwattHours, reading.ImportedMilliwattHours,
            reading.BatteryPermille, reading.BatteryMillivolts, reading.Celsius, reading.Flags);
        if (reading.Service is { } service)
        {
            items.Add((JsonNode)new JsonArray(service.Sessions, service.KibDown, service.KibUp));
        }

        return items;
    }
}
