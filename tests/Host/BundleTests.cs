using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Updates;
using DePin.Fence;
using DePin.Host;
using DePin.Host.Bundles;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Outbox;
using DePin.Node.Update;
using DePin.Node.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>A virtual node runs another build of itself out of a slot, by the loader's own code, and survives what that build does.</summary>
public sealed class BundleTests(BundleTests.Builds builds) : IClassFixture<BundleTests.Builds>
{
    private const long Start = 1_767_276_000;

    [Fact]
    public async Task Another_build_meters_signs_and_goes_on_where_the_factory_copy_stood()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, backend);
        Advance(node, Start, hours: 2);
        string factory = node.Look().Firmware;
        long before = node.Sequence;
        node.PowerOff();
        byte[] hash = Install(folder, builds.Good);
        Advance(node, Start + 7260, hours: 3);
        Assert.Equal(Hex.Lower(hash[..8]), node.Look().Firmware);
        Assert.NotEqual(factory, node.Look().Firmware);
        Assert.True(node.Sequence > before + 30, $"it goes on at {node.Sequence}");
        Assert.Contains(backend.Batches, batch => batch.Firmware.AsSpan().SequenceEqual(hash.AsSpan(0, 8)));
        Assert.Equal(before, backend.Batches.First(batch => batch.Boot == 2).Sequence);
        Assert.Equal("", node.Look().LastFirmwareError);
    }

    [Theory]
    [InlineData("crash", "The program ended: planted")]
    [InlineData("hang", "The program stood still: restarted by the watchdog.")]
    public async Task A_build_that_crashes_or_hangs_is_left_after_three_starts_and_no_energy_is_counted_twice(string build, string problem)
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, backend);
        Advance(node, Start, hours: 1);
        node.PowerOff();
        Install(folder, build == "crash" ? builds.Crash : builds.Hang);
        Advance(node, Start + 3600, hours: 2);
        Assert.Equal(Hex.Lower(VirtualNode.FactoryFirmware()), node.Look().Firmware);
        Assert.Equal(problem, node.Look().LastFirmwareError);
        SlotRecord record = SlotRecord.Load(Slots(folder));
        Assert.Equal((SlotRecord.Factory, build == "crash" ? SlotRecord.LeftCrashed : SlotRecord.LeftHung), (record.Active, record.Left));
        Assert.True(node.Sequence > 20);
    }

    [Fact]
    public async Task A_release_that_comes_over_the_air_runs_and_a_bad_one_after_it_goes_back()
    {
        using var folder = new TemporaryFolder();
        using PlatformSigner key = PlatformSigner.FromSeed([5]);
        var backend = new SimulatedBackend(new NodeIdentity(new PlatformDigest(), key.PublicKey, new byte[32]), slotSeconds: 300, batchReadings: 3);
        var updates = new SimulatedUpdates();
        backend.Updates = updates;
        await using VirtualNode node = new(Options(folder.Path, backend) with { Key = (key.PrivateKey(), new byte[32]), ReleaseKeys = SimulatedUpdates.ReleaseKeys, RootKeys = SimulatedUpdates.RootKeys });
        long at = Start;
        updates.Publish(builds.Good, build: 5);
        Until(() => updates.IsOver);
        Assert.Equal((UpdateState.Confirmed, UpdateReason.None), (updates.Last!.State, updates.Last.Reason));
        string good = Hex.Lower(SHA256.HashData(builds.Good)[..8]);
        Assert.Equal(good, node.Look().Firmware);
        updates.Publish(builds.Falling, build: 6);
        Until(() => updates.IsOver);
        Assert.Equal((UpdateState.WentBack, UpdateReason.CountersFell), (updates.Last.State, updates.Last.Reason));
        Assert.Equal(good, node.Look().Firmware);
        updates.Publish(builds.Crash, build: 7);
        Until(() => updates.IsOver);
        Assert.Equal((UpdateState.WentBack, UpdateReason.Crashed), (updates.Last.State, updates.Last.Reason));
        Assert.Equal(good, node.Look().Firmware);
        Until(() => node.OutboxBatches == 0);
        Assert.Empty(backend.Failures);

        // A trial begins by day, and not while somebody uses the light.
        void Until(Func<bool> holds)
        {
            for (int minutes = 0; !holds(); minutes++)
            {
                Assert.True(minutes < 3 * 1440, $"after three days: {updates.Last?.State} {updates.Last?.Reason}, {updates.Last?.BlocksHeld} blocks after {updates.Requests} requests, {node.Look().LastFirmwareError} {string.Join(", ", backend.Failures.Take(3))}");
                at += 60;
                backend.UnixSeconds = at;
                node.Advance(at * 1000);
            }
        }
    }

    [Fact]
    public async Task What_is_no_build_for_virtual_nodes_does_not_load()
    {
        using var folder = new TemporaryFolder();
        var backend = new ReceiptGiver();
        await using VirtualNode node = Make(folder.Path, backend);
        Install(folder, RandomNumberGenerator.GetBytes(5000));
        Advance(node, Start, hours: 1);
        Assert.Equal(SlotRecord.LeftDidNotLoad, SlotRecord.Load(Slots(folder)).Left);
        Assert.StartsWith("Slot 1 does not load", node.Look().LastFirmwareError, StringComparison.Ordinal);
        Assert.True(node.Sequence > 10);
    }

    [Fact]
    public void The_same_sources_give_the_same_bytes_and_another_name_gives_others()
    {
        Assert.Equal(builds.Good, Build("release.good"));
        Assert.NotEqual(builds.Good, Build("release.better"));
    }

    [Fact]
    public void Every_fault_finds_its_place() =>
        Assert.All(Enum.GetValues<BundleFault>().Except([BundleFault.None, BundleFault.CrashesAtStart, BundleFault.Hangs]), fault => Assert.NotEqual(builds.Good, Build("release.good", fault)));

    private static byte[] Build(string name, BundleFault fault = BundleFault.None) => HostBundle.Build(Checkout.Root, name, typeof(IVirtualBoard).Assembly.Location, fault);

    private static FileFlash Slots(TemporaryFolder folder) => new(folder.File("slots"), synchronises: false);

    private static byte[] Install(TemporaryFolder folder, byte[] bundle)
    {
        IFlash slots = Slots(folder);
        for (int i = 0; i < SlotFiles.Count(bundle.Length); i++)
        {
            slots.Write(SlotFiles.Name(1, i), bundle[(i * SlotFiles.SegmentBytes)..][..SlotFiles.LengthOf(i, bundle.Length)]);
        }

        byte[] hash = SHA256.HashData(bundle);
        SlotRecord record = SlotRecord.Load(slots);
        record.Try(1, bundle.Length, 7, hash);
        record.Save();
        return hash;
    }

    private static VirtualNodeOptions Options(string folder, IUplink link) => new()
    {
        Profile = Profile.Named("lamp-small"),
        Folder = folder,
        Seed = 7,
        Sky = new SeededClouds(7),
        Link = link,
        Latitude = -0.0917,
        Longitude = 34.7680,
        SynchronisesFlash = false,
        SignsLikeADevice = false,
        WatchdogLimit = TimeSpan.FromSeconds(2),
    };

    private static VirtualNode Make(string folder, ReceiptGiver backend)
    {
        var node = new VirtualNode(Options(folder, backend));
        backend.DownKey = Convert.FromHexString(node.Registration.DownKey);
        backend.UnixSeconds = () => node.Clock.TrueUnixSeconds;
        return node;
    }

    private static void Advance(VirtualNode node, long from, double hours)
    {
        for (long second = from; second <= from + (long)(hours * 3600); second += 60)
        {
            node.Advance(second * 1000);
        }
    }

    /// <summary>Bundles from the sources of this checkout, compiled once.</summary>
    public sealed class Builds
    {
        public byte[] Good { get; } = Build("release.good");

        public byte[] Crash { get; } = Build("release.crash", BundleFault.CrashesAtStart);

        public byte[] Falling { get; } = Build("release.falling", BundleFault.CountersFall);

        public byte[] Hang { get; } = Build("release.hang", BundleFault.Hangs);
    }
}
