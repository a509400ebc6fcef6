using System.Globalization;
using System.Text.Json;
using DePin.Host;
using DePin.Node.Metering;
using DePin.Tests.Support;

namespace DePin.Tests.Journeys;

/// <summary>Stories of one lamp, from its sensors to the ledger, over TLS.</summary>
public sealed class LampJourneys
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_reading_over_the_rating_is_refused_and_those_before_and_after_it_are_credited()
    {
        Booster? booster = null;
        await using VillageLamp lamp = await VillageLamp.SetUpAsync(sensors => booster = new Booster(sensors));
        lamp.Pass(Hour);
        booster!.IsOn = true;
        lamp.Pass(TimeSpan.FromMinutes(10));
        booster.IsOn = false;
        lamp.Pass(Hour);
        JsonElement summary = await lamp.FinishAsync();

        long refused = summary.GetProperty("readingsRefused").GetProperty("OverRating").GetInt64();
        Assert.InRange(refused, 1, 3);
        Assert.Equal(lamp.Node.Device.Meter.Slots.Count, summary.GetProperty("readings").GetInt64());
        Assert.Equal(lamp.Node.Device.Meter.Slots.Count - refused, summary.GetProperty("readingsCredited").GetInt64());
        Assert.True(summary.GetProperty("readingsCredited").GetInt64() >= 20, summary.ToString());
    }

    [Fact]
    public async Task A_lamp_without_a_link_for_a_week_catches_up_in_order_without_a_gap()
    {
        await using VillageLamp lamp = await VillageLamp.SetUpAsync();
        lamp.Pass(Hour);
        await lamp.ServeUntilAsync(() => lamp.Node.Uplink.Acknowledged == 1, "the first batch arrives");
        lamp.Node.Uplink.IsCut = true;
        lamp.Pass(TimeSpan.FromDays(7));
        Assert.True(lamp.Node.OutboxBatches >= 160, $"{lamp.Node.OutboxBatches} batches wait");
        lamp.Node.Uplink.IsCut = false;
        JsonElement summary = await lamp.FinishAsync();

        int slots = lamp.Node.Device.Meter.Slots.Count;
        Assert.True(slots >= 7 * 24 * 12, $"{slots} slots");
        Assert.Equal(slots, summary.GetProperty("readings").GetInt64());
        Assert.Equal(slots, summary.GetProperty("readingsCredited").GetInt64());
        Assert.Equal(ExpectedCredit.Micro(lamp.Node).ToString(CultureInfo.InvariantCulture), summary.GetProperty("creditedMicro").GetString());
        long next = 1;
        foreach (JsonElement batch in (await lamp.GetAsync($"/api/nodes/{lamp.NodeId}/batches?limit=1000")).GetProperty("items").EnumerateArray())
        {
            Assert.Equal(next, batch.GetProperty("sequence").GetInt64());
            Assert.Equal(JsonValueKind.Null, batch.GetProperty("gapFromSequence").ValueKind);
            next = batch.GetProperty("nextSequence").GetInt64();
        }

        Assert.Equal(slots + 1, next);
    }

    [Fact]
    public async Task Two_copies_of_one_lamp_are_found_both_versions_kept_and_the_credit_held()
    {
        await using VillageLamp lamp = await VillageLamp.SetUpAsync();
        lamp.Pass(Hour);
        await lamp.ServeUntilAsync(() => lamp.Node.Uplink.Acknowledged == 1, "the first batch arrives");
        lamp.Node.PowerOff();
        await using VirtualNode copy = lamp.OpenCopy();
        copy.Uplink.IsCut = true;
        lamp.Pass(Hour);
        lamp.Pass(Hour + TimeSpan.FromMinutes(1), lamp.Node, copy);
        await lamp.ServeUntilAsync(() => lamp.Node.Uplink.Acknowledged >= 2 && lamp.Node.OutboxBatches == 0, "the lamp's next batches arrive, and none is under way");
        long creditedBefore = (await lamp.JudgedAsync()).GetProperty("readingsCredited").GetInt64();

        lamp.Node.Uplink.IsCut = true;
        copy.Uplink.IsCut = false;
        await lamp.ServeUntilAsync(() => copy.Uplink.Rejected > 0, "the copy is found", copy);
        lamp.Pass(Hour, copy);
        await lamp.ServeUntilAsync(() => copy.Uplink.Acknowledged > 0, "the copy rejoins by a gap", copy);
        JsonElement summary = await lamp.JudgedAsync();

        Assert.True(summary.GetProperty("batchesForked").GetInt64() >= 1, summary.ToString());
        JsonElement evidence = (await lamp.GetAsync($"/api/nodes/{lamp.NodeId}/evidence")).GetProperty("items")[0];
        JsonElement[] stored = [.. (await lamp.GetAsync($"/api/nodes/{lamp.NodeId}/batches")).GetProperty("items").EnumerateArray()];
        JsonElement rival = Assert.Single(stored, batch => batch.GetProperty("sequence").GetInt64() == evidence.GetProperty("sequence").GetInt64());
        Assert.NotEqual(rival.GetProperty("payloadHash").GetString(), evidence.GetProperty("payloadHash").GetString());
        Assert.Equal(creditedBefore, summary.GetProperty("readingsCredited").GetInt64());
        Assert.True(summary.GetProperty("readingsHeld").GetProperty("Suspended").GetInt64() > 0, summary.ToString());
    }

    /// <summary>A fraud between sensor and meter: more power to the user than the lamp can give.</summary>
    private sealed class Booster(ISensors sensors) : ISensors
    {
        private const int FarOverRatingMicrowatts = 40_000_000;

        public bool IsOn { get; set; }

        public void Sample(Sample sample)
        {
            sensors.Sample(sample);
            if (IsOn)
            {
                sample.DeliveredMicrowatts = FarOverRatingMicrowatts;
            }
        }
    }
}
