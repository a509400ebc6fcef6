using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Vectors;

/// <summary>Releases and a rotation of the keys with their signatures, a node's report, and what else passes while a node is updated.</summary>
internal static class UpdateVectors
{
    /// <summary>The bundle of the releases: 2,500 bytes, so three blocks, the last of 452 bytes.</summary>
    public static byte[] Bundle { get; } = [.. Enumerable.Range(0, 2500).Select(i => (byte)(i * 7 + i / 256))];

    public static byte[] Firmware { get; } = Convert.FromHexString("0011223344556677");

    public static CountersignedVector[] Build(ReleaseKeys keys, KnownSignatures signatures)
    {
        ReleaseManifest ordinary = GoodManifest();
        ReleaseManifest back = GoodManifest();
        back.Release = "1.3.9";
        back.Build = 41;
        back.ReturnsFrom = 42;
        back.Assembly = "DePin.Node.B41";
        back.Profiles = [1];
        ReleaseManifest largest = GoodManifest();
        largest.Release = new string('r', ReleaseManifest.NameCharacters);
        largest.Build = uint.MaxValue - 1;
        largest.Security = uint.MaxValue;
        largest.Product = new string('p', ReleaseManifest.ProductCharacters);
        largest.Profiles = [.. Enumerable.Range(0, ReleaseManifest.MaxProfiles).Select(i => uint.MaxValue - 7L + i)];
        largest.LoaderMin = uint.MaxValue;
        largest.BundleBytes = UpdateLimits.BundleBytes;
        largest.BatteryMinPermille = 1000;
        largest.Assembly = new string('a', ReleaseManifest.NameCharacters);
        largest.NotBeforeUnixSeconds = (1L << 53) - 2;
        largest.ExpiresUnixSeconds = (1L << 53) - 1;
        largest.ReturnsFrom = uint.MaxValue;
        KeyRotation rotation = GoodRotation(keys);
        var rotationFields = new JsonObject
        {
            ["version"] = rotation.Version,
            ["keys"] = new JsonArray([.. rotation.Keys.Select(key => JsonValue.Create(Convert.ToHexStringLower(key)))]),
        };
        return
        [
            Release("release signed by two", ordinary, signatures, keys.One, keys.Two),
            Release("return to the build before, signed by three", back, signatures, keys.Three, keys.One, keys.Two),
            Release("largest manifest", largest, signatures, keys.Two, keys.Three),
            new("rotation signed by two root keys", "key-rotation", KeyRotation.Context, rotation.Encode(), rotationFields, signatures, keys.RootOne, keys.RootTwo),
        ];
    }

    public static ReleaseManifest GoodManifest() => new()
    {
        Release = "1.4.0",
        Build = 42,
        Security = 3,
        Product = "node",
        Profiles = [1, 3],
        LoaderMin = 1,
        BundleBytes = Bundle.Length,
        BundleSha256 = SHA256.HashData(Bundle),
        Assembly = "DePin.Node.B42",
        BatteryMinPermille = 300,
        NotBeforeUnixSeconds = 1_790_000_000,
        ExpiresUnixSeconds = 1_800_000_000,
    };

    public static KeyRotation GoodRotation(ReleaseKeys keys) => new(1, [keys.Two.Key.PublicKey, keys.Three.Key.PublicKey]);

    public static UpdateReport GoodReport(TestKey key)
    {
        UpdateReport report = UpdateReport.Create(key.Node, GapVectors.Session, SHA256.HashData(GoodManifest().Encode()), Firmware);
        report.Attempt = 1;
        report.Counter = 17;
        report.State = UpdateState.WentBack;
        report.Reason = UpdateReason.NoReceipt;
        report.BlocksHeld = 3;
        report.Boot = 5;
        report.Sequence = 112;
        return report;
    }

    public static SignedVector[] Reports(TestKey key, KnownSignatures signatures)
    {
        UpdateReport downloading = GoodReport(key);
        downloading.Counter = 14;
        downloading.State = UpdateState.Downloading;
        downloading.Reason = UpdateReason.None;
        downloading.BlocksHeld = 2;
        UpdateReport stale = GoodReport(key);
        stale.Counter = 12;
        stale.State = UpdateState.Accepted;
        stale.Reason = UpdateReason.Stale;
        stale.BlocksHeld = 0;
        return
        [
            Report("accepted by a node that doubts its clock", key, stale, signatures),
            Report("two of three blocks", key, downloading, signatures),
            Report("went back for want of a receipt", key, GoodReport(key), signatures),
        ];
    }

    /// <summary>The notices, by their rules' names.</summary>
    public static (string Rule, UpdateNotice Notice)[] Notices(TestKey key, CountersignedVector[] releases)
    {
        byte[] hash = SHA256.HashData(releases[0].Payload);
        DownHeader Header(long counter) => new(key.Node, GapVectors.Session, counter);
        return
        [
            ("update-offer", UpdateNotice.ForOffer(Header(1007), 1, releases[0].Message)),
            ("update-withdraw", UpdateNotice.ForWithdraw(Header(1008), 1, hash, UpdateWithdrawal.Recalled)),
            ("update-busy", UpdateNotice.ForBusy(Header(1009), 1, hash, 90)),
            ("update-keys", UpdateNotice.ForKeys(Header(1010), releases[^1].Message)),
            ("update-heard", UpdateNotice.ForHeard(Header(1011), 1, hash, 17)),
        ];
    }

    public static byte[] LastBlock() => new UpdateBlock(SignedRelease.Id(SHA256.HashData(GoodManifest().Encode())), 2, Bundle[2048..]).Encode();

    public static byte[] Request() => new BlockRequest(GapVectors.Session, SignedRelease.Id(SHA256.HashData(GoodManifest().Encode())), 0, 3).Encode();

    private static CountersignedVector Release(string name, ReleaseManifest manifest, KnownSignatures signatures, params (string Name, TestKey Key)[] signers) =>
        new(name, "release-manifest", ReleaseManifest.Context, manifest.Encode(), Fields(manifest), signatures, signers);

    private static JsonObject Fields(ReleaseManifest manifest) => new()
    {
        ["release"] = manifest.Release,
        ["build"] = manifest.Build,
        ["security"] = manifest.Security,
        ["product"] = manifest.Product,
        ["profiles"] = new JsonArray([.. manifest.Profiles.Select(profile => JsonValue.Create(profile))]),
        ["loaderMin"] = manifest.LoaderMin,
        ["bundleBytes"] = manifest.BundleBytes,
        ["bundleSha256"] = Convert.ToHexStringLower(manifest.BundleSha256),
        ["blockBytes"] = UpdateLimits.BlockBytes,
        ["assembly"] = manifest.Assembly,
        ["batteryMin"] = manifest.BatteryMinPermille,
        ["notBefore"] = manifest.NotBeforeUnixSeconds,
        ["expires"] = manifest.ExpiresUnixSeconds,
        ["returnsFrom"] = manifest.ReturnsFrom,
    };

    private static SignedVector Report(string name, TestKey key, UpdateReport report, KnownSignatures signatures)
    {
        var fields = new JsonObject
        {
            ["node"] = key.Node.ToString(),
            ["session"] = Convert.ToHexStringLower(report.Session),
            ["attempt"] = report.Attempt,
            ["counter"] = report.Counter,
            ["release"] = Convert.ToHexStringLower(report.Release),
            ["state"] = (int)report.State,
            ["reason"] = (int)report.Reason,
            ["blocksHeld"] = report.BlocksHeld,
            ["firmware"] = Convert.ToHexStringLower(report.Firmware),
            ["boot"] = report.Boot,
            ["sequence"] = report.Sequence,
        };
        return new SignedVector(name, "lamp", key, UpdateReport.Context, report.Encode(), fields, signatures);
    }
}

/// <summary>The published keys that sign the vectors' releases and rotations.</summary>
internal sealed class ReleaseKeys : IDisposable
{
    public (string Name, TestKey Key) One { get; } = Make("release-1");

    public (string Name, TestKey Key) Two { get; } = Make("release-2");

    public (string Name, TestKey Key) Three { get; } = Make("release-3");

    public (string Name, TestKey Key) RootOne { get; } = Make("root-1");

    public (string Name, TestKey Key) RootTwo { get; } = Make("root-2");

    public IEnumerable<(string Name, TestKey Key)> All => [One, Two, Three, RootOne, RootTwo];

    public void Dispose()
    {
        foreach ((_, TestKey key) in All)
        {
            key.Dispose();
        }
    }

    private static (string, TestKey) Make(string name) => (name, new TestKey(name));
}
