using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Pairing;
using DePin.Host;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node.Pairing;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>The real core in simulated hardware, against a backend that only gives receipts.</summary>
public sealed class VirtualNodeTests
{
    // 2026-01-01, 14:00 UTC: late afternoon in Kisumu.
    private const long Start = 1_767_276_000;

    [Theory]
    [InlineData("lamp-small")]
    [InlineData("ecandle-1")]
    [InlineData("airnode")]
    public async Task What_the_node_signs_is_what_truly_happened(string profile)
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, profile, backend);
        Advance(node, Start, hours: 7);
        node.PowerOff();
        Advance(node, Start + 8 * 3600, hours: 2);
        Finish(node);
        AssertAgrees(node.Device.Meter.Slots, backend);
        Assert.True(backend.Readings.Sum(reading => reading.DeliveredMilliwattHours) > 1000, "something was delivered");
        Assert.Equal(0, node.OutboxBatches);
        Assert.Equal(backend.Batches.Count, node.Look().AcknowledgedBatches);
    }

    [Fact]
    public async Task A_node_that_was_stopped_goes_on_with_its_key_chain_battery_and_totals()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        var slots = new List<TrueSlot>();
        int permille;
        string id;
        await using (VirtualNode node = Make(folder.Path, "lamp-small", backend))
        {
            Advance(node, Start, hours: 4.03);
            Finish(node);
            slots.AddRange(node.Device.Meter.Slots);
            permille = node.Device.Battery.Permille;
            id = node.Registration.NodeId;
        }

        backend.Close();
        await using VirtualNode again = Make(folder.Path, "lamp-small", backend);
        Assert.Equal(id, again.Registration.NodeId);
        Assert.Equal(permille, again.Device.Battery.Permille);
        Advance(again, Start + 6 * 3600, hours: 3);
        Finish(again);
        slots.AddRange(again.Device.Meter.Slots);
        AssertAgrees(slots, backend);
        Assert.Equal([1L, 2L], backend.Batches.Select(batch => batch.Boot).Distinct());
    }

    [Fact]
    public async Task The_same_seed_signs_the_same_payloads()
    {
        var runs = new List<string[]>();
        for (int run = 0; run < 2; run++)
        {
            using var folder = new TemporaryFolder();
            var backend = new ReceiptGiver();
            await using VirtualNode node = Make(folder.Path, "airnode", backend);
            Advance(node, Start, hours: 5);
            Finish(node);
            runs.Add([.. backend.Batches.Select(batch => Hex.Lower(batch.Encode()))]);
        }

        Assert.NotEmpty(runs[0]);
        Assert.Equal(runs[0], runs[1]);
    }

    [Fact]
    public async Task A_node_whose_link_is_cut_for_a_week_keeps_everything_and_catches_up_in_order()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, "lamp-small", backend);
        Advance(node, Start, hours: 2);
        node.Uplink.IsCut = true;
        Advance(node, Start + 2 * 3600, hours: 7 * 24);
        Assert.InRange(node.OutboxBatches, 160, 180);
        node.Uplink.IsCut = false;
        Finish(node);
        AssertAgrees(node.Device.Meter.Slots, backend);
    }

    [Fact]
    public async Task A_node_under_a_sky_measured_years_ago_has_a_clock()
    {
        const long January2003 = 1_041_379_200;
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, "lamp-small", backend);
        Advance(node, January2003, hours: 2);
        Finish(node);
        Assert.All(backend.Batches, batch => Assert.Equal(ClockState.Fresh, batch.Clock));
        AssertAgrees(node.Device.Meter.Slots, backend);
    }

    [Fact]
    public async Task Every_acknowledged_batch_stands_in_the_log()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        using (var log = new AcknowledgedLog(folder.File("acknowledged")))
        {
            await using VirtualNode node = Make(folder.Path, "lamp-small", backend, log);
            Advance(node, Start, hours: 3);
            Finish(node);
        }

        var digest = new PlatformDigest();
        IEnumerable<string> expected = backend.Batches.Select(batch =>
        {
            byte[] payload = batch.Encode();
            return $"{batch.Node} {batch.Sequence} {Hex.Lower(digest.Sha256(payload, 0, payload.Length))}";
        });
        Assert.Equal(expected, File.ReadAllLines(folder.File("acknowledged")));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public async Task A_button_pressed_as_often_as_the_backend_asks_is_answered_and_otherwise_it_is_not(int times)
    {
        byte[] nonce = [.. Enumerable.Range(1, PairChallenge.NonceSize).Select(i => (byte)i)];
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, "lamp-small", backend);
        Advance(node, Start, hours: 0.1);
        long now = node.Clock.TrueUnixSeconds;
        backend.SendPair(PairChallenge.Challenge, nonce, presses: 3);
        node.Advance(++now * 1000);
        Assert.Equal(PresenceLight.Challenge, node.Light);
        node.PressButton(times);
        for (int i = 0; i < 8; i++)
        {
            node.Advance(++now * 1000);
        }

        Assert.Equal(times == 3 ? [Hex.Lower(nonce)] : [], backend.Answers.Select(answer => Hex.Lower(answer.Nonce)));
        backend.SendPair(PairChallenge.Granted, nonce, presses: 3);
        node.Advance(++now * 1000);
        Assert.Equal(PresenceLight.Paired, node.Light);
    }

    [Fact]
    public async Task What_comes_while_the_clock_is_read_waits_for_the_next_look_at_it()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, "lamp-small", backend);
        Advance(node, Start, hours: 0.1);

        // The machine is busy: between reading the clock and using it, the backend says something of a later time.
        var clock = new InterruptedClock(node.Clock.TrueUnixSeconds + 1, () => backend.SendPair(PairChallenge.Challenge, new byte[PairChallenge.NonceSize], presses: 3));
        node.Advance(clock);
        Assert.Equal(PresenceLight.None, node.Light);
        node.Advance(clock);
        Assert.Equal(PresenceLight.Challenge, node.Light);
    }

    private sealed class InterruptedClock(long unixSeconds, Action meanwhile) : TimeProvider
    {
        private int _looks;

        public override DateTimeOffset GetUtcNow()
        {
            if (_looks++ == 0)
            {
                meanwhile();
            }

            return DateTimeOffset.FromUnixTimeSeconds(unixSeconds + _looks);
        }
    }

    private static VirtualNode Make(string folder, string profile, ReceiptGiver backend, AcknowledgedLog? log = null)
    {
        var node = new VirtualNode(new VirtualNodeOptions
        {
            Profile = Profile.Named(profile),
            Folder = Path.Combine(folder, "node"),
            Seed = 42,
            Sky = new SeededClouds(42),
            Link = backend,
            Latitude = -0.0917,
            Longitude = 34.768,
            SynchronisesFlash = false,
            Entropy = new SeededEntropy(1),
            Log = log,
        });
        backend.DownKey = Convert.FromHexString(node.Registration.DownKey);
        backend.UnixSeconds = () => node.Clock.TrueUnixSeconds;
        return node;
    }

    private static void Advance(VirtualNode node, long from, double hours)
    {
        for (long at = from; at <= from + (long)(hours * 3600); at += 60)
        {
            node.Advance(at * 1000);
        }
    }

    private static void Finish(VirtualNode node)
    {
        node.Stop();
        long deadline = Environment.TickCount64 + 20_000;
        while (node.OutboxBatches > 0)
        {
            Assert.True(Environment.TickCount64 < deadline, "the outbox empties");
            node.Advance(node.Clock.TrueUnixSeconds * 1000);
        }
    }

    private static void AssertAgrees(IReadOnlyCollection<TrueSlot> slots, ReceiptGiver backend)
    {
        const int OfTheDevice = ReadingFlags.All & ~ReadingFlags.ClockSet;
        Assert.Equal(
            slots.Select(slot => (slot.Seconds, slot.HarvestedMilliwattHours, slot.DeliveredMilliwattHours, slot.ImportedMilliwattHours, slot.BatteryPermille, slot.Flags)),
            backend.Readings.Select(reading => (
                reading.Seconds,
                reading.HarvestedMilliwattHours,
                reading.DeliveredMilliwattHours,
                reading.ImportedMilliwattHours,
                reading.BatteryPermille,
                reading.Flags & OfTheDevice)));
    }
}
